"""Functions of angles and their inverses, and the error function, of which TFLite has SIN, COS, ATAN2 and GELU.

tan(x)   =  sin(x) / cos(x)                     atan(x)  =  atan2(x, 1)
sinh(x)  =  (e^x - e^-x) / 2                    asin(x)  =  atan2(x, sqrt((1 - x) (1 + x)))
cosh(x)  =  (e^x + e^-x) / 2                    acos(x)  =  atan2(sqrt((1 - x) (1 + x)), x)
atanh(x) =  (log(1 + x) - log(1 - x)) / 2
erf(x)   =  (gelu(z) + gelu(-z)) z / z^2,       z = sqrt(2) x
"""

from math import sqrt

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._layout import Value
from ._broadcast import binary, scalar, unary
from ._registry import Context, Operand, lowers

_TINY = 1e-30
"""Beside the square of anything whose square is a normal number it is nothing; with it, 0 / 0 is 0."""


def _add(context: Context, a: Operand, b: Operand) -> Value:
    return binary(context, "ADD", a, b, schema.AddOptionsT())


def _minus(context: Context, a: Operand, b: Operand) -> Value:
    return binary(context, "SUB", a, b, schema.SubOptionsT())


def _times(context: Context, a: Operand, b: Operand) -> Value:
    return binary(context, "MUL", a, b, schema.MulOptionsT())


def _over(context: Context, a: Operand, b: Operand) -> Value:
    return binary(context, "DIV", a, b, schema.DivOptionsT())


@lowers("Tan")
def tangent(context: Context, x: Operand) -> Value:
    """The tangent."""
    value = context.value(x)
    return _over(context, unary(context, "SIN", value), unary(context, "COS", value, schema.CosOptionsT()))


@lowers("Sinh", "Cosh")
def hyperbolic(context: Context, x: Operand) -> Value:
    """The hyperbolic sine or cosine."""
    value = context.value(x)
    up = unary(context, "EXP", value, schema.ExpOptionsT())
    down = unary(context, "EXP", unary(context, "NEG", value, schema.NegOptionsT()), schema.ExpOptionsT())
    both = _minus(context, up, down) if context.node.operator == "Sinh" else _add(context, up, down)
    return _times(context, both, scalar(0.5))


@lowers("Atanh")
def inverse_hyperbolic_tangent(context: Context, x: Operand) -> Value:
    """The inverse hyperbolic tangent."""
    value = context.value(x)
    up, down = _add(context, value, scalar(1.0)), _minus(context, scalar(1.0), value)
    return _times(context, _minus(context, unary(context, "LOG", up), unary(context, "LOG", down)), scalar(0.5))


@lowers("Atan", "Asin", "Acos")
def inverse(context: Context, x: Operand) -> Value:
    """The angle of a tangent, a sine or a cosine. ATAN2 does not broadcast."""
    value = context.value(x)
    if context.node.operator == "Atan":
        return _atan2(context, value, _add(context, _times(context, value, scalar(0.0)), scalar(1.0)))
    square = _times(context, _minus(context, scalar(1.0), value), _add(context, value, scalar(1.0)))
    other = unary(context, "SQRT", square)
    return _atan2(context, value, other) if context.node.operator == "Asin" else _atan2(context, other, value)


def _atan2(context: Context, y: Value, x: Value) -> Value:
    x = context.builder.arranged(x, y.layout)
    shape = context.builder.shape(y)
    tensor = context.emit("ATAN2", [y.tensor, context.builder.stored(x, shape)], shape)
    return Value(tensor, y.physical, y.layout)


@lowers("Erf")
def error_function(context: Context, x: Operand) -> Value:
    """The error function, by GELU, which computes with it."""
    z = _times(context, x, scalar(sqrt(2.0)))
    up, down = (unary(context, "GELU", part, schema.GeluOptionsT()) for part in (z, _times(context, z, scalar(-1.0))))
    square = _add(context, unary(context, "SQUARE", z, schema.SquareOptionsT()), scalar(_TINY))
    return _over(context, _times(context, _add(context, up, down), z), square)


@lowers("IsNaN")
def is_no_number(context: Context, x: Operand) -> Value:
    """Whether an element differs from itself."""
    return binary(context, "NOT_EQUAL", x, x, schema.NotEqualOptionsT(), dtype=np.bool_)


@lowers("IsInf")
def is_infinite(context: Context, x: Operand, *, detect_negative: int = 1, detect_positive: int = 1) -> Value:
    """Whether an element is infinite, of either sign or of one."""
    value = context.value(x)
    if detect_negative and detect_positive:
        value = unary(context, "ABS", value, schema.AbsOptionsT())
    bound = scalar(np.inf if detect_positive else -np.inf)
    return binary(context, "EQUAL", value, bound, schema.EqualOptionsT(), dtype=np.bool_)
