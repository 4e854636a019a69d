"""Statistics of repeated timings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Minimum, median and 90th percentile of several timings; `p90_ms` is interpolated linearly."""

    median_ms: float
    p90_ms: float
    min_ms: float

    @classmethod
    def of(cls, times: Sequence[float]) -> "Latency":
        """Summarise at least one timing."""
        median, p90 = np.percentile(times, (50, 90))
        return cls(float(median), float(p90), min(times))


@dataclass(frozen=True)
class Ratio:
    """The time of `name` divided by that of `reference`: median and quartiles of the ratios within each round.

    A temporary slowdown of the machine affects both sides of a round, so this is more precise than a ratio of medians.
    """

    name: str
    reference: str
    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, name: str, times: Sequence[float], reference: str, reference_times: Sequence[float]) -> "Ratio":
        """Pair the timings round by round; both have the same number."""
        if len(times) != len(reference_times):
            raise ValueError(f"{len(times)} rounds of {name} against {len(reference_times)} of {reference}")
        lower, median, upper = np.percentile(np.divide(times, reference_times), (25, 50, 75))
        return cls(name, reference, float(median), float(lower), float(upper))
