"""How far a fraction that was counted may be from the true one."""

import math

Z95 = 1.959963984540054
"""The normal distribution's quantile at 0.975."""


def wilson_interval(fraction: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a fraction that was observed on `n` (Wilson 1927)."""
    shrink = 1 + Z95**2 / n
    centre = (fraction + Z95**2 / (2 * n)) / shrink
    half = Z95 / shrink * math.sqrt(fraction * (1 - fraction) / n + Z95**2 / (4 * n**2))
    return (centre - half if fraction > 0 else 0.0), (centre + half if fraction < 1 else 1.0)
