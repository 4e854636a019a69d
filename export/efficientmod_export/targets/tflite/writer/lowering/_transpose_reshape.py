"""Operators that only change how a value is seen: Transpose and Reshape. What they cost is written by their readers."""

from .._layout import Value, layout_for_reshape, natural, permuted, reshaped
from ._registry import Context, Operand, lowers


@lowers("Identity")
def identity(context: Context, x: Operand) -> Value:
    """The value itself; only those stay in the graph that give an output its name."""
    return context.value(x)


@lowers("Transpose")
def transpose(context: Context, x: Operand, *, perm: tuple[int, ...] = ()) -> Value:
    """Logical axis j of the result is axis perm[j] of x."""
    value = context.value(x)
    return permuted(value, perm or natural(len(value.layout))[::-1])


@lowers("Reshape")
def reshape(context: Context, x: Operand, _shape: Operand, *, allowzero: int = 0) -> Value:  # noqa: ARG001
    """The target is the output's static shape, so neither the shape input nor `allowzero` is looked at."""
    value = context.value(x)
    target = context.shape
    return reshaped(context.builder.arranged(value, layout_for_reshape(value, target)), target)
