"""Writing into a tensor at indices: SCATTER_ND, which adds up what falls on one place. XNNPACK and GPUs lack it.

    added     y = x + SCATTER_ND(i, u)
    replaced  y = x where SCATTER_ND(i, 1) is 0, else SCATTER_ND(i, u) / SCATTER_ND(i, 1)

The quotient is exact where each place is written once, or several times with the same number; ONNX leaves open what
different numbers give.
"""

from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Shape
from .._layout import Value, natural
from ._comparisons import cast
from ._registry import Context, Operand, lowers


@lowers("ScatterND")
def scatter_nd(context: Context, x: Operand, indices: Operand, updates: Operand, *, reduction: str = "none") -> Value:
    """x with the parts at indices along its first axes replaced, or added to."""
    value = _natural(context, x)
    depth = indices.shape[-1]
    rows, columns = prod(value.physical[:depth]), prod(value.physical[depth:])
    flat = _flat(context, indices, value.physical[:depth])
    return _written(context, value, (rows, columns), flat, _natural(context, updates), reduction)


@lowers("ScatterElements")
def scatter_elements(
    context: Context, x: Operand, indices: Operand, updates: Operand, *, axis: int = 0, reduction: str = "none"
) -> Value:
    """x with one element along an axis replaced, or added to, for each index, at the index's own other places."""
    rank = len(context.shape)
    axis %= rank
    order = (*(other for other in range(rank) if other != axis), axis)
    value, places, parts = (
        context.builder.arranged(context.value(one) if one is not indices else _indices(context, one), order)
        for one in (x, indices, updates)
    )
    if value.physical[:-1] != places.physical[:-1] or places.physical != parts.physical:
        raise CannotLowerError("indices of another extent along the other axes")
    lines, size, count = prod(value.physical[:-1]), value.physical[-1], places.physical[-1]
    wide = (1, 1, 1, lines * count)  # a GPU adds only a constant of four axes
    starts = np.repeat(np.arange(lines, dtype=np.int32) * size, count).reshape(wide)
    within = _wrapped(context, cast(context, places, np.int32), wide, size)
    flat = context.emit("ADD", [within, context.builder.constant(starts, "starts")], wide, schema.AddOptionsT())
    column = context.builder.reshaped(flat, (lines * count, 1))
    return _written(context, value, (lines * size, 1), column, parts, reduction)


def _natural(context: Context, operand: Operand) -> Value:
    value = context.value(operand)
    return context.builder.arranged(value, natural(len(value.layout)))


def _indices(context: Context, operand: Operand) -> Value:
    return operand if isinstance(operand, Value) else context.builder.value(operand.astype(np.int32), "places")


def _wrapped(context: Context, places: Value, shape: Shape, extent: int) -> int:
    """Indices of which -1 is the last element."""
    size = context.builder.constant(np.array(extent, np.int32), "extent")
    stored = context.builder.stored(places, shape)
    return context.emit("FLOOR_MOD", [stored, size], shape, schema.FloorModOptionsT())


def _flat(context: Context, indices: Operand, extents: Shape) -> int:
    """A column of the places in the axes that are indexed, taken together as one."""
    count = prod(indices.shape[:-1])
    if not isinstance(indices, Value):
        places = indices.reshape(count, len(extents)).astype(np.int64) % np.asarray(extents)
        flat = np.ravel_multi_index(tuple(places.T), extents).astype(np.int32)
        return context.builder.constant(flat[:, None], "places")
    if len(extents) != 1:
        raise CannotLowerError("indices along several axes that the network computes")
    places_of_one = context.builder.arranged(indices, natural(len(indices.layout)))
    return _wrapped(context, cast(context, places_of_one, np.int32), (count, 1), extents[0])


def _written(
    context: Context, value: Value, table: tuple[int, int], places: int, updates: Value, reduction: str
) -> Value:
    """`value` as rows and columns, of which the rows at `places` are replaced by `updates`, or added to."""
    if reduction not in ("none", "add"):
        raise CannotLowerError(f"reduction {reduction!r}; only none and add are supported")
    if context.builder.tensors[value.tensor].dtype != np.float32:
        raise CannotLowerError("a tensor that is not of float32")
    rows, columns = table
    count = context.builder.tensors[places].shape[0]
    shape = context.builder.ints((rows, columns))
    options = schema.ScatterNdOptionsT()

    def scattered(parts: int) -> int:
        return context.builder.emit("SCATTER_ND", [places, parts, shape], (rows, columns), options, np.float32)

    before = context.builder.stored(value, (rows, columns))
    sums = scattered(context.builder.stored(updates, (count, columns)))
    if reduction == "add":
        after = context.emit("ADD", [before, sums], (rows, columns), schema.AddOptionsT())
        return Value(after, value.physical, value.layout)
    one, zero = (context.builder.constant(np.array(number, np.float32), "number") for number in (1.0, 0.0))
    times = scattered(context.builder.constant(np.ones((count, columns), np.float32), "ones"))
    often = context.emit("MAXIMUM", [times, one], (rows, columns), schema.MaximumMinimumOptionsT())
    mean = context.emit("DIV", [sums, often], (rows, columns), schema.DivOptionsT())
    hit = context.builder.emit("GREATER", [times, zero], (rows, columns), schema.GreaterOptionsT(), np.bool_)
    after = context.emit("SELECT", [hit, mean, before], (rows, columns), schema.SelectOptionsT())
    return Value(after, value.physical, value.layout)
