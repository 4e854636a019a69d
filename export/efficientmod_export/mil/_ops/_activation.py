"""Activations. Formulas: Core ML's MIL operator reference, "activation"."""

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._registry import operator

_SIGMOID_GELU_SLOPE = 1.702


def _per_channel(values: Tensor, rank: int) -> Tensor:
    """(C,) as (C, 1, ..., 1), to broadcast along the channels of (N, C, ...)."""
    return values.reshape(-1, *[1] * (rank - 2))


@operator("clamped_relu")
def clamped_relu(x: Tensor, alpha: float, beta: float) -> Tensor:
    """`min(x, beta)` where x >= 0, else `min(alpha * x, beta)`."""
    return torch.where(x >= 0, x, alpha * x).clamp(max=beta)


@operator("elu")
def elu(x: Tensor, alpha: float) -> Tensor:
    """`x` where x >= 0, else alpha * (exp(x) - 1)."""
    return F.elu(x, alpha)


@operator("gelu")
def gelu(x: Tensor, mode: str = "EXACT") -> Tensor:
    """`x * P(X <= x)` for a standard normal X, exactly or by one of two approximations (Hendrycks & Gimpel 2016)."""
    if mode == "EXACT":
        return F.gelu(x)
    if mode == "TANH_APPROXIMATION":
        return F.gelu(x, approximate="tanh")
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(_SIGMOID_GELU_SLOPE * x)
    raise ValueError(f"gelu has no mode '{mode}'")


@operator("leaky_relu")
def leaky_relu(x: Tensor, alpha: float) -> Tensor:
    """`x` where x >= 0, else alpha * x."""
    return F.leaky_relu(x, alpha)


@operator("linear_activation")
def linear_activation(x: Tensor, alpha: float, beta: float) -> Tensor:
    """`alpha * x + beta`."""
    return alpha * x + beta


@operator("prelu")
def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    """`x` where x >= 0, else alpha * x with one alpha for each channel (axis 1)."""
    return torch.where(x >= 0, x, _per_channel(alpha, x.dim()) * x)


@operator("relu", moves=True)
def relu(x: Tensor) -> Tensor:
    """max(x, 0)."""
    return F.relu(x)


@operator("relu6", moves=True)
def relu6(x: Tensor) -> Tensor:
    """min(max(x, 0), 6)."""
    return F.relu6(x)


@operator("scaled_tanh")
def scaled_tanh(x: Tensor, alpha: float, beta: float) -> Tensor:
    """`alpha * tanh(beta * x)`."""
    return alpha * torch.tanh(beta * x)


@operator("sigmoid")
def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return torch.sigmoid(x)


@operator("sigmoid_hard")
def sigmoid_hard(x: Tensor, alpha: float, beta: float) -> Tensor:
    """min(max(alpha * x + beta, 0), 1)."""
    return (alpha * x + beta).clamp(0, 1)


@operator("silu")
def silu(x: Tensor) -> Tensor:
    """`x * sigmoid(x)`."""
    return F.silu(x)


@operator("softmax")
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """exp(x) over its sum along `axis`."""
    return torch.softmax(x, axis)


@operator("softplus")
def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x))."""
    return torch.logaddexp(x, torch.zeros((), dtype=x.dtype))


@operator("softplus_parametric")
def softplus_parametric(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """`alpha * log(1 + exp(beta * x))`, one alpha and beta for each channel (axis 1)."""
    rank = x.dim()
    return _per_channel(alpha, rank) * softplus(_per_channel(beta, rank) * x)


@operator("softsign")
def softsign(x: Tensor) -> Tensor:
    """`x / (1 + |x|)`."""
    return F.softsign(x)


@operator("thresholded_relu", moves=True)
def thresholded_relu(x: Tensor, alpha: float) -> Tensor:
    """`x` where x >= alpha, else 0."""
    return torch.where(x >= alpha, x, torch.zeros((), dtype=x.dtype))


@operator("erf")
def erf(x: Tensor) -> Tensor:
    """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
    return torch.erf(x)
