"""Indices of the greatest or least elements: ArgMax, ArgMin, TopK."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ..._gpu_lanes import LANES
from .._builder import MAX_RANK
from .._errors import CannotLowerError
from .._layout import Value, around, last_axis_innermost
from ._broadcast import unary
from ._comparisons import cast
from ._padding import pad_physical
from ._registry import Context, Operand, constant_ints, lowers

_CODES = {"ArgMax": ("ARG_MAX", schema.ArgMaxOptionsT), "ArgMin": ("ARG_MIN", schema.ArgMinOptionsT)}


@lowers(*_CODES)
def best_index(context: Context, x: Operand, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Value:
    """The first index of the greatest, or least, element along an axis, int64."""
    if select_last_index:
        raise CannotLowerError("select_last_index; only the first of several greatest elements is supported")
    code, options = _CODES[context.node.operator]
    value = context.value(x)
    axis %= len(value.layout)
    at = value.layout.index(axis)
    shape, place = (value.physical, at) if len(value.physical) <= MAX_RANK else (around(value.physical, at), 1)
    operands = [context.builder.stored(value, shape), context.builder.ints([place])]
    result = (*shape[:place], *shape[place + 1 :])
    kind = options(outputType=schema.TensorType.INT64)
    tensor = context.builder.emit(code, operands, result, kind, np.int64)
    rest = (*value.physical[:at], *value.physical[at + 1 :])
    if keepdims:
        return Value(tensor, (*value.physical[:at], 1, *value.physical[at + 1 :]), value.layout)
    layout = tuple(other - (other > axis) for other in value.layout if other != axis)
    return Value(tensor, rest, layout)


@lowers("TopK")
def best(
    context: Context,
    x: Operand,
    count: Operand,
    *,
    axis: int = -1,
    largest: int = 1,
    sorted: int = 1,  # noqa: A002, ARG001
) -> tuple[Value, Value]:
    """The greatest, or least, elements along an axis in order, and their indices, int64."""
    value = context.value(x)
    layout = last_axis_innermost(value.layout, axis % len(value.layout))
    value = context.builder.arranged(value, layout)
    if not largest:
        value = unary(context, "NEG", value, schema.NegOptionsT())
    (number,) = constant_ints(count, "the number of elements")
    shape = (*value.physical[:-1], number)
    dtype = context.builder.tensors[value.tensor].dtype.type
    if dtype == np.float32:
        value = _in_fours(context, value)
    number_tensor = context.builder.constant(np.asarray(number, np.int32), "count")
    operands = [context.builder.stored(value, value.physical), number_tensor]
    greatest, places = context.builder.emit_several(
        "TOPK_V2", operands, [(shape, dtype), (shape, np.int32)], schema.TopKV2OptionsT()
    )
    found = Value(greatest, shape, layout)
    if not largest:
        found = unary(context, "NEG", found, schema.NegOptionsT())
    return found, cast(context, Value(places, shape, layout), np.int64)


def _in_fours(context: Context, value: Value) -> Value:
    """The innermost axis filled up to a multiple of four with the least number: a GPU would put zeros there."""
    spare = -value.physical[-1] % LANES
    if not spare:
        return value
    pads = ((0, 0),) * (len(value.physical) - 1) + ((0, spare),)
    return pad_physical(context, value, pads, float(np.finfo(np.float32).min))
