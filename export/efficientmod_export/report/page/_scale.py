"""Axes: where a value lies, in percent of the axis, and which values are named."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
NAMED = 5
"""About as many values are named on a linear axis."""


@dataclass(frozen=True)
class Linear:
    """From `least` to `most`."""

    least: float
    most: float

    @classmethod
    def around(cls, values: Sequence[float], *, from_zero: bool = True) -> "Linear":
        """A little more than the values, between named ones."""
        low = 0.0 if from_zero else min(values)
        high = max(values)
        room = (high - low or abs(high) or 1.0) * 0.04
        step = _step(high + room - low)
        start = 0.0 if from_zero else math.floor((low - room) / step) * step
        return cls(start, math.ceil((high + room) / step) * step)

    def place(self, value: float) -> float:
        """In percent of the axis."""
        return 100.0 * (value - self.least) / (self.most - self.least)

    def names(self) -> tuple[tuple[float, str], ...]:
        """The values that are named, and their names."""
        step = _step(self.most - self.least)
        digits = next(count for count in range(20) if math.isclose(step, round(step, count), rel_tol=1e-9))
        count = round((self.most - self.least) / step)
        return tuple((self.least + at * step, f"{self.least + at * step:.{digits}f}") for at in range(count + 1))


@dataclass(frozen=True)
class Logarithmic:
    """Powers of ten from 10^`first` to 10^`last`; what is outside lies at the end."""

    first: int
    last: int

    @classmethod
    def around(cls, values: Sequence[float]) -> "Logarithmic":
        """Whole powers of ten around the positive values."""
        powers = [math.log10(value) for value in values if value > 0] or [-6.0, 0.0]
        return cls(math.floor(min(powers) - 0.1), math.ceil(max(powers) + 0.1))

    def place(self, value: float) -> float:
        """In percent of the axis."""
        power = self.first if value <= 0 else min(max(math.log10(value), self.first), self.last)
        return 100.0 * (power - self.first) / (self.last - self.first)

    def names(self) -> tuple[tuple[float, str], ...]:
        """Every power, or every second one of many."""
        step = 1 + (self.last - self.first) // 7
        return tuple((10.0**power, f"1e{power:+03d}") for power in range(self.first, self.last + 1, step))


def _step(length: float) -> float:
    """The round step that names about NAMED values."""
    rough = length / NAMED
    unit = 10.0 ** math.floor(math.log10(rough))
    return next(unit * step for step in _STEPS if rough <= unit * step * 1.0001)
