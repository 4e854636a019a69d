"""Normalisations, written in the means, products and RSQRT that XNNPACK runs."""

from ai_edge_litert import schema_py_generated as schema

from .._graph import Shape
from .._layout import Value, layout_for_reshape, reshaped
from ._broadcast import binary, scalar, unary
from ._reductions import reduce
from ._registry import Context, Operand, lowers


@lowers("LayerNormalization")
def layer_normalization(
    context: Context,
    x: Operand,
    scale: Operand,
    bias: Operand | None = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-5,
    stash_type: int = 1,  # noqa: ARG001
) -> Value:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, over the axes from `axis` on (Ba et al.,
    arXiv:1607.06450).
    """
    value = context.value(x)
    rank = len(value.layout)
    axes = tuple(range(axis % rank, rank))
    result = normalised(context, value, axes, epsilon)
    result = _unless_constant(context, "MUL", result, scale, 1.0)
    return result if bias is None else _unless_constant(context, "ADD", result, bias, 0.0)


def normalised(context: Context, value: Value, axes: tuple[int, ...], epsilon: float) -> Value:
    """(x - mean) / sqrt(variance + epsilon) over logical axes."""
    mean = reduce(context, "MEAN", value, axes, keep=True)
    centred = binary(context, "SUB", value, mean, schema.SubOptionsT())
    square = binary(context, "MUL", centred, centred, schema.MulOptionsT())
    variance = reduce(context, "MEAN", square, axes, keep=True)
    shifted = binary(context, "ADD", variance, scalar(epsilon), schema.AddOptionsT())
    return binary(context, "MUL", centred, unary(context, "RSQRT", shifted), schema.MulOptionsT())


def _unless_constant(context: Context, code: str, value: Value, operand: Operand, neutral: float) -> Value:
    """Apply a scale or shift, unless it changes nothing."""
    if not isinstance(operand, Value) and bool((operand == neutral).all()):
        return value
    options = schema.MulOptionsT() if code == "MUL" else schema.AddOptionsT()
    return binary(context, code, value, operand, options)


@lowers("GroupNormalize")
def group_normalize(context: Context, x: Operand, *, groups: int, epsilon: float) -> Value:
    """(x - mean) / sqrt(variance + epsilon) in each of `groups` groups of the channels of (N, C, ...)."""
    value = context.value(x)
    shape = value.shape
    split = value if groups == 1 else _seen_as(context, value, (shape[0], groups, shape[1] // groups, *shape[2:]))
    first = 1 if groups == 1 else 2
    result = normalised(context, split, tuple(range(first, len(split.layout))), epsilon)
    return result if groups == 1 else _seen_as(context, result, shape)


def _seen_as(context: Context, value: Value, shape: Shape) -> Value:
    return reshaped(context.builder.arranged(value, layout_for_reshape(value, shape)), shape)
