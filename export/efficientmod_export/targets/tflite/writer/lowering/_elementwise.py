"""Arithmetic on elements: one TFLite operator for one of ONNX."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Array
from .._layout import Value
from ._broadcast import binary, scalar, unary
from ._comparisons import cast
from ._registry import Context, Operand, lowers

_UNARY = {
    "Abs": ("ABS", schema.AbsOptionsT),
    "Ceil": ("CEIL", None),
    "Cos": ("COS", schema.CosOptionsT),
    "Exp": ("EXP", schema.ExpOptionsT),
    "Floor": ("FLOOR", None),
    "Log": ("LOG", None),
    "Neg": ("NEG", schema.NegOptionsT),
    "Round": ("ROUND", None),
    "Rsqrt": ("RSQRT", None),
    "Sigmoid": ("LOGISTIC", None),
    "Sin": ("SIN", None),
    "Sqrt": ("SQRT", None),
    "Tanh": ("TANH", None),
}

_BINARY = {
    "Add": ("ADD", schema.AddOptionsT),
    "Sub": ("SUB", schema.SubOptionsT),
    "Mul": ("MUL", schema.MulOptionsT),
    "Div": ("DIV", schema.DivOptionsT),
}

_EXTREMES = {"Max": "MAXIMUM", "Min": "MINIMUM"}


@lowers(*_UNARY)
def one_operand(context: Context, x: Operand) -> Value:
    """f(x) on each element."""
    code, options = _UNARY[context.node.operator]
    return unary(context, code, context.value(x), options() if options else None)


@lowers(*_BINARY)
def two_operands(context: Context, a: Operand, b: Operand) -> Value:
    """f(a, b) on each pair of elements, broadcast."""
    code, options = _BINARY[context.node.operator]
    if code == "DIV" and context.graph.dtype(context.node.outputs[0]) != np.float32:
        return _whole_quotient(context, context.value(a), context.value(b))
    if code == "DIV" and not isinstance(b, Value):
        return quotient(context, a, b)
    return binary(context, code, a, b, options())


def _whole_quotient(context: Context, a: Value, b: Value) -> Value:
    """Of integers, rounded towards zero; DIV has no int64."""
    divided = binary(context, "DIV", cast(context, a, np.int32), cast(context, b, np.int32), schema.DivOptionsT())
    return cast(context, divided, context.graph.dtype(context.node.outputs[0]).type)


def quotient(context: Context, a: Operand, divisor: Array) -> Value:
    """A product with 1 / divisor, where that is a normal float32.

    A GPU pads the channels to a multiple of four with zeros, also those of a divisor, and a convolution would spread
    the NaN of 0 / 0.
    """
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        inverse = (1.0 / divisor.astype(np.float64)).astype(np.float32)
    if not (np.isfinite(inverse) & (np.abs(inverse) >= np.finfo(np.float32).tiny)).all():
        return binary(context, "DIV", a, divisor, schema.DivOptionsT())
    return binary(context, "MUL", a, inverse, schema.MulOptionsT())


@lowers(*_EXTREMES)
def extremes(context: Context, *operands: Operand) -> Value:
    """The greatest, or least, of any number of operands."""
    result, *others = operands
    for other in others:
        result = binary(context, _EXTREMES[context.node.operator], result, other, schema.MaximumMinimumOptionsT())
    return context.value(result)


@lowers("Sum", "Mean")
def total(context: Context, *operands: Operand) -> Value:
    """The sum, or mean, of any number of operands."""
    result, *others = operands
    for other in others:
        result = binary(context, "ADD", result, other, schema.AddOptionsT())
    if context.node.operator == "Mean":
        result = binary(context, "MUL", result, scalar(1 / len(operands)), schema.MulOptionsT())
    return context.value(result)


@lowers("Reciprocal")
def reciprocal(context: Context, x: Operand) -> Value:
    """1 / x."""
    return binary(context, "DIV", scalar(1.0), x, schema.DivOptionsT())


@lowers("Pow")
def power(context: Context, base: Operand, exponent: Operand) -> Value:
    """Base ** exponent; there are operators for squares, square roots and their inverses, and in XNNPACK for no others.

    A positive constant to a computed power is exp(exponent * log(base)).
    """
    if not isinstance(base, Value) and base.size == 1 and float(base.reshape(-1)[0]) > 0:
        exponents = binary(context, "MUL", exponent, scalar(np.log(float(base.reshape(-1)[0]))), schema.MulOptionsT())
        return unary(context, "EXP", exponents, schema.ExpOptionsT())
    if isinstance(exponent, Value) or exponent.size != 1:
        return binary(context, "POW", base, exponent, schema.PowOptionsT())
    if not isinstance(base, Value):
        raise CannotLowerError("two constant operands that could not be folded")
    number = float(exponent.reshape(-1)[0])
    if context.graph.dtype(context.node.outputs[0]) != np.float32:
        return _whole_power(context, base, number)
    if number == 1.0:
        return base
    if number == 2.0:
        return unary(context, "SQUARE", base, schema.SquareOptionsT())
    if number in (3.0, 4.0):
        square = unary(context, "SQUARE", base, schema.SquareOptionsT())
        return binary(context, "MUL", square, base if number == 3.0 else square, schema.MulOptionsT())
    simple = {0.5: "SQRT", -0.5: "RSQRT"}
    if number in simple:
        return unary(context, simple[number], base)
    return binary(context, "POW", base, exponent.astype(np.float32), schema.PowOptionsT())


def _whole_power(context: Context, base: Value, number: float) -> Value:
    if number not in (1.0, 2.0, 3.0, 4.0):
        raise CannotLowerError(f"integers to the power of {number:g}; 1 to 4 are supported")
    result = base
    for _ in range(int(number) - 1):
        result = binary(context, "MUL", result, base, schema.MulOptionsT())
    return result
