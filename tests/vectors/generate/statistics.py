"""`statistics.json`: what is computed of timings, by `docs/phone_report.md`, in plain Python; NumPy agrees."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate.files import write_cases

MINUTE, WINDOW = 60 * 10**9, 10 * 10**9


def write(folder: Path) -> None:
    """Write the family's files."""
    cases = []
    for name, (start_ns, run_ns) in _cases().items():
        found = statistics(start_ns, run_ns)
        _agree_with_numpy(run_ns, found)
        cases.append(
            {
                "name": name,
                "start_ns": start_ns,
                "run_ns": run_ns,
                "statistics": found,
                "windows": windows(start_ns, run_ns),
            }
        )
    write_cases(folder / "statistics.json", cases)


def percentiles(run_ns: list[int]) -> dict[str, Any]:
    """In milliseconds; the 99th only of 500 values or more."""
    ordered = sorted(run_ns)
    return {
        "count": len(run_ns),
        "p50_ms": _quantile(ordered, 50) / 1e6,
        "p90_ms": _quantile(ordered, 90) / 1e6,
        "p99_ms": _quantile(ordered, 99) / 1e6 if len(run_ns) >= 500 else None,
        "min_ms": ordered[0] / 1e6,
        "mean_ms": sum(run_ns) / len(run_ns) / 1e6,
    }


def statistics(start_ns: list[int], run_ns: list[int]) -> dict[str, Any]:
    """Of a phase."""
    steadiness = None
    if len(run_ns) >= 20:
        before, last = _median(run_ns[-20:-10]), _median(run_ns[-10:])
        steadiness = abs(last - before) / before if before else None
    drift = None
    if start_ns[-1] >= 2 * MINUTE:
        pairs = list(zip(start_ns, run_ns, strict=True))
        first = [run for start, run in pairs if start < MINUTE]
        last_minute = [run for start, run in pairs if start > start_ns[-1] - MINUTE]
        if first and _median(first):
            drift = _median(last_minute) / _median(first)
    return {**percentiles(run_ns), "steadiness": steadiness, "drift": drift}


def windows(start_ns: list[int], run_ns: list[int]) -> list[dict[str, Any]]:
    """Of ten seconds each; those without runs are left out."""
    found: dict[int, list[int]] = {}
    for start, run in zip(start_ns, run_ns, strict=True):
        found.setdefault(start // WINDOW, []).append(run)
    return [
        {"start_s": 10 * place, "count": len(runs), "p50_ms": _median(runs) / 1e6}
        for place, runs in sorted(found.items())
    ]


def _quantile(ordered: list[int], percent: int) -> float:
    """Between the two values beside the place (n - 1) * percent / 100, linearly."""
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _median(values: list[int]) -> float:
    return _quantile(sorted(values), 50)


def _agree_with_numpy(run_ns: list[int], found: dict[str, Any]) -> None:
    for percent in (50, 90, 99):
        if found[f"p{percent}_ms"] is not None:
            np.testing.assert_allclose(found[f"p{percent}_ms"], np.percentile(run_ns, percent) / 1e6, rtol=1e-12)


def _back_to_back(run_ns: list[int], between_ns: int) -> list[int]:
    starts, now = [], 0
    for run in run_ns:
        starts.append(now)
        now += run + between_ns
    return starts


def _noisy(seed: int, count: int, ns: int) -> list[int]:
    """Timings with a long tail, as phones give."""
    return [int(value) for value in ns * (1 + np.random.RandomState(seed).exponential(0.1, count))]


def _cases() -> dict[str, tuple[list[int], list[int]]]:
    def packed(run_ns: list[int], between_ns: int = 40_000) -> tuple[list[int], list[int]]:
        return _back_to_back(run_ns, between_ns), run_ns

    heating = [20_000_000 + 150_000 * index for index in range(150)]
    gap = [index * 10**9 for index in (0, 1, 2, 31, 32, 75, 149)]
    return {
        "one_run": packed([7_123_456]),
        "two_runs": packed([8_000_000, 6_000_001]),
        "equal": packed([5_000_000] * 25),
        "unsorted": packed([9_000_000, 1_000_000, 5_000_000, 3_000_000, 7_000_000]),
        "nineteen_runs_have_no_steadiness": packed(_noisy(1, 19, 4_000_000)),
        "twenty_runs": packed(_noisy(2, 20, 4_000_000)),
        "a_block_that_is_faster": packed([6_000_000] * 10 + [4_500_000] * 10),
        "499_runs_have_no_p99": packed(_noisy(3, 499, 3_000_000)),
        "500_runs": packed(_noisy(4, 500, 3_000_000)),
        "long_tail": packed([*_noisy(5, 598, 2_000_000), 90_000_000, 250_000_000]),
        "zeros": packed([0] * 20, 1000),
        "two_minutes_less_a_nanosecond": ([0, MINUTE, 2 * MINUTE - 1], [4_000_000, 5_000_000, 6_000_000]),
        "two_minutes": ([0, MINUTE, 2 * MINUTE], [4_000_000, 5_000_000, 6_000_000]),
        "heating_for_150_s": ([index * 10**9 for index in range(150)], heating),
        "windows_without_runs": (gap, [10_000_000 + 1_000_000 * index for index in range(7)]),
        "seven_hours": ([0, 25_200 * 10**9], [3_000_000_000, 9_007_199_254]),
    }
