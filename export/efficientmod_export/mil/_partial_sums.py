"""The largest partial sum inside an operator, over all orders in which a processor may add its terms.

No partial sum exceeds the sum of the positive terms P or, in magnitude, of the negative ones N; and both are reached in
some order. For a bilinear f(x, y), with x = x+ - x- and y = y+ - y-,

    P = f(x+, y+) + f(x-, y-)        N = f(x+, y-) + f(x-, y+)

Each function takes its operator's inputs and returns the larger of the two, over all elements.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._ops._conv import conv, conv_transpose
from efficientmod_export.mil._ops._pool import avg_pool

LargestSum = Callable[..., float]

_SUMS: dict[str, LargestSum] = {}


def _sums_of(*kinds: str) -> Callable[[LargestSum], LargestSum]:
    def register(function: LargestSum) -> LargestSum:
        for kind in kinds:
            if kind in _SUMS:
                raise ValueError(f"the sums of '{kind}' are registered twice")
            _SUMS[kind] = function
        return function

    return register


def largest_sum(kind: str, inputs: Mapping[str, Any]) -> float | None:
    """The largest partial sum of an operator, or None for one that has no sums."""
    return _SUMS[kind](**inputs) if kind in _SUMS else None


def _largest(positive: Tensor, negative: Tensor) -> float:
    return max(positive.abs().max().item(), negative.abs().max().item())


def _bilinear(product: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, bias: Tensor | None = None) -> float:
    up, down, high, low = x.relu(), (-x).relu(), y.relu(), (-y).relu()
    positive, negative = product(up, high) + product(down, low), product(up, low) + product(down, high)
    if bias is not None:
        positive, negative = positive + bias.relu(), negative + (-bias).relu()
    return _largest(positive, negative)


def _linear_in(total: Callable[[Tensor], Tensor], x: Tensor) -> float:
    return _largest(total(x.relu()), total((-x).relu()))


def _axes(x: Tensor, axes: tuple[int, ...] | None) -> list[int]:
    return [axis % x.dim() for axis in axes] if axes else list(range(x.dim()))


@_sums_of("conv")
def _conv(x: Tensor, weight: Tensor, bias: Tensor | None = None, **how: Any) -> float:
    spread = None if bias is None else bias.reshape(-1, *[1] * (x.dim() - 2))
    return _bilinear(lambda a, b: conv(a, b, **how), x, weight, spread)


@_sums_of("conv_transpose")
def _conv_transpose(x: Tensor, weight: Tensor, bias: Tensor | None = None, **how: Any) -> float:
    spread = None if bias is None else bias.reshape(-1, *[1] * (x.dim() - 2))
    return _bilinear(lambda a, b: conv_transpose(a, b, **how), x, weight, spread)


@_sums_of("linear")
def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> float:
    return _bilinear(lambda a, b: F.linear(a, b), x, weight, bias)


@_sums_of("matmul")
def _matmul(x: Tensor, y: Tensor, transpose_x: bool = False, transpose_y: bool = False) -> float:
    left, right = x.transpose(-1, -2) if transpose_x else x, y.transpose(-1, -2) if transpose_y else y
    return _bilinear(torch.matmul, left, right)


@_sums_of("einsum")
def _einsum(values: tuple[Tensor, Tensor], equation: str) -> float:
    return _bilinear(lambda a, b: torch.einsum(equation, a, b), *values)


@_sums_of("scaled_dot_product_attention")
def _attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None) -> float:
    # The weights of the values sum to one, so the second product stays below the largest value.
    del attn_mask
    return max(_matmul(query, key, transpose_y=True), value.abs().max().item())


@_sums_of("reduce_sum", "reduce_mean")
def _sum(x: Tensor, axes: tuple[int, ...] | None = None, keep_dims: bool = False) -> float:
    del keep_dims
    values = x.to(torch.float32)
    return _linear_in(lambda part: part.sum(_axes(x, axes)), values)


@_sums_of("reduce_l1_norm")
def _l1_norm(x: Tensor, axes: tuple[int, ...] | None = None, keep_dims: bool = False) -> float:
    return _sum(x.abs(), axes, keep_dims)


@_sums_of("reduce_l2_norm", "reduce_sum_square")
def _squares(x: Tensor, axes: tuple[int, ...] | None = None, keep_dims: bool = False) -> float:
    return _sum(x.square(), axes, keep_dims)


@_sums_of("reduce_log_sum_exp")
def _log_sum_exp(x: Tensor, axes: tuple[int, ...] | None = None, keep_dims: bool = False) -> float:
    # The Neural Engine was measured not to subtract the maximum first (coremltools, "Channel-reduce logsumexp").
    return _sum(x.exp(), axes, keep_dims)


@_sums_of("softmax")
def _softmax(x: Tensor, axis: int = -1) -> float:
    return (x - x.amax(axis, keepdim=True)).exp().sum(axis).max().item()


@_sums_of("avg_pool")
def _avg_pool(x: Tensor, kernel_sizes: tuple[int, ...], **how: Any) -> float:
    how = {**how, "exclude_padding_from_average": False}
    window = math.prod(kernel_sizes)
    return _linear_in(lambda part: avg_pool(part, kernel_sizes, **how) * window, x)


def _moments(x: Tensor, axes: list[int]) -> float:
    centred = x - x.mean(axes, keepdim=True)
    return max(_linear_in(lambda part: part.sum(axes), x), centred.square().sum(axes).max().item())


@_sums_of("layer_norm")
def _layer_norm(x: Tensor, axes: tuple[int, ...] | None = None, **affine: Any) -> float:
    del affine
    return _moments(x, _axes(x, axes))


@_sums_of("instance_norm")
def _instance_norm(x: Tensor, **affine: Any) -> float:
    del affine
    return _moments(x, list(range(2, x.dim())))


@_sums_of("l2_norm")
def _l2_norm(x: Tensor, epsilon: float = 0.0) -> float:
    del epsilon
    return x.square().sum((-3, -2, -1)).max().item()
