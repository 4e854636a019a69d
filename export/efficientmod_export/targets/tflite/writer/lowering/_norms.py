"""Normalisations, as the means, products and RSQRT that XNNPACK runs."""

from collections.abc import Callable

import numpy as np
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
    result = _normalised(context, value, lambda over: reduce(context, "MEAN", over, axes, keep=True), epsilon)
    result = _unless_constant(context, "MUL", result, scale, 1.0)
    return result if bias is None else _unless_constant(context, "ADD", result, bias, 0.0)


def _normalised(context: Context, value: Value, mean: Callable[[Value], Value], epsilon: float) -> Value:
    """(x - mean) / sqrt(variance + epsilon), where `mean` computes the mean."""
    centred = binary(context, "SUB", value, mean(value), schema.SubOptionsT())
    square = binary(context, "MUL", centred, centred, schema.MulOptionsT())
    shifted = binary(context, "ADD", mean(square), scalar(epsilon), schema.AddOptionsT())
    return binary(context, "MUL", centred, unary(context, "RSQRT", shifted), schema.MulOptionsT())


def _unless_constant(context: Context, code: str, value: Value, operand: Operand, neutral: float) -> Value:
    """Apply a scale or shift, unless it is a constant with no effect."""
    if not isinstance(operand, Value) and bool((operand == neutral).all()):
        return value
    options = schema.MulOptionsT() if code == "MUL" else schema.AddOptionsT()
    return binary(context, code, value, operand, options)


@lowers("GroupNormalize")
def group_normalize(context: Context, x: Operand, *, groups: int, epsilon: float) -> Value:
    """(x - mean) / sqrt(variance + epsilon) in each of `groups` groups of the channels of (N, C, ...)."""
    value = context.value(x)
    if groups == 1:
        everything = tuple(range(1, len(value.layout)))
        return _normalised(context, value, lambda over: reduce(context, "MEAN", over, everything, keep=True), epsilon)
    return _normalised(context, value, lambda over: _mean_of_groups(context, over, groups), epsilon)


def _mean_of_groups(context: Context, value: Value, groups: int) -> Value:
    """The mean of each group, at each of its channels, from the channels' means, so that no image is reshaped."""
    batch, channels, *image = value.shape
    if image:
        value = reduce(context, "MEAN", value, tuple(range(2, 2 + len(image))), keep=True)
    if groups == channels:
        return value
    share = channels // groups
    mean = reduce(context, "MEAN", _view(context, value, (batch, groups, share)), (2,), keep=True)
    each = binary(context, "MUL", mean, np.ones((share,), np.float32), schema.MulOptionsT())
    return _view(context, each, value.shape)


def _view(context: Context, value: Value, shape: Shape) -> Value:
    return reshaped(context.builder.arranged(value, layout_for_reshape(value, shape)), shape)
