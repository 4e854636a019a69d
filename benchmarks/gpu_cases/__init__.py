"""Files for LiteRT's GPU: every operator that the writer emits x axes x batch x broadcasts x attributes, and a file of
each operator of others that was tried.
"""

from collections.abc import Callable, Iterator

from gpu_cases._case import Case
from gpu_cases._chains import after_a_division, bordered, greatest_of_sums, masked, read_together
from gpu_cases._decisions import decisions
from gpu_cases._elementwise import binary, slopes_and_choices, unary
from gpu_cases._int8 import grids, int8_weights
from gpu_cases._int8_static import int8_layers, int8_moves
from gpu_cases._others import others
from gpu_cases._parts import borders, joined, parts, places, scattered, views
from gpu_cases._products import halves, products, reductions
from gpu_cases._shown import shown_and_read
from gpu_cases._windows import convolutions, images, pools, transposed

__all__ = ["Case", "cases"]

_FAMILIES: tuple[Callable[[], Iterator[Case]], ...] = (
    unary,
    binary,
    slopes_and_choices,
    decisions,
    reductions,
    products,
    convolutions,
    transposed,
    pools,
    images,
    parts,
    joined,
    borders,
    places,
    scattered,
    views,
    halves,
    grids,
    int8_weights,
    int8_layers,
    int8_moves,
    read_together,
    after_a_division,
    greatest_of_sums,
    bordered,
    masked,
    shown_and_read,
    others,
)


def cases() -> Iterator[Case]:
    """All of them, each once."""
    seen = set()
    for case in (case for family in _FAMILIES for case in family()):
        if (case.operator, case.form) not in seen:
            seen.add((case.operator, case.form))
            yield case
