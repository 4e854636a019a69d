"""What is computed of timings. `docs/phone_report.md` defines it; the phones compute the same.

Percentiles are interpolated linearly (NumPy's default) in nanoseconds, then divided by 1e6.
"""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from pydantic import Field

from efficientmod_export.parity import Record

LEAST_RUNS_FOR_P99: Final = 500
BLOCK: Final = 10
"""Runs in a block of which the steadiness is the change of the median."""
MINUTE_NS: Final = 60_000_000_000
LEAST_NS_FOR_DRIFT: Final = 2 * MINUTE_NS
WINDOW_NS: Final = 10_000_000_000
NS_PER_MS: Final = 1e6


class Percentiles(Record):
    """`count` timings in milliseconds; p99 is None below 500 of them."""

    count: int = Field(ge=1)
    p50_ms: float = Field(ge=0)
    p90_ms: float = Field(ge=0)
    p99_ms: float | None = Field(ge=0)
    min_ms: float = Field(ge=0)
    mean_ms: float = Field(ge=0)

    @classmethod
    def of(cls, run_ns: Sequence[int]) -> Self:
        """Of at least one timing."""
        return cls.model_validate(_percentiles(run_ns))


class PhaseStatistics(Percentiles):
    """Those of a phase, and how steady it was.

    `steadiness` is the change of the median from the last but one to the last block of 10 runs, as a fraction of the
    former; None below 20 runs. `drift` is the median of the last minute over that of the first; None where the last run
    starts less than two minutes after the phase.
    """

    steadiness: float | None = Field(ge=0)
    drift: float | None = Field(ge=0)

    @classmethod
    def of_phase(cls, start_ns: Sequence[int], run_ns: Sequence[int]) -> Self:
        """Of at least one run; `start_ns` counts from the start of the phase."""
        more = {"steadiness": _steadiness(run_ns), "drift": _drift(start_ns, run_ns)}
        return cls.model_validate(_percentiles(run_ns) | more)


class Spread(Record):
    """Median and 90th percentile in milliseconds."""

    p50_ms: float = Field(ge=0)
    p90_ms: float = Field(ge=0)

    @classmethod
    def of(cls, values_ns: Sequence[int]) -> Self:
        """Of at least one timing."""
        found = Percentiles.of(values_ns)
        return cls(p50_ms=found.p50_ms, p90_ms=found.p90_ms)


class Window(Record):
    """The runs that start within ten seconds of a phase, from `start_s` on."""

    start_s: int = Field(ge=0)
    count: int = Field(ge=1)
    p50_ms: float = Field(ge=0)


def windows(start_ns: Sequence[int], run_ns: Sequence[int]) -> tuple[Window, ...]:
    """The windows of a phase that have runs, in order."""
    place = np.asarray(start_ns, np.int64) // WINDOW_NS
    runs = np.asarray(run_ns, np.float64)
    return tuple(
        Window(
            start_s=int(index) * WINDOW_NS // 1_000_000_000,
            count=int(np.count_nonzero(place == index)),
            p50_ms=_median(runs[place == index]) / NS_PER_MS,
        )
        for index in np.unique(place)
    )


def _percentiles(run_ns: Sequence[int]) -> dict[str, float | None]:
    runs = np.asarray(run_ns, np.float64)
    p50, p90, p99 = (float(value) / NS_PER_MS for value in np.percentile(runs, (50, 90, 99)))
    return {
        "count": len(run_ns),
        "p50_ms": p50,
        "p90_ms": p90,
        "p99_ms": p99 if len(run_ns) >= LEAST_RUNS_FOR_P99 else None,
        "min_ms": float(runs.min()) / NS_PER_MS,
        "mean_ms": float(runs.mean()) / NS_PER_MS,
    }


def _steadiness(run_ns: Sequence[int]) -> float | None:
    if len(run_ns) < 2 * BLOCK:
        return None
    before, last = _median(run_ns[-2 * BLOCK : -BLOCK]), _median(run_ns[-BLOCK:])
    return abs(last - before) / before if before else None


def _drift(start_ns: Sequence[int], run_ns: Sequence[int]) -> float | None:
    starts, runs = np.asarray(start_ns, np.int64), np.asarray(run_ns, np.float64)
    if starts[-1] < LEAST_NS_FOR_DRIFT:
        return None
    first, last = runs[starts < MINUTE_NS], runs[starts > starts[-1] - MINUTE_NS]
    return _median(last) / _median(first) if first.size and _median(first) else None


def _median(values: Sequence[int] | np.ndarray) -> float:
    return float(np.median(np.asarray(values, np.float64)))
