"""Taking elements by a list of places: GATHER."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._layout import Value
from ._registry import Context, Operand, lowers


@lowers("Gather")
def gather(context: Context, x: Operand, indices: Operand, *, axis: int = 0) -> Value:
    """The elements of x at constant places along one axis, which the axes of `indices` replace."""
    if isinstance(indices, Value):
        raise CannotLowerError("the places are computed by the network; they must be constant")
    value = context.value(x)
    extent, rank = value.shape[axis], indices.ndim
    axis %= len(value.layout)
    places = indices.astype(np.int32)
    places = np.where(places < 0, places + np.int32(extent), places)
    if ((places < 0) | (places >= extent)).any():
        raise CannotLowerError(f"a place outside the {extent} elements of the axis")
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
