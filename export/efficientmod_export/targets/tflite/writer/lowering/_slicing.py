"""Slicing, concatenating and repeating: Cut, Concat, Tile."""

from collections.abc import Sequence
from math import prod

from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._errors import CannotLowerError
from .._graph import Array, Shape
from .._layout import NHWC, Value, around, padded
from ._broadcast import common_layout, times_ones
from ._registry import Context, Operand, lowers
from ._subsample import subsampled

JOINED = 5
"""The most operands of an XNNPACK concatenation; more are concatenated in several."""


@lowers("Cut")
def cut(
    context: Context,
    x: Operand,
    *,
    starts: tuple[int, ...],
    stops: tuple[int, ...],  # noqa: ARG001
    steps: tuple[int, ...],
) -> Value:
    """x[start:stop:step] along each axis."""
    value = context.value(x)
    result = tuple(context.shape[axis] for axis in value.layout)
    begin, stride = ([numbers[axis] for axis in value.layout] for numbers in (starts, steps))
    if len(stride) == len(NHWC) and stride[0] == stride[3] == 1 and max(stride) > 1:
        return _pixels(context, value, begin, result, (stride[1], stride[2]))
    if stride[-1] > 1 and result[:-1] == value.physical[:-1] and value.physical[-1] % stride[-1] == 0:
        return _innermost(context, value, begin[-1], result, stride[-1])
    if len(result) <= MAX_RANK:
        tensor = _sliced(context, context.builder.stored(value), begin, result, stride)
        return Value(tensor, result, value.layout)
    for place, count in enumerate(result):
        if count != value.physical[place]:
            outer, _, inner = shape = around(value.physical, place)
            source, steps = context.builder.stored(value, shape), (1, stride[place], 1)
            tensor = _sliced(context, source, (0, begin[place], 0), (outer, count, inner), steps)
            value = Value(tensor, (*value.physical[:place], count, *value.physical[place + 1 :]), value.layout)
    return value


def _sliced(context: Context, source: int, begin: Sequence[int], result: Shape, stride: Sequence[int]) -> int:
    ints = context.builder.ints
    if all(step == 1 for step in stride):
        return context.emit("SLICE", [source, ints(begin), ints(result)], result, schema.SliceOptionsT())
    end = [first + (count - 1) * step + 1 for first, count, step in zip(begin, result, stride, strict=True)]
    operands = [source, ints(begin), ints(end), ints(stride)]
    return context.emit("STRIDED_SLICE", operands, result, schema.StridedSliceOptionsT())


def taken(context: Context, value: Value, at: int, places: Array) -> Value:
    """The elements at the indices `places` along a physical axis. The index tensor has rank 1, as GPUs require."""
    shape, axis = _within_max_rank(value.physical, at)
    operands = [context.builder.stored(value, shape), context.builder.constant(places.reshape(-1), "places")]
    result = (*shape[:axis], places.size, *shape[axis + 1 :])
    tensor = context.emit("GATHER", operands, result, schema.GatherOptionsT(axis=axis))
    return Value(tensor, (*value.physical[:at], places.size, *value.physical[at + 1 :]), value.layout)


def _pixels(context: Context, value: Value, begin: Sequence[int], result: Shape, strides: Shape) -> Value:
    """Every n-th element of the two middle axes in memory, starting at `begin`."""
    steps = (1, *strides, 1)
    part = tuple((count - 1) * step + 1 for count, step in zip(result, steps, strict=True))
    if part != value.physical:
        operands = [context.builder.stored(value), context.builder.ints(begin), context.builder.ints(part)]
        value = Value(context.emit("SLICE", operands, part, schema.SliceOptionsT()), part, value.layout)
    return Value(subsampled(context, value, result, strides).tensor, result, value.layout)


def _innermost(context: Context, value: Value, begin: int, result: Shape, step: int) -> Value:
    """Every n-th element of the innermost axis, as a slice of that axis split into two: XNNPACK has no STRIDED_SLICE
    with steps.
    """
    outer, extent = prod(result[:-1]), value.physical[-1]
    source = context.builder.stored(value, (outer, extent // step, step))
    part = (outer, result[-1], 1)
    operands = [source, context.builder.ints([0, begin // step, begin % step]), context.builder.ints(part)]
    return Value(context.emit("SLICE", operands, part, schema.SliceOptionsT()), result, value.layout)


@lowers("Slice")
def dynamic_slice(context: Context, *_operands: Operand, **_attributes: object) -> Value:  # noqa: ARG001
    """Refuse a Slice that the rewrites did not turn into a Cut."""
    raise CannotLowerError("a slice with bounds that the network computes")


@lowers("Concat")
def concat(context: Context, *operands: Operand, axis: int) -> Value:
    """The operands concatenated along an axis."""
    values = [context.value(operand) for operand in operands]
    rank = len(context.shape)
    computed = [value for value, operand in zip(values, operands, strict=True) if isinstance(operand, Value)]
    layout = common_layout(computed or values, rank)
    values = [context.builder.arranged(padded(value, rank), layout) for value in values]
    return joined(context, values, layout.index(axis % rank))


def joined(context: Context, values: Sequence[Value], place: int) -> Value:
    """Values of one layout, concatenated along a physical axis."""
    values = list(values)
    while len(values) > 1:
        values[:JOINED] = [_joined(context, values[:JOINED], place)]
    return values[0]


def parts(context: Context, value: Value, place: int, runs: Sequence[range]) -> list[Value]:
    """Slices of adjacent elements along a physical axis; equal slices are written once."""
    written = {run: _part(context, value, place, run) for run in dict.fromkeys(runs)}
    return [written[run] for run in runs]


def _part(context: Context, value: Value, place: int, run: range) -> Value:
    shape, axis = _within_max_rank(value.physical, place)
    begin, size = [0] * len(shape), list(shape)
    begin[axis], size[axis] = run.start, len(run)
    tensor = _sliced(context, context.builder.stored(value, shape), begin, tuple(size), [1] * len(shape))
    return Value(tensor, (*value.physical[:place], len(run), *value.physical[place + 1 :]), value.layout)


def _within_max_rank(physical: Shape, place: int) -> tuple[Shape, int]:
    """A shape of at most MAX_RANK axes, and the index in it of a physical axis."""
    return (physical, place) if len(physical) <= MAX_RANK else (around(physical, place), 1)


def _joined(context: Context, values: Sequence[Value], place: int) -> Value:
    extent = sum(value.physical[place] for value in values)
    physical = (*values[0].physical[:place], extent, *values[0].physical[place + 1 :])
    result, axis = _within_max_rank(physical, place)
    tensors = [context.builder.stored(value, _within_max_rank(value.physical, place)[0]) for value in values]
    tensor = context.emit("CONCATENATION", tensors, result, schema.ConcatenationOptionsT(axis=axis))
    return Value(tensor, physical, values[0].layout)


@lowers("Tile", "Expand")
def repeat(context: Context, x: Operand, _counts: Operand) -> Value:
    """The value repeated along each axis to the output's shape. XNNPACK has no TILE."""
    rank = len(context.shape)
    value = padded(context.value(x), rank)
    physical = tuple(context.shape[axis] for axis in value.layout)
    for axis, after in enumerate(physical):
        shape = (prod(value.physical[:axis]), 1, prod(value.physical[axis:]))
        tensor = times_ones(context, value, shape, after // value.physical[axis])
        value = Value(tensor, (*value.physical[:axis], after, *value.physical[axis + 1 :]), value.layout)
    return value
