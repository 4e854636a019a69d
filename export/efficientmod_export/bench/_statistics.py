"""What is told of repeated timings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Of several timings of one thing; `p90_ms` is interpolated between the neighbours in order."""

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
    """How long `name` takes in units of `reference`: median and quartiles of the ratios within each round.

    What slows the machine for a while slows both sides of a round, so this tells more than a ratio of medians.
    """

    name: str
    reference: str
    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, name: str, times: Sequence[float], reference: str, reference_times: Sequence[float]) -> "Ratio":
        """Pair the timings round by round; both have as many."""
        if len(times) != len(reference_times):
            raise ValueError(f"{len(times)} rounds of {name} against {len(reference_times)} of {reference}")
        lower, median, upper = np.percentile(np.divide(times, reference_times), (25, 50, 75))
        return cls(name, reference, float(median), float(lower), float(upper))
