"""Normalisations."""

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._registry import Ints, operator


def _on_axes(values: Tensor, axes: list[int], x: Tensor) -> Tensor:
    """`values`, which have the shape of the `axes` of x, with length 1 along the others."""
    return values.reshape([x.shape[axis] if axis in axes else 1 for axis in range(x.dim())])


@operator("layer_norm")
def layer_norm(
    x: Tensor,
    axes: Ints | None = None,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: float = 1e-5,
) -> Tensor:
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, the moments over `axes` (Ba et al. 2016)."""
    rank = x.dim()
    over = sorted(axis % rank for axis in axes) if axes is not None else list(range(rank))
    if over == list(range(rank - len(over), rank)):
        return F.layer_norm(x, x.shape[over[0] :], gamma, beta, epsilon)
    variance, mean = torch.var_mean(x, over, correction=0, keepdim=True)
    normalised = (x - mean) * torch.rsqrt(variance + epsilon)
    if gamma is not None:
        normalised = normalised * _on_axes(gamma, over, x)
    return normalised if beta is None else normalised + _on_axes(beta, over, x)


@operator("batch_norm")
def batch_norm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: float = 1e-5,
) -> Tensor:
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, all given per channel (axis 1)."""
    return F.batch_norm(x, mean, variance, gamma, beta, eps=epsilon)


@operator("instance_norm")
def instance_norm(x: Tensor, gamma: Tensor | None = None, beta: Tensor | None = None, epsilon: float = 1e-5) -> Tensor:
    """Each channel of each picture normalised over its spatial axes (Ulyanov et al. 2016)."""
    variance, mean = torch.var_mean(x, list(range(2, x.dim())), correction=0, keepdim=True)
    normalised = (x - mean) * torch.rsqrt(variance + epsilon)
    if gamma is not None:
        normalised = normalised * _on_axes(gamma, [1], x)
    return normalised if beta is None else normalised + _on_axes(beta, [1], x)


@operator("l2_norm")
def l2_norm(x: Tensor, epsilon: float = 1e-6) -> Tensor:
    """`x` over the square root of epsilon and the sum of squares over the last three axes."""
    return x / torch.sqrt(x.square().sum((-3, -2, -1), keepdim=True) + epsilon)


@operator("local_response_norm")
def local_response_norm(x: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """`x / (k + alpha / size * s) ** beta`, s being the sum of squares over `size` neighbouring channels."""
    return F.local_response_norm(x, size, alpha, beta, k)
