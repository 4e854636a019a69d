"""Layouts: the order of an ONNX value's axes in the memory of a TFLite tensor.

A value is a tensor, read row-major in a physical shape, whose axes are the value's logical (ONNX) axes in some order:

    physical axis i holds logical axis layout[i],        shape[layout[i]] == physical[i]

so (N, C, H, W) stored as NHWC has the layout (0, 2, 3, 1). Invariants: `layout` is a permutation of range(rank), and
the physical shape has as many elements as the stored tensor. The tensor's stored shape may differ: a value is a view,
and an ONNX Transpose, and where possible an ONNX Reshape, neither moves data nor writes an operator.

The module is based on two facts. An axis of one element may be at any position. And a reshape splits the axes into
groups of equal product, left to right; it only changes the view when the axes of each group are adjacent and in order
in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from math import prod

from ._graph import Shape

Layout = tuple[int, ...]

NHWC: Layout = (0, 2, 3, 1)


@dataclass(frozen=True)
class Value:
    """A view of a tensor of the TFLite graph, by index: its physical shape and layout."""

    tensor: int
    physical: Shape
    layout: Layout

    @property
    def shape(self) -> Shape:
        """The logical shape, as in ONNX."""
        return tuple(self.physical[self.layout.index(axis)] for axis in range(len(self.layout)))

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.physical)


def natural(rank: int) -> Layout:
    """The layout whose physical order is the logical one, (0, 1, ...)."""
    return tuple(range(rank))


def permuted(value: Value, order: Layout) -> Value:
    """ONNX Transpose: logical axis j of the result is axis order[j] of the value."""
    return Value(value.tensor, value.physical, tuple(order.index(axis) for axis in value.layout))


def padded(value: Value, rank: int) -> Value:
    """The value with axes of one element before its logical axes, as in broadcasting."""
    more = rank - len(value.layout)
    return Value(value.tensor, (1,) * more + value.physical, natural(more) + tuple(a + more for a in value.layout))


def order_between(source: Layout, target: Layout) -> Layout:
    """The transposition of the physical axes from one layout to another."""
    return tuple(source.index(axis) for axis in target)


def merged(physical: Shape, order: Layout) -> tuple[Shape, Layout]:
    """The same transposition with the fewest axes: without those of one element, and with adjacent ones merged."""
    moving = [axis for axis in order if physical[axis] != 1]
    kept = [axis for axis in range(len(physical)) if physical[axis] != 1]
    runs: list[list[int]] = []
    for axis in moving:
        if runs and kept.index(runs[-1][-1]) + 1 == kept.index(axis):
            runs[-1].append(axis)
        else:
            runs.append([axis])
    by_place = sorted(range(len(runs)), key=lambda run: runs[run][0])
    shape = tuple(prod(physical[axis] for axis in runs[run]) for run in by_place)
    return shape, tuple(by_place.index(run) for run in range(len(runs)))


def in_steps(shape: Shape, order: Layout, most: int) -> list[tuple[Shape, Layout]]:
    """A transposition as a sequence of several, each of at most `most` axes after merging those that move together.

    The innermost axis, whose elements are copied as a block, stays innermost where possible.
    """
    shape, order = merged(shape, order)
    if len(shape) <= most:
        return [(shape, order)]

    def cost(first: Layout) -> tuple[int, int, int]:
        rest = _after(shape, first, order)
        moved = (first[-1] != len(first) - 1) + (rest[1][-1:] != (len(rest[0]) - 1,))
        return len(rest[0]), moved, len(merged(shape, first)[0])

    first = min(_exchanges(len(shape), most), key=cost)
    return [merged(shape, first), *in_steps(*_after(shape, first, order), most)]


def _after(shape: Shape, first: Layout, order: Layout) -> tuple[Shape, Layout]:
    """The rest of a transposition after another was done first."""
    return merged(tuple(shape[axis] for axis in first), tuple(first.index(axis) for axis in order))


def _exchanges(rank: int, most: int) -> Iterator[Layout]:
    """The orders of axes that permute at most `most` runs of adjacent axes."""
    for count in range(2, most + 1):
        for cuts in combinations(range(1, rank), count - 1):
            runs = [range(low, high) for low, high in pairwise((0, *cuts, rank))]
            for moved in permutations(runs):
                yield tuple(axis for run in moved for axis in run)


def around(physical: Shape, place: int) -> Shape:
    """The shape with the axes before and after one physical axis merged: that axis is the second of three."""
    return prod(physical[:place]), physical[place], prod(physical[place + 1 :])


def moves(value: Value, layout: Layout) -> bool:
    """Whether a value must be transposed in memory to get a layout."""
    _, order = merged(value.physical, order_between(value.layout, layout))
    return order != natural(len(order))


def reshape_groups(source: Shape, target: Shape) -> list[tuple[list[int], list[int]]]:
    """Split the axes longer than one into the smallest groups of equal product, left to right."""
    left = [axis for axis, extent in enumerate(source) if extent != 1]
    right = [axis for axis, extent in enumerate(target) if extent != 1]
    groups = []
    while left or right:
        group: tuple[list[int], list[int]] = ([left.pop(0)], [right.pop(0)])
        products = [source[group[0][0]], target[group[1][0]]]
        while products[0] != products[1]:
            if products[0] < products[1]:
                group[0].append(left.pop(0))
                products[0] *= source[group[0][-1]]
            else:
                group[1].append(right.pop(0))
                products[1] *= target[group[1][-1]]
        groups.append(group)
    return groups


def layout_for_reshape(value: Value, target: Shape) -> Layout:
    """A layout from which a reshape to `target` moves no data; the value's own where that is one."""
    groups = [axes for axes, _ in reshape_groups(value.shape, target)]
    place = {axis: position for position, axis in enumerate(value.layout)}
    # A group is put where its last axis is: then the innermost axis stays innermost, and long runs are copied at once.
    groups.sort(key=lambda axes: max(place[axis] for axis in axes))
    wanted = [axis for axes in groups for axis in axes]
    if [axis for axis in value.layout if axis in wanted] == wanted:
        return value.layout
    return _with_units(wanted, len(value.layout))


def reshaped(value: Value, target: Shape) -> Value:
    """The value as a view of another logical shape; its layout must be one from `layout_for_reshape`."""
    groups = reshape_groups(value.shape, target)
    place = {axis: position for position, axis in enumerate(value.layout)}
    groups.sort(key=lambda group: place[group[0][0]])
    layout = _with_units([axis for _, axes in groups for axis in axes], len(target))
    return Value(value.tensor, tuple(target[axis] for axis in layout), layout)


def _with_units(order: list[int], rank: int) -> Layout:
    """Insert the missing axes (all of one element): each after its logical predecessor, or first."""
    layout = list(order)
    for axis in range(rank):
        if axis not in layout:
            layout.insert(layout.index(axis - 1) + 1 if axis else 0, axis)
    return tuple(layout)


def last_axis_innermost(layout: Layout, axis: int) -> Layout:
    """The layout with one logical axis moved to the end."""
    return (*(other for other in layout if other != axis), axis)


def collapsed(physical: Shape, chosen: frozenset[int]) -> tuple[Shape, frozenset[int]]:
    """Merge neighbouring axes that are all chosen, or all not; return the shape, and which of its axes are chosen."""
    shape: list[int] = []
    kinds: list[bool] = []
    for axis, extent in enumerate(physical):
        if kinds and kinds[-1] == (axis in chosen):
            shape[-1] *= extent
        else:
            shape.append(extent)
            kinds.append(axis in chosen)
    return tuple(shape), frozenset(axis for axis, kind in enumerate(kinds) if kind)
