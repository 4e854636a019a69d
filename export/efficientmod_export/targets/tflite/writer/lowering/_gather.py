"""Selecting elements by indices: GATHER, which XNNPACK does not have. GPUs have no GATHER_ND.

Of constant indices, a few runs of adjacent elements are sliced and concatenated instead. On a short innermost axis,
where that would copy single elements, it is a product with a matrix of zeros and ones.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Array, Shape
from .._layout import Value, natural
from ._linear import right_product
from ._registry import Context, Operand, lowers
from ._slicing import joined, parts, taken

_FEW = 16
"""The most runs of adjacent elements that are written as SLICE operators."""
_LONGEST = 1 << 18
"""The most indices that each have a line of their own."""
_SMALL = 256
"""The most elements of a matrix for a product."""


@lowers("Gather")
def gather(context: Context, x: Operand, indices: Operand, *, axis: int = 0) -> Value:
    """The elements of x at indices along one axis, which the axes of `indices` replace."""
    value = context.value(x)
    axis %= len(value.layout)
    if isinstance(indices, Value):
        return _computed(context, value, indices, axis)
    places = _places(indices, np.asarray(value.shape[axis]))
    rank = places.ndim
    at = value.layout.index(axis)
    # The logical axes after the replaced one are renumbered by the change in rank.
    before, after = (
        tuple(other if other < axis else other + rank - 1 for other in part)
        for part in (value.layout[:at], value.layout[at + 1 :])
    )
    layout = (*before, *range(axis, axis + rank), *after)
    physical = (*value.physical[:at], *places.shape, *value.physical[at + 1 :])
    runs = _runs(places.reshape(-1).tolist())
    if at == len(value.layout) - 1 and len(runs) > 1 and places.size * value.physical[at] <= _SMALL:
        return Value(_product(context, value, places.reshape(-1)).tensor, physical, layout)
    if len(runs) <= _FEW:
        return Value(joined(context, parts(context, value, at, runs), at).tensor, physical, layout)
    return Value(taken(context, value, at, places).tensor, physical, layout)


@lowers("GatherElements")
def gather_elements(context: Context, x: Operand, indices: Operand, *, axis: int = 0) -> Value:
    """One element of x along an axis for each index, at the index's own place on the other axes."""
    value = context.value(x)
    places = indices if isinstance(indices, Value) else context.builder.value(indices, "places")
    axis %= len(value.layout)
    order = (*(other for other in range(len(value.layout)) if other != axis), axis)
    value, places = context.builder.arranged(value, order), context.builder.arranged(places, order)
    if value.physical[:-1] != places.physical[:-1]:
        raise CannotLowerError("indices of another extent along the other axes")
    lines, size, count = prod(value.physical[:-1]), value.physical[-1], places.physical[-1]
    if lines * count > _LONGEST:
        raise CannotLowerError(f"{lines * count} indices; at most {_LONGEST} are supported")
    dtype = context.builder.tensors[places.tensor].dtype
    wide = (1, 1, 1, lines * count)  # a GPU adds only a constant of four axes
    within = _wrapped(context, context.builder.stored(places, wide), wide, np.array(size, dtype))
    starts = np.repeat(np.arange(lines, dtype=dtype) * size, count).reshape(wide)
    flat = context.emit("ADD", [within, context.builder.constant(starts, "starts")], wide, schema.AddOptionsT())
    operands = [context.builder.stored(value, (lines * size,)), context.builder.reshaped(flat, (lines * count,))]
    tensor = context.emit("GATHER", operands, (lines * count,), schema.GatherOptionsT(axis=0))
    return Value(tensor, places.physical, order)


def _wrapped(context: Context, places: int, shape: Shape, extents: Array) -> int:
    """Indices of which -1 is the last element, along axes of these extents."""
    size = context.builder.constant(extents, "extent")
    return context.emit("FLOOR_MOD", [places, size], shape, schema.FloorModOptionsT())


def _computed(context: Context, value: Value, indices: Value, axis: int) -> Value:
    """At indices that the network computes, with its axes in their own order; -1 is the last element."""
    rank = len(value.layout)
    value = context.builder.arranged(value, natural(rank))
    indices = context.builder.arranged(indices, natural(len(indices.layout)))
    count = (prod(indices.physical),)
    dtype = context.builder.tensors[indices.tensor].dtype
    places = _wrapped(context, context.builder.stored(indices, count), count, np.array(value.physical[axis], dtype))
    before, after = value.physical[:axis], value.physical[axis + 1 :]
    source = (prod(before), value.physical[axis], prod(after))
    options = schema.GatherOptionsT(axis=1)
    tensor = context.emit(
        "GATHER", [context.builder.stored(value, source), places], (source[0], *count, source[2]), options
    )
    shape = (*before, *indices.physical, *after)
    return Value(tensor, shape, natural(len(shape)))


def _product(context: Context, value: Value, places: Array) -> Value:
    """The product that selects elements along the innermost axis."""
    weight = np.zeros((places.size, value.physical[-1]), np.float32)
    weight[np.arange(places.size), places] = 1
    return right_product(context, value, weight, np.zeros(places.size, np.float32))


def _runs(places: Sequence[int]) -> list[range]:
    runs: list[range] = []
    for place in places:
        if runs and runs[-1].stop == place:
            runs[-1] = range(runs[-1].start, place + 1)
        else:
            runs.append(range(place, place + 1))
    return runs


@lowers("GatherND")
def gather_nd(context: Context, x: Operand, indices: Operand, *, batch_dims: int = 0) -> Value:
    """The parts of x at indices along its first axes; the last axis of `indices` has one for each of them."""
    if batch_dims:
        raise CannotLowerError("indices that differ within a batch")
    value = context.value(x)
    value = context.builder.arranged(value, natural(len(value.layout)))
    depth = indices.shape[-1]
    extents, rest = value.physical[:depth], value.physical[depth:]
    rows = Value(value.tensor, (prod(extents), prod(rest)), natural(2))
    if isinstance(indices, Value):
        part = _computed(context, rows, _row_numbers(context, indices, extents), 0)
        return Value(part.tensor, (*indices.shape[:-1], *rest), natural(len(indices.shape) - 1 + len(rest)))
    places = _places(indices, np.asarray(extents))
    flat = np.ravel_multi_index(tuple(np.moveaxis(places, -1, 0)), extents).astype(np.int32)
    physical = (*flat.shape, *rest)
    return Value(taken(context, rows, 0, flat).tensor, physical, natural(len(physical)))


def _row_numbers(context: Context, indices: Value, extents: Shape) -> Value:
    """Where each of these computed indices (..., depth) is among the rows that the first axes are, laid out in one."""
    indices = context.builder.arranged(indices, natural(len(indices.layout)))
    count, depth = prod(indices.physical[:-1]), len(extents)
    dtype = context.builder.tensors[indices.tensor].dtype
    numbers = context.builder.stored(indices, (count, depth))
    if depth > 1:
        numbers = _wrapped(context, numbers, (count, depth), np.array([extents], dtype))
        strides = np.array([[prod(extents[axis + 1 :]) for axis in range(depth)]], dtype)
        operands = [numbers, context.builder.constant(strides, "strides")]
        numbers = context.emit("MUL", operands, (count, depth), schema.MulOptionsT())
        last = context.builder.constant(np.array([1], np.int32), "axes")
        numbers = context.emit("SUM", [numbers, last], (count,), schema.ReducerOptionsT(keepDims=False))
    return Value(numbers, (count,), natural(1))


def _places(indices: Operand, extents: Array) -> Array:
    """Constant indices, made non-negative; `extents` broadcasts to them."""
    if isinstance(indices, Value):
        raise CannotLowerError("indices that the network computes; they must be constant")
    places = indices.astype(np.int32)
    places = np.where(places < 0, places + extents.astype(np.int32), places)
    if ((places < 0) | (places >= extents.astype(np.int32))).any():
        raise CannotLowerError(f"an index outside an axis of {extents} elements")
    return places
