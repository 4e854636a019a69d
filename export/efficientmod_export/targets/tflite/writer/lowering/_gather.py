"""Selecting elements by a list of indices: GATHER, which XNNPACK does not have. GPUs have no GATHER_ND.

A few runs of adjacent elements are sliced and concatenated instead. On a short innermost axis, where that would copy
single elements, it is a product with a matrix of zeros and ones.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from .._errors import CannotLowerError
from .._graph import Array
from .._layout import Value, natural
from ._linear import right_product
from ._registry import Context, Operand, lowers
from ._slicing import joined, parts, taken

_FEW = 16
"""The most runs of adjacent elements that are written as SLICE operators."""
_SMALL = 256
"""The most elements of a matrix for a product."""


@lowers("Gather")
def gather(context: Context, x: Operand, indices: Operand, *, axis: int = 0) -> Value:
    """The elements of x at constant indices along one axis, which the axes of `indices` replace."""
    value = context.value(x)
    axis %= len(value.layout)
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
    """The parts of x at constant indices along its first axes; the last axis of `indices` has one for each of them."""
    if batch_dims:
        raise CannotLowerError("indices that differ within a batch")
    value = context.value(x)
    value = context.builder.arranged(value, natural(len(value.layout)))
    depth = indices.shape[-1]
    places = _places(indices, np.asarray(value.shape[:depth]))
    flat = np.ravel_multi_index(tuple(np.moveaxis(places, -1, 0)), value.shape[:depth]).astype(np.int32)
    rest = value.physical[depth:]
    rows = Value(value.tensor, (prod(value.physical[:depth]), prod(rest)), natural(2))
    physical = (*flat.shape, *rest)
    return Value(taken(context, rows, 0, flat).tensor, physical, natural(len(physical)))


def _places(indices: Operand, extents: Array) -> Array:
    """Constant indices, made non-negative; `extents` broadcasts to them."""
    if isinstance(indices, Value):
        raise CannotLowerError("indices that the network computes; they must be constant")
    places = indices.astype(np.int32)
    places = np.where(places < 0, places + extents.astype(np.int32), places)
    if ((places < 0) | (places >= extents.astype(np.int32))).any():
        raise CannotLowerError(f"an index outside an axis of {extents} elements")
    return places
