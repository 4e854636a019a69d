"""Selecting between two values element by element: SELECT."""

from collections.abc import Sequence
from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._errors import CannotLowerError
from .._graph import Shape
from .._layout import Layout, Value
from ._broadcast import arranged_operand, common_layout, merged_shapes, physical_of, times_ones
from ._registry import Context, Operand, lowers

_LARGEST = 1 << 18
"""The most elements of a constant that is stored repeated; a GPU refuses a larger one."""


@lowers("Where")
def where(context: Context, condition: Operand, x: Operand, y: Operand) -> Value:
    """x where a condition is true, y elsewhere; with a constant condition, constants are broadcast before they are
    stored.
    """
    computed = [operand for operand in (x, y) if isinstance(operand, Value)]
    if isinstance(condition, Value) or any(value.shape != context.shape for value in computed):
        return _broadcast(context, (condition, x, y))
    layout = common_layout(computed, len(context.shape))
    mask = np.broadcast_to(condition, context.shape).transpose(layout)
    shape = mask.shape if mask.ndim <= MAX_RANK else (prod(mask.shape[:-1]), mask.shape[-1])
    chosen = [_whole(context, operand, layout, shape) for operand in (x, y)]
    operands = [context.builder.constant(mask.reshape(shape), "condition"), *chosen]
    return Value(context.emit("SELECT", operands, shape, schema.SelectOptionsT()), mask.shape, layout)


def _broadcast(context: Context, operands: Sequence[Operand]) -> Value:
    """SELECT_V2, which broadcasts all three operands, of which a GPU broadcasts the condition; SELECT where none is."""
    rank = len(context.shape)
    layout = common_layout([operand for operand in operands if isinstance(operand, Value)], rank)
    condition, *choices = (arranged_operand(context, operand, rank, layout) for operand in operands)
    arranged = [condition, *(_repeated(context, choice, layout) for choice in choices)]
    shapes = [physical_of(operand) for operand in arranged]
    physical = np.broadcast_shapes(*shapes)
    if len(physical) > MAX_RANK:
        shapes = merged_shapes(shapes)
    if max(map(len, shapes)) > MAX_RANK:
        raise CannotLowerError(f"operands that broadcast along more than {MAX_RANK} axes")
    tensors = [
        context.builder.stored(operand, shape)
        if isinstance(operand, Value)
        else context.builder.constant(
            operand.reshape((1,) if operand.size == 1 else shape), f"{context.node.outputs[0]}/choice"
        )
        for operand, shape in zip(arranged, shapes, strict=True)
    ]
    result = np.broadcast_shapes(*shapes)
    alike = all(shape == result for shape in shapes)
    code, options = ("SELECT", schema.SelectOptionsT()) if alike else ("SELECT_V2", schema.SelectV2OptionsT())
    return Value(context.emit(code, tensors, result, options), physical, layout)


def _repeated(context: Context, choice: Operand, layout: Layout) -> Operand:
    """A choice in the result's shape; a constant number stays one."""
    physical = tuple(context.shape[axis] for axis in layout)
    if physical_of(choice) == physical or (not isinstance(choice, Value) and choice.size == 1):
        return choice
    if not isinstance(choice, Value):
        return np.broadcast_to(choice, physical) if prod(physical) <= _LARGEST else choice
    for axis, (own, wanted) in enumerate(zip(choice.physical, physical, strict=True)):
        if own != wanted:
            shape = (prod(choice.physical[:axis]), 1, prod(choice.physical[axis:]))
            longer = (*choice.physical[:axis], wanted, *choice.physical[axis + 1 :])
            choice = Value(times_ones(context, choice, shape, wanted), longer, layout)
    return choice


def _whole(context: Context, operand: Operand, layout: Layout, shape: Shape) -> int:
    if isinstance(operand, Value):
        return context.builder.stored(context.builder.arranged(operand, layout), shape)
    return context.constant(np.broadcast_to(operand, context.shape).transpose(layout).reshape(shape), "choice")
