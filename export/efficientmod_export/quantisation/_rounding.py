"""Rounding a weight matrix to a grid of 255 steps in each row, with the error of the layer's outputs in view.

A row w is replaced by s q with q in {-127, ..., 127} and s = max |w| / 127. Rounding to the nearest q minimises the
error of the weights. The error of the outputs W x is what counts:

    E |(W - S Q) x|^2 = trace((W - S Q) H (W - S Q)^T)          H = E[x x^T]

GPTQ (Frantar et al., ICLR 2023, arXiv:2210.17323) rounds column after column, and after each one moves the columns that
are still to be rounded by what compensates best for its error: with U^T U = H^-1, U upper triangular,

    w_j' = w_j - e_i U_ij / U_ii          e_i = w_i - s q_i,  j > i
"""

import torch
from torch import Tensor

STEPS = 127
"""The largest |q|."""

_DAMPING = 1e-2
"""Of the mean of H's diagonal, added to it, as the paper does: calibration pictures do not span all directions."""

_BLOCK = 128
"""Columns whose compensation is applied together to those behind them."""


def row_scales(weight: Tensor) -> Tensor:
    """The step of each row's grid, (rows,): max |w| / 127; 1 for a row of zeros."""
    largest = weight.flatten(1).abs().amax(1)
    return torch.where(largest > 0, largest / STEPS, torch.ones_like(largest))


def to_nearest(weight: Tensor) -> Tensor:
    """The weights (rows, ...) rounded to the nearest point of each row's grid."""
    scale = row_scales(weight).reshape(-1, *(1,) * (weight.ndim - 1))
    return torch.round(weight / scale).clamp(-STEPS, STEPS) * scale


def to_least_output_error(weight: Tensor, moments: Tensor) -> Tensor:
    """The weights (rows, columns) rounded by GPTQ; `moments` is H (columns, columns). Both and the result are float64.

    The largest weight of each row stays what it is, so that the grid can be read from the result.
    """
    scale = row_scales(weight)
    moments, live = moments.clone(), moments.diagonal() > 0
    moments.diagonal()[~live] = 1.0
    moments.diagonal().add_(_DAMPING * moments.diagonal().mean())
    order = torch.argsort(moments.diagonal(), descending=True)  # the columns that matter most have the most to adapt
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(moments[order][:, order])), upper=True)
    levels = torch.empty_like(weight)
    levels[:, order] = _levels(weight[:, order].clone(), scale, factor)
    largest = weight.abs().argmax(1, keepdim=True)
    levels.scatter_(1, largest, torch.round(weight.gather(1, largest) / scale[:, None]))
    return levels * scale[:, None]


def _levels(weight: Tensor, scale: Tensor, factor: Tensor) -> Tensor:
    """q for every weight; `weight` is overwritten."""
    levels = torch.empty_like(weight)
    columns = weight.shape[1]
    for begin in range(0, columns, _BLOCK):
        end = min(begin + _BLOCK, columns)
        errors = torch.empty(len(weight), end - begin, dtype=weight.dtype)
        for column in range(begin, end):
            levels[:, column] = torch.round(weight[:, column] / scale).clamp(-STEPS, STEPS)
            error = (weight[:, column] - levels[:, column] * scale) / factor[column, column]
            weight[:, column:end].addr_(error, factor[column, column:end], alpha=-1.0)
            errors[:, column - begin] = error
        weight[:, end:] -= errors @ factor[begin:end, end:]
    return levels
