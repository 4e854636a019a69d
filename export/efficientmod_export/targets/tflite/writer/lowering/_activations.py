"""Activations. RELU and RELU6 are fused into their producer, where its output has no other reader."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._errors import CannotLowerError
from .._layout import Value, last_axis_innermost, moves
from ._broadcast import binary, scalar, unary
from ._reductions import reduce
from ._registry import Context, Operand, lowers

_ACTIVATION = schema.ActivationFunctionType

_FUSING = {
    "ADD", "SUB", "MUL", "DIV", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D", "MAX_POOL_2D",
}  # fmt: skip


@lowers("Relu")
def relu(context: Context, x: Operand) -> Value:
    """max(x, 0)."""
    return clamped(context, context.value(x), "RELU")


@lowers("Clip")
def clip(context: Context, x: Operand, low: Operand | None = None, high: Operand | None = None) -> Value:
    """min(max(x, low), high)."""
    bounds = [_number(bound) for bound in (low, high)]
    value = context.value(x)
    if context.graph.dtype(context.node.outputs[0]) != np.float32:
        return _clipped_integers(context, value, low, high)
    codes: dict[tuple[float | None, float | None], str] = {
        (0.0, None): "RELU",
        (0.0, 6.0): "RELU6",
        (-1.0, 1.0): "RELU_N1_TO_1",
    }
    if (fused := codes.get((bounds[0], bounds[1]))) is not None:
        return clamped(context, value, fused)
    for bound, code in zip(bounds, ("MAXIMUM", "MINIMUM"), strict=True):
        if bound is not None:
            value = binary(context, code, value, scalar(bound), schema.MaximumMinimumOptionsT())
    return value


def _clipped_integers(context: Context, value: Value, low: Operand | None, high: Operand | None) -> Value:
    for bound, code in ((low, "MAXIMUM"), (high, "MINIMUM")):
        if bound is not None:
            value = binary(context, code, value, bound, schema.MaximumMinimumOptionsT())
    return value


def clamped(context: Context, value: Value, code: str) -> Value:
    """RELU, RELU6 or RELU_N1_TO_1, fused into the operator that computes the value where possible."""
    writer = context.builder.writer(value.tensor)
    if (
        writer is not None
        and writer.code in _FUSING
        and writer.options.fusedActivationFunction == _ACTIVATION.NONE
        and not context.builder.is_read(value.tensor)
        and _has_one_use(context, value.tensor)
    ):
        writer.options.fusedActivationFunction = getattr(_ACTIVATION, code)
        return value
    return unary(context, code, value)


def _has_one_use(context: Context, tensor: int) -> bool:
    """Whether only this node reads a tensor, under all names that views and identities give it."""
    names = (name for name, value in context.values.items() if value.tensor == tensor)
    return all(context.graph.is_private(name) for name in names)


def _number(bound: Operand | None) -> float | None:
    if bound is None:
        return None
    if isinstance(bound, Value) or bound.size != 1:
        raise CannotLowerError("a bound that the network computes; it must be constant")
    if np.isnan(number := float(bound.reshape(-1)[0])):
        raise CannotLowerError("a bound that is NaN")
    return number


@lowers("Gelu")
def gelu(context: Context, x: Operand, *, approximate: str = "none") -> Value:
    """x * Phi(x), by erf or by tanh (Hendrycks and Gimpel, arXiv:1606.08415)."""
    if approximate not in ("none", "tanh"):
        raise CannotLowerError(f"the approximation {approximate!r}, which is not one of ONNX's")
    return unary(context, "GELU", context.value(x), schema.GeluOptionsT(approximate=approximate == "tanh"))


@lowers("HardSwish")
def hard_swish(context: Context, x: Operand) -> Value:
    """x * min(max(x + 3, 0), 6) / 6 (Howard et al., arXiv:1905.02244)."""
    return unary(context, "HARD_SWISH", context.value(x), schema.HardSwishOptionsT())


@lowers("HardSigmoid")
def hard_sigmoid(context: Context, x: Operand, *, alpha: float = 0.2, beta: float = 0.5) -> Value:
    """max(0, min(1, alpha * x + beta)), as RELU6(x * 6 alpha + 6 beta) / 6, with the clamp fused into the addition."""
    value: Operand = x
    if not np.isclose(alpha, 1 / 6, rtol=1e-6):
        value = binary(context, "MUL", value, scalar(6 * alpha), schema.MulOptionsT())
    fused = schema.AddOptionsT(fusedActivationFunction=_ACTIVATION.RELU6)
    value = binary(context, "ADD", value, scalar(6 * beta), fused)
    return binary(context, "MUL", value, scalar(1 / 6), schema.MulOptionsT())


@lowers("LeakyRelu")
def leaky_relu(context: Context, x: Operand, *, alpha: float = 0.01) -> Value:
    """x where it is positive, alpha * x elsewhere."""
    return _one_slope(context, context.value(x), alpha)


def _one_slope(context: Context, value: Value, slope: float) -> Value:
    """x where it is positive, slope * x elsewhere. A GPU's LEAKY_RELU is the greater of the two, so a slope below zero
    or above one is written as a PRELU with equal slopes.
    """
    if 0 <= slope <= 1:
        return unary(context, "LEAKY_RELU", value, schema.LeakyReluOptionsT(alpha=slope))
    shape = context.builder.shape(value)
    slopes = context.constant(np.full(shape[-1:], slope, np.float32), "slopes")
    return Value(context.emit("PRELU", [value.tensor, slopes], shape), value.physical, value.layout)


@lowers("PRelu")
def parametric_relu(context: Context, x: Operand, slope: Operand) -> Value:
    """x where it is positive, slope * x elsewhere; with a constant slope along the channels."""
    if isinstance(slope, Value):
        raise CannotLowerError("a slope that the network computes; it must be constant")
    value = context.value(x)
    if slope.size == 1:
        return _one_slope(context, value, float(slope.reshape(-1)[0]))
    rank, innermost = len(value.layout), value.layout[-1]
    extents = (1,) * (rank - slope.ndim) + slope.shape
    if slope.size == extents[innermost] and rank > 1:
        return binary(context, "PRELU", value, slope)
    # GPUs support no other slopes.
    negative = binary(context, "MINIMUM", value, scalar(0.0), schema.MaximumMinimumOptionsT())
    scaled = binary(context, "MUL", negative, slope, schema.MulOptionsT())
    return binary(context, "ADD", unary(context, "RELU", value), scaled, schema.AddOptionsT())


@lowers("Softmax")
def softmax(context: Context, x: Operand, *, axis: int = -1) -> Value:
    """exp(x) over its sum along one axis: one operator where that is innermost, else several without a transpose."""
    value = context.value(x)
    axis %= len(value.layout)
    if moves(value, last_axis_innermost(value.layout, axis)):
        return _softmax_in_steps(context, value, axis)
    value = context.builder.arranged(value, last_axis_innermost(value.layout, axis))
    stored = context.builder.shape(value)
    shape = stored if stored[-1] == value.physical[-1] else value.physical
    if not 1 < len(shape) <= MAX_RANK:
        shape = (value.size // shape[-1], shape[-1])
    tensor = context.emit("SOFTMAX", [context.builder.stored(value, shape)], shape, schema.SoftmaxOptionsT(beta=1.0))
    return Value(tensor, value.physical, value.layout)


def _softmax_in_steps(context: Context, value: Value, axis: int) -> Value:
    _, powers, total = exponentials(context, value, axis)
    return binary(context, "DIV", powers, total, schema.DivOptionsT())


def exponentials(context: Context, value: Value, axis: int) -> tuple[Value, Value, Value]:
    """s = x - max(x) along an axis, exp(s), and the sum of exp(s) along the axis, by operators that do not overflow and
    need no transpose.
    """
    greatest = reduce(context, "REDUCE_MAX", value, (axis,), keep=True)
    shifted = binary(context, "SUB", value, greatest, schema.SubOptionsT())
    powers = unary(context, "EXP", shifted, schema.ExpOptionsT())
    return shifted, powers, reduce(context, "SUM", powers, (axis,), keep=True)
