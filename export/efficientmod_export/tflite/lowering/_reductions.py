"""Reductions over any axes, in whatever layout the value has."""

from math import prod

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
"""What is done to each element before."""

_LONG = 1024
"""Elements. XNNPACK adds up rows one after the other in float32, and the more there are, the more is rounded away."""


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
    """Mean, sum, maximum and so on over logical axes (an attribute before opset 18); over all where none is named."""
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
    """The mean or maximum over all axes but the first two, which stay with one element."""
    value = context.value(x)
    return reduce(context, _CODES[context.node.operator], value, tuple(range(2, len(value.layout))), keep=True)


def reduce(context: Context, code: str, value: Value, axes: tuple[int, ...], *, keep: bool) -> Value:
    """Reduce logical axes; they stay with one element (`keep`) or vanish. Long sums of rows are taken axis by axis."""
    places = frozenset(value.layout.index(axis) for axis in axes)
    extents = {axis: value.physical[value.layout.index(axis)] for axis in axes}
    long = sorted((axis for axis in axes if extents[axis] > 1), key=value.layout.index)
    by_rows = code in ("MEAN", "SUM") and len(value.physical) - 1 not in places
    if by_rows and len(long) > 1 and prod(extents.values()) > _LONG:
        return reduce(context, code, reduce(context, code, value, (long[0],), keep=True), axes, keep=keep)
    shape, chosen = _running_shape(context, value, places)
    options = schema.ReducerOptionsT(keepDims=keep)
    remaining = tuple(
        1 if axis in chosen else extent for axis, extent in enumerate(shape) if keep or axis not in chosen
    )
    operands = [context.builder.stored(value, shape), context.builder.ints(sorted(chosen))]
    tensor = context.emit(code, operands, remaining, options)
    if keep:
        physical = tuple(1 if place in places else extent for place, extent in enumerate(value.physical))
        return Value(tensor, physical, value.layout)
    kept = [axis for place, axis in enumerate(value.layout) if place not in places]
    physical = tuple(extent for place, extent in enumerate(value.physical) if place not in places)
    return Value(tensor, physical, tuple(sorted(kept).index(axis) for axis in kept))


def _running_shape(context: Context, value: Value, places: frozenset[int]) -> tuple[Shape, frozenset[int]]:
    """A shape in which to reduce: as stored where the axes can be found there, else the physical one."""
    stored = context.builder.shape(value)
    last = len(value.physical) - 1
    if places == {last} and stored[-1] == value.physical[-1]:
        return stored, frozenset({len(stored) - 1})
    if len(value.physical) <= MAX_RANK:
        return value.physical, places
    return collapsed(value.physical, places)
