"""Taking parts, joining parts and adding borders: Cut, Concat, Pad."""

from collections.abc import Sequence
from math import prod

from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Shape
from .._layout import NHWC, Value, padded
from ._broadcast import common_layout, times_ones
from ._padding import pad_physical
from ._registry import Context, Operand, constant_ints, lowers
from ._subsample import subsampled

_JOINED = 5
"""Operands that XNNPACK joins at once; more are joined in turns."""


@lowers("Cut")
def cut(
    context: Context, x: Operand, *, starts: tuple[int, ...], stops: tuple[int, ...], steps: tuple[int, ...]
) -> Value:
    """x[start:stop:step] along each axis."""
    value = context.value(x)
    result = tuple(context.shape[axis] for axis in value.layout)
    begin, end, stride = ([numbers[axis] for axis in value.layout] for numbers in (starts, stops, steps))
    ints = context.builder.ints
    if len(stride) == len(NHWC) and stride[0] == stride[3] == 1 and max(stride) > 1:
        return _pixels(context, value, begin, result, (stride[1], stride[2]))
    source = context.builder.stored(value)
    if all(step == 1 for step in stride):
        operands = [source, ints(begin), ints(result)]
        tensor = context.emit("SLICE", operands, result, schema.SliceOptionsT())
    else:
        operands = [source, ints(begin), ints(end), ints(stride)]
        tensor = context.emit("STRIDED_SLICE", operands, result, schema.StridedSliceOptionsT())
    return Value(tensor, result, value.layout)


def _pixels(context: Context, value: Value, begin: Sequence[int], result: Shape, strides: Shape) -> Value:
    """Every n-th element of the two middle axes in memory, in the part of the tensor that begins with the first."""
    steps = (1, *strides, 1)
    part = tuple((count - 1) * step + 1 for count, step in zip(result, steps, strict=True))
    if part != value.physical:
        operands = [context.builder.stored(value), context.builder.ints(begin), context.builder.ints(part)]
        value = Value(context.emit("SLICE", operands, part, schema.SliceOptionsT()), part, value.layout)
    return Value(subsampled(context, value, result, strides).tensor, result, value.layout)


@lowers("Slice")
def slice_that_is_no_cut(context: Context, *_operands: Operand, **_attributes: object) -> Value:  # noqa: ARG001
    """Every other Slice has become a Cut."""
    raise CannotLowerError("a slice with a negative step, or with bounds that the network computes")


@lowers("Concat")
def concat(context: Context, *operands: Operand, axis: int) -> Value:
    """The operands one after the other along an axis."""
    values = [context.value(operand) for operand in operands]
    rank = len(context.shape)
    computed = [value for value, operand in zip(values, operands, strict=True) if isinstance(operand, Value)]
    layout = common_layout(computed or values, rank)
    values = [context.builder.arranged(padded(value, rank), layout) for value in values]
    place = layout.index(axis % rank)
    while len(values) > 1:
        values[:_JOINED] = [_joined(context, values[:_JOINED], place)]
    return values[0]


def _joined(context: Context, values: Sequence[Value], place: int) -> Value:
    extent = sum(value.physical[place] for value in values)
    physical = (*values[0].physical[:place], extent, *values[0].physical[place + 1 :])
    tensors = [context.builder.stored(value) for value in values]
    tensor = context.emit("CONCATENATION", tensors, physical, schema.ConcatenationOptionsT(axis=place))
    return Value(tensor, physical, values[0].layout)


@lowers("Pad")
def pad(
    context: Context,
    x: Operand,
    pads: Operand,
    number: Operand | None = None,
    axes: Operand | None = None,
    *,
    mode: str = "constant",
) -> Value:
    """Borders along logical axes: a constant, or the mirrored elements."""
    value = context.value(x)
    rank = len(value.layout)
    counts = constant_ints(pads, "the padding")
    chosen = [axis % rank for axis in constant_ints(axes, "the list of axes")] or list(range(rank))
    borders = [(0, 0)] * rank
    for axis, before, after in zip(chosen, counts[: len(chosen)], counts[len(chosen) :], strict=True):
        borders[axis] = (before, after)
    if any(count < 0 for border in borders for count in border):
        raise CannotLowerError("a padding is negative")
    physical = tuple(borders[axis] for axis in value.layout)
    if mode == "constant":
        if isinstance(number, Value):
            raise CannotLowerError("the number to pad with is computed by the network; it must be constant")
        return pad_physical(context, value, physical, 0.0 if number is None else float(number.reshape(-1)[0]))
    if mode != "reflect":
        raise CannotLowerError(f"a padding of mode {mode!r}; constant and reflect are carried")
    if any(max(pads) >= extent for pads, extent in zip(physical, value.physical, strict=True)):
        raise CannotLowerError("more mirrored elements than there are")
    shape = tuple(context.shape[axis] for axis in value.layout)
    operands = [context.builder.stored(value), context.builder.ints(physical)]
    tensor = context.emit("MIRROR_PAD", operands, shape, schema.MirrorPadOptionsT(mode=schema.MirrorPadMode.REFLECT))
    return Value(tensor, shape, value.layout)


@lowers("Tile", "Expand")
def repeat(context: Context, x: Operand, _counts: Operand) -> Value:
    """Copies side by side along each axis, as many as the output's shape asks for. XNNPACK has no TILE."""
    rank = len(context.shape)
    value = padded(context.value(x), rank)
    physical = tuple(context.shape[axis] for axis in value.layout)
    for axis, after in enumerate(physical):
        shape = (prod(value.physical[:axis]), 1, prod(value.physical[axis:]))
        tensor = times_ones(context, value, shape, after // value.physical[axis])
        value = Value(tensor, (*value.physical[:axis], after, *value.physical[axis + 1 :]), value.layout)
    return value
