"""Operators that only change a value's view: Transpose and Reshape. Where data must move, their readers move it."""

from .._layout import Value, layout_for_reshape, natural, permuted, reshaped
from ._registry import Context, Operand, lowers


@lowers("Identity")
def identity(context: Context, x: Operand) -> Value:
    """The value itself; the only Identity nodes left in the graph are those that name an output."""
    return context.value(x)


@lowers("Transpose")
def transpose(context: Context, x: Operand, *, perm: tuple[int, ...] = ()) -> Value:
    """Logical axis j of the result is axis perm[j] of x."""
    value = context.value(x)
    return permuted(value, perm or natural(len(value.layout))[::-1])


@lowers("Reshape")
def reshape(context: Context, x: Operand, _shape: Operand, *, allowzero: int = 0) -> Value:  # noqa: ARG001
    """The value in the output's static shape, so neither the shape input nor `allowzero` is used."""
    value = context.value(x)
    target = context.shape
    return reshaped(context.builder.arranged(value, layout_for_reshape(value, target)), target)
