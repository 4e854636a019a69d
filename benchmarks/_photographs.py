"""The photographs that benchmarks measure on, some of which are those for which weights are rounded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

PHOTOGRAPHS = Path(__file__).parents[1] / "tests" / "data" / "photographs"
MARGIN = 0.03
"""Of the range: a class is clear where it leads by more."""
_EVERY = 3

Picture = TypeVar("Picture")


def photographs() -> list[Path]:
    """All of them, in order."""
    return sorted(PHOTOGRAPHS.glob("*.webp"))


def divided(pictures: Sequence[Picture]) -> tuple[list[Picture], list[Picture]]:
    """Every third, for which weights are rounded, and the others."""
    others = [one for place, one in enumerate(pictures) if place % _EVERY]
    return list(pictures[::_EVERY]), others
