"""Taking elements by a list of places: GATHER and GATHER_ND."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Array
from .._layout import Value, natural
from ._registry import Context, Operand, lowers


@lowers("Gather")
def gather(context: Context, x: Operand, indices: Operand, *, axis: int = 0) -> Value:
    """The elements of x at constant places along one axis, which the axes of `indices` replace."""
    value = context.value(x)
    axis %= len(value.layout)
    places = _places(indices, np.asarray(value.shape[axis]))
    rank = places.ndim
    at = value.layout.index(axis)
    # The logical axes after the replaced one move by as many as its successors are more.
    before, after = (
        tuple(other if other < axis else other + rank - 1 for other in part)
        for part in (value.layout[:at], value.layout[at + 1 :])
    )
    layout = (*before, *range(axis, axis + rank), *after)
    physical = (*value.physical[:at], *places.shape, *value.physical[at + 1 :])
    operands = [context.builder.stored(value), context.builder.constant(places, "places")]
    return Value(context.emit("GATHER", operands, physical, schema.GatherOptionsT(axis=at)), physical, layout)


@lowers("GatherND")
def gather_nd(context: Context, x: Operand, indices: Operand, *, batch_dims: int = 0) -> Value:
    """The parts of x at constant places along its first axes; the last axis of `indices` counts those."""
    if batch_dims:
        raise CannotLowerError("places that differ within a batch")
    value = context.value(x)
    value = context.builder.arranged(value, natural(len(value.layout)))
    places = _places(indices, np.asarray(value.shape[: indices.shape[-1]]))
    physical = (*places.shape[:-1], *value.physical[places.shape[-1] :])
    operands = [context.builder.stored(value), context.builder.constant(places, "places")]
    tensor = context.emit("GATHER_ND", operands, physical, schema.GatherNdOptionsT())
    return Value(tensor, physical, natural(len(physical)))


def _places(indices: Operand, extents: Array) -> Array:
    """Constant places, counted from the first element; `extents` broadcasts to them."""
    if isinstance(indices, Value):
        raise CannotLowerError("the places are computed by the network; they must be constant")
    places = indices.astype(np.int32)
    places = np.where(places < 0, places + extents.astype(np.int32), places)
    if ((places < 0) | (places >= extents.astype(np.int32))).any():
        raise CannotLowerError(f"a place outside an axis of {extents} elements")
    return places
