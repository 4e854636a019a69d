"""Activations for which TFLite or XNNPACK has no operator, computed by several that do not overflow float32."""

from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._layout import Value
from ._activations import exponentials
from ._broadcast import binary, scalar, unary
from ._registry import Context, Operand, lowers

_OPTIONS = {
    "ADD": schema.AddOptionsT,
    "SUB": schema.SubOptionsT,
    "MUL": schema.MulOptionsT,
    "DIV": schema.DivOptionsT,
    "MINIMUM": schema.MaximumMinimumOptionsT,
}
_SATURATED = 20.0
"""For larger x, tanh(softplus(x)) is 1 in float32."""


@lowers("Softplus")
def softplus(context: Context, x: Operand) -> Value:
    """log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)), which does not overflow."""
    value = context.value(x)
    magnitude = unary(context, "ABS", value, schema.AbsOptionsT())
    power = _exp(context, unary(context, "NEG", magnitude, schema.NegOptionsT()))
    rest = unary(context, "LOG", _do(context, "ADD", power, 1.0))
    return _do(context, "ADD", unary(context, "RELU", value), rest)


@lowers("Mish")
def mish(context: Context, x: Operand) -> Value:
    """x * tanh(softplus(x)) (Misra, arXiv:1908.08681), as x n / (n + 2) with n = e (e + 2) and e = exp(x)."""
    value = context.value(x)
    power = _exp(context, _do(context, "MINIMUM", value, _SATURATED))
    part = _do(context, "MUL", power, _do(context, "ADD", power, 2.0))
    return _do(context, "MUL", value, _do(context, "DIV", part, _do(context, "ADD", part, 2.0)))


@lowers("Swish")
def swish(context: Context, x: Operand, *, alpha: float = 1.0) -> Value:
    """x * sigmoid(alpha * x) (Ramachandran et al., arXiv:1710.05941)."""
    value = context.value(x)
    scaled = value if alpha == 1.0 else _do(context, "MUL", value, alpha)
    return _do(context, "MUL", value, unary(context, "LOGISTIC", scaled))


@lowers("Softsign")
def softsign(context: Context, x: Operand) -> Value:
    """x / (1 + |x|)."""
    value = context.value(x)
    return _do(context, "DIV", value, _do(context, "ADD", unary(context, "ABS", value, schema.AbsOptionsT()), 1.0))


@lowers("Elu", "Selu")
def elu(context: Context, x: Operand, *, alpha: float | None = None, gamma: float = 1.0507009873554805) -> Value:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere; as max(x, 0) + alpha * ELU(min(x, 0)) where alpha is not
    1, the only one in TFLite. Selu is gamma times that (Klambauer et al., arXiv:1706.02515).
    """
    value = context.value(x)
    scaled = context.node.operator == "Selu"
    factor = (1.6732632423543772 if scaled else 1.0) if alpha is None else alpha
    if factor == 1.0:
        result = unary(context, "ELU", value)
    else:
        negative = unary(context, "ELU", _do(context, "MINIMUM", value, 0.0))
        result = _do(context, "ADD", unary(context, "RELU", value), _do(context, "MUL", negative, factor))
    return _do(context, "MUL", result, gamma) if scaled else result


@lowers("Celu")
def celu(context: Context, x: Operand, *, alpha: float = 1.0) -> Value:
    """x where it is positive, alpha * (exp(x / alpha) - 1) elsewhere (Barron, arXiv:1704.07483)."""
    if alpha <= 0:
        raise CannotLowerError(f"an alpha of {alpha}, which is not positive")
    scaled = _do(context, "MUL", context.value(x), 1.0 / alpha)
    return _do(context, "MUL", unary(context, "ELU", scaled), alpha)


@lowers("LogSoftmax")
def log_softmax(context: Context, x: Operand, *, axis: int = -1) -> Value:
    """x - log(sum(exp(x))) along one axis, at any position in memory."""
    value = context.value(x)
    shifted, _, total = exponentials(context, value, axis % len(value.layout))
    return _do(context, "SUB", shifted, unary(context, "LOG", total))


def _exp(context: Context, value: Value) -> Value:
    return unary(context, "EXP", value, schema.ExpOptionsT())


def _do(context: Context, code: str, left: Value, right: Value | float) -> Value:
    operand = right if isinstance(right, Value) else scalar(right)
    return binary(context, code, left, operand, _OPTIONS[code]())
