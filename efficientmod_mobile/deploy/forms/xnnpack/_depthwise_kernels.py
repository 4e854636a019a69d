"""Which depthwise kernels XNNPACK has, and how a larger one is split into several of them.

XNNPACK runs a depthwise convolution on the smallest of its kernels that has enough taps, at that kernel's full cost.
One of more than 25 taps runs as a general grouped convolution, several times slower. There are two ways to split it:

- `best_grids`: evenly spaced grids, symmetric about the kernel's centre. Each is a dilated convolution whose padding is
  the same on both sides, so that nothing is padded or sliced.
- `row_bands`: consecutive rows. Each is a convolution without dilation that reads its own rows of the padded image.
"""

from collections.abc import Iterator
from functools import cache

Taps = tuple[int, ...]
"""Indices along one axis of the kernel, ascending."""
Grid = tuple[Taps, Taps]
"""The taps at these rows and these columns of the kernel."""

DEPTHWISE_KERNELS = (3, 4, 9, 25)
"""The numbers of taps for which XNNPACK has a depthwise kernel."""
DEPTHWISE_TAPS = DEPTHWISE_KERNELS[-1]
_COST_OF_A_GRID = 7  # in taps: the pass over memory that adds its result, measured on x86 with AVX-512


def row_bands(rows: int, columns: int) -> tuple[tuple[int, int], ...]:
    """Split rows x columns taps into the fewest bands of whole rows, each (first, end), the last possibly smaller.

    Raises:
        ValueError: one row alone has more than 25 taps.
    """
    height = DEPTHWISE_TAPS // columns
    if not height:
        raise ValueError(f"a row of {columns} taps is larger than XNNPACK's {DEPTHWISE_TAPS}")
    return tuple((first, min(first + height, rows)) for first in range(0, rows, height))


def spacing(taps: Taps) -> int:
    """The distance between neighbouring taps; 1 where there is one tap."""
    return taps[1] - taps[0] if len(taps) > 1 else 1


@cache
def best_grids(rows: Taps, columns: Taps) -> tuple[float, tuple[Grid, ...]]:
    """Split a symmetric set of rows x columns into symmetric grids of least total cost, the largest grid first.

    Returns the cost in taps and the grids. Each split separates an evenly spaced, symmetric set of rows or of columns
    from the rest.
    """
    taps = len(rows) * len(columns)
    best: tuple[float, tuple[Grid, ...]] = (float("inf"), ())
    if taps <= DEPTHWISE_TAPS and _even(rows) and _even(columns):
        best = (min(size for size in DEPTHWISE_KERNELS if size >= taps) + _COST_OF_A_GRID, ((rows, columns),))
    for part, rest in _splits(rows):
        best = min(best, _joined(best_grids(part, columns), best_grids(rest, columns)), key=_cost)
    for part, rest in _splits(columns):
        best = min(best, _joined(best_grids(rows, part), best_grids(rows, rest)), key=_cost)
    return best


def _cost(plan: tuple[float, tuple[Grid, ...]]) -> tuple[float, int]:
    return plan[0], len(plan[1])


def _joined(
    first: tuple[float, tuple[Grid, ...]], second: tuple[float, tuple[Grid, ...]]
) -> tuple[float, tuple[Grid, ...]]:
    grids = sorted(first[1] + second[1], key=lambda grid: -len(grid[0]) * len(grid[1]))
    return first[0] + second[0], tuple(grids)


def _even(taps: Taps) -> bool:
    return all(taps[i + 1] - taps[i] == spacing(taps) for i in range(len(taps) - 1))


def _splits(taps: Taps) -> Iterator[tuple[Taps, Taps]]:
    """All ways to separate an evenly spaced, symmetric part from a symmetric set."""
    count = len(taps)
    for mask in range(1, 2 ** ((count + 1) // 2) - 1):
        part = tuple(tap for i, tap in enumerate(taps) if mask >> min(i, count - 1 - i) & 1)
        if _even(part):
            yield part, tuple(tap for tap in taps if tap not in part)
