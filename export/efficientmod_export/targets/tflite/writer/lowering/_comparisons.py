"""Comparisons, truth values, signs and remainders, and conversions of dtype. XNNPACK has none of them."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._layout import Value
from ._broadcast import binary, scalar, unary
from ._registry import Context, Operand, lowers

_COMPARISONS = {
    "Equal": ("EQUAL", schema.EqualOptionsT),
    "Greater": ("GREATER", schema.GreaterOptionsT),
    "GreaterOrEqual": ("GREATER_EQUAL", schema.GreaterEqualOptionsT),
    "Less": ("LESS", schema.LessOptionsT),
    "LessOrEqual": ("LESS_EQUAL", schema.LessEqualOptionsT),
}
_CONNECTIVES = {
    "And": ("LOGICAL_AND", schema.LogicalAndOptionsT),
    "Or": ("LOGICAL_OR", schema.LogicalOrOptionsT),
    "Xor": ("NOT_EQUAL", schema.NotEqualOptionsT),
}
_TYPES = {"float32": "FLOAT32", "int32": "INT32", "int64": "INT64", "bool": "BOOL"}


@lowers(*_COMPARISONS, *_CONNECTIVES)
def compare(context: Context, a: Operand, b: Operand) -> Value:
    """A truth value for each pair of elements."""
    code, options = {**_COMPARISONS, **_CONNECTIVES}[context.node.operator]
    return binary(context, code, a, b, options(), dtype=np.bool_)


@lowers("Not")
def opposite(context: Context, x: Operand) -> Value:
    """The other truth value."""
    return unary(context, "LOGICAL_NOT", context.value(x), schema.LogicalNotOptionsT())


@lowers("Sign")
def sign(context: Context, x: Operand) -> Value:
    """(x > 0) - (x < 0); SIGN itself is of a late release."""
    return _sign(context, context.value(x))


def _sign(context: Context, value: Value) -> Value:
    above, below = (
        cast(context, binary(context, code, value, scalar(0.0), options(), dtype=np.bool_), np.float32)
        for code, options in (_COMPARISONS["Greater"], _COMPARISONS["Less"])
    )
    return binary(context, "SUB", above, below, schema.SubOptionsT())


@lowers("Mod")
def remainder(context: Context, a: Operand, b: Operand, *, fmod: int = 0) -> Value:
    """The remainder with the divisor's sign, or (fmod) with the dividend's: sign(a) * (|a| mod |b|)."""
    if not fmod:
        return binary(context, "FLOOR_MOD", a, b, schema.FloorModOptionsT())
    rest = binary(context, "FLOOR_MOD", _length(context, a), _length(context, b), schema.FloorModOptionsT())
    return binary(context, "MUL", rest, _sign(context, context.value(a)), schema.MulOptionsT())


def _length(context: Context, item: Operand) -> Operand:
    if isinstance(item, Value):
        return unary(context, "ABS", item, schema.AbsOptionsT())
    return np.abs(item.astype(np.float32))


@lowers("Cast")
def conversion(context: Context, x: Operand, *, to: int, saturate: int = 1) -> Value:  # noqa: ARG001
    """Each number in another dtype; fractions are cut off."""
    return cast(context, context.value(x), context.graph.dtype(context.node.outputs[0]).type)


def cast(context: Context, value: Value, dtype: type[np.generic]) -> Value:
    """A value in another dtype."""
    before = context.builder.tensors[value.tensor].dtype
    after = np.dtype(dtype)
    if before == after:
        return value
    if before.name not in _TYPES or after.name not in _TYPES:
        raise CannotLowerError(f"a conversion of {before.name} to {after.name}")
    first, second = (getattr(schema.TensorType, _TYPES[kind.name]) for kind in (before, after))
    options = schema.CastOptionsT(inDataType=first, outDataType=second)
    shape = context.builder.shape(value)
    tensor = context.builder.emit("CAST", [value.tensor], shape, options, dtype)
    return Value(tensor, value.physical, value.layout)
