"""Choosing between two values element by element: SELECT."""

from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._errors import CannotLowerError
from .._graph import Shape
from .._layout import Layout, Value
from ._broadcast import common_layout
from ._registry import Context, Operand, lowers


@lowers("Where")
def where(context: Context, condition: Operand, x: Operand, y: Operand) -> Value:
    """x where a constant condition holds, y elsewhere; what is constant is broadcast now."""
    if isinstance(condition, Value):
        raise CannotLowerError("the condition is computed by the network; it must be constant")
    computed = [operand for operand in (x, y) if isinstance(operand, Value)]
    if any(value.shape != context.shape for value in computed):
        raise CannotLowerError("a computed operand is broadcast")
    layout = common_layout(computed, len(context.shape))
    mask = np.broadcast_to(condition, context.shape).transpose(layout)
    shape = mask.shape if mask.ndim <= MAX_RANK else (prod(mask.shape[:-1]), mask.shape[-1])
    chosen = [_whole(context, operand, layout, shape) for operand in (x, y)]
    operands = [context.builder.constant(mask.reshape(shape), "condition"), *chosen]
    return Value(context.emit("SELECT", operands, shape, schema.SelectOptionsT()), mask.shape, layout)


def _whole(context: Context, operand: Operand, layout: Layout, shape: Shape) -> int:
    if isinstance(operand, Value):
        return context.builder.stored(context.builder.arranged(operand, layout), shape)
    return context.constant(np.broadcast_to(operand, context.shape).transpose(layout).reshape(shape), "choice")
