"""Reductions over any axes, in the value's layout."""

from itertools import pairwise
from math import isqrt, prod

from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._graph import Shape
from .._layout import Value, collapsed
from ._broadcast import unary
from ._registry import Context, Operand, constant_ints, lowers

_CODES = {
    "ReduceMean": "MEAN",
    "ReduceSum": "SUM",
    "ReduceMax": "REDUCE_MAX",
    "ReduceMin": "REDUCE_MIN",
    "ReduceL1": "SUM",
    "ReduceSumSquare": "SUM",
    "GlobalAveragePool": "MEAN",
    "GlobalMaxPool": "REDUCE_MAX",
}
_FIRST = {"ReduceL1": ("ABS", schema.AbsOptionsT), "ReduceSumSquare": ("SQUARE", schema.SquareOptionsT)}
"""The operator that is applied to each element first."""

_LONG = 1024
"""The most rows of a sum: XNNPACK adds them one after the other in float32, so the error grows with their number."""
_LONGEST = 4096
"""Elements of an axis. For longer ones the sum is computed in parts, even if that needs a copy of the value."""
_FEWEST = 8
"""The fewest parts; fewer have little effect."""


@lowers(*(operator for operator in _CODES if operator.startswith("Reduce")))
def reduction(
    context: Context,
    x: Operand,
    over: Operand | None = None,
    *,
    axes: tuple[int, ...] = (),
    keepdims: int = 1,
    noop_with_empty_axes: int = 0,
) -> Value:
    """Mean, sum, maximum and so on over logical axes (an attribute before opset 18); over all where none is stated."""
    value = context.value(x)
    if (first := _FIRST.get(context.node.operator)) is not None:
        value = unary(context, first[0], value, first[1]())
    rank = len(value.layout)
    chosen = tuple(axis % rank for axis in (axes or constant_ints(over, "the list of axes")))
    if not chosen:
        if noop_with_empty_axes:
            return value
        chosen = tuple(range(rank))
    return reduce(context, _CODES[context.node.operator], value, chosen, keep=keepdims == 1)


@lowers("GlobalAveragePool", "GlobalMaxPool")
def global_pool(context: Context, x: Operand) -> Value:
    """The mean or maximum over all axes but the first two; the reduced ones keep one element."""
    value = context.value(x)
    return reduce(context, _CODES[context.node.operator], value, tuple(range(2, len(value.layout))), keep=True)


def reduce(context: Context, code: str, value: Value, axes: tuple[int, ...], *, keep: bool) -> Value:
    """Reduce logical axes; they keep one element (`keep`) or are removed. Long sums of rows are computed axis by axis,
    and along one long axis part by part.
    """
    places = frozenset(value.layout.index(axis) for axis in axes)
    extents = {axis: value.physical[value.layout.index(axis)] for axis in axes}
    long = sorted((axis for axis in axes if extents[axis] > 1), key=value.layout.index)
    by_rows = code in ("MEAN", "SUM") and len(value.physical) - 1 not in places
    if by_rows and prod(extents.values()) > _LONG:
        if len(long) > 1:
            return reduce(context, code, reduce(context, code, value, (long[0],), keep=True), axes, keep=keep)
        if (parts := _parts(extents[long[0]], context.builder.shape(value))) > 1:
            return reduce(context, code, _over_parts(context, code, value, long[0], parts), axes, keep=keep)
    shape, chosen = _running_shape(context, value, places)
    if len(shape) > MAX_RANK:
        for run in _runs(value, places):
            value = reduce(context, code, value, run, keep=True)
        return value if keep else _without(value, places)
    if len(shape) == 1:  # on a GPU, LiteRT computes wrong values on tensors of one axis
        shape, chosen = (1, *shape), frozenset(axis + 1 for axis in chosen)
    stays = keep or len(shape) - len(chosen) < 2
    options = schema.ReducerOptionsT(keepDims=stays)
    remaining = tuple(
        1 if axis in chosen else extent for axis, extent in enumerate(shape) if stays or axis not in chosen
    )
    operands = [context.builder.stored(value, shape), context.builder.ints(sorted(chosen))]
    tensor = context.emit(code, operands, remaining, options)
    physical = tuple(1 if place in places else extent for place, extent in enumerate(value.physical))
    reduced = Value(tensor, physical, value.layout)
    return reduced if keep else _without(reduced, places)


def _without(value: Value, places: frozenset[int]) -> Value:
    """The value without some physical axes of one element."""
    kept = [axis for place, axis in enumerate(value.layout) if place not in places]
    physical = tuple(extent for place, extent in enumerate(value.physical) if place not in places)
    return Value(value.tensor, physical, tuple(sorted(kept).index(axis) for axis in kept))


def _parts(extent: int, stored: Shape) -> int:
    """The number of equal parts of a long axis: as it is stored, else about the square root of its length."""
    apart = [first for first, second in pairwise(stored) if first * second == extent]
    near = [count for count in range(_FEWEST, isqrt(extent) + 1) if extent % count == 0]
    return next((count for count in apart if _FEWEST <= count < extent), near[-1] if near and extent > _LONGEST else 1)


def _over_parts(context: Context, code: str, value: Value, axis: int, parts: int) -> Value:
    """Reduce over the parts of an axis, whose result has the length of one part."""
    place = value.layout.index(axis)
    before, after = value.physical[:place], value.physical[place + 1 :]
    length = value.physical[place] // parts
    moved = [other + (other > axis) for other in value.layout]
    split = Value(value.tensor, (*before, parts, length, *after), (*moved[:place], axis, axis + 1, *moved[place + 1 :]))
    reduced = reduce(context, code, split, (axis,), keep=True)
    return Value(reduced.tensor, (*before, length, *after), value.layout)


def _runs(value: Value, places: frozenset[int]) -> list[tuple[int, ...]]:
    """The logical axes that are to be reduced, grouped where they are adjacent in memory."""
    runs: list[list[int]] = []
    for place in sorted(places):
        if place - 1 in places:
            runs[-1].append(value.layout[place])
        else:
            runs.append([value.layout[place]])
    return [tuple(run) for run in runs]


def _running_shape(context: Context, value: Value, places: frozenset[int]) -> tuple[Shape, frozenset[int]]:
    """A shape in which to reduce: the stored one where it has the axes, else the physical one."""
    stored = context.builder.shape(value)
    last = len(value.physical) - 1
    if places == {last} and stored[-1] == value.physical[-1] and len(stored) <= MAX_RANK:
        return stored, frozenset({len(stored) - 1})
    if len(value.physical) <= MAX_RANK:
        return value.physical, places
    return collapsed(value.physical, places)
