"""Rounding a weight matrix to a grid of 255 steps in each row, or to some points of it, with the error of the layer's
outputs in view.

A row w is replaced by s q with q in {-127, ..., 127} and s = max |w| / 127. Rounding to the nearest q minimises the
error of the weights. The error of the outputs W x is what counts:

    E |(W - S Q) x|^2 = trace((W - S Q) H (W - S Q)^T)          H = E[x x^T]

GPTQ (Frantar et al., ICLR 2023, arXiv:2210.17323) rounds column after column, and after each one moves the columns that
are still to be rounded by what compensates best for its error: with U^T U = H^-1, U upper triangular,

    w_j' = w_j - e_i U_ij / U_ii          e_i = w_i - s q_i,  j > i
"""

from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 127
"""The largest |q|."""

_DAMPING = 1e-2
"""Of the mean of H's diagonal, added to it, as the paper does: calibration pictures do not span all directions."""

_BLOCK = 128
"""Columns whose compensation is applied together to those behind them."""

_BINS, _ROUNDS = 8, 30
"""Of the histogram of a palette's weights, in a step; of k-means."""


def row_scales(weight: Tensor, steps: int = STEPS) -> Tensor:
    """The step of each row's grid, (rows,): max |w| / steps; 1 for a row of zeros."""
    largest = weight.flatten(1).abs().amax(1)
    return torch.where(largest > 0, largest / steps, torch.ones_like(largest))


def to_nearest(weight: Tensor, steps: int = STEPS) -> Tensor:
    """The weights (rows, ...) rounded to the nearest point of each row's grid of so many steps on either side of 0."""
    scale = row_scales(weight, steps).reshape(-1, *(1,) * (weight.ndim - 1))
    return torch.round(weight / scale).clamp(-steps, steps) * scale


def to_least_output_error(weight: Tensor, moments: Tensor, colours: int | None = None) -> Tensor:
    """The weights (rows, columns) rounded by GPTQ; `moments` is H (columns, columns). Both and the result are float64.

    With `colours` all rows together use at most this many points of their grids, a palette. The largest weight of each
    row stays what it is, so that the grid can be read from the result.
    """
    scale = row_scales(weight)
    nearest = _nearest_step if colours is None else _Nearest(palette(weight, scale, moments.diagonal(), colours))
    moments, live = moments.clone(), moments.diagonal() > 0
    moments.diagonal()[~live] = 1.0
    moments.diagonal().add_(_DAMPING * moments.diagonal().mean())
    order = torch.argsort(moments.diagonal(), descending=True)  # the columns that matter most have the most to adapt
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(moments[order][:, order])), upper=True)
    levels = torch.empty_like(weight)
    levels[:, order] = _levels(weight[:, order].clone(), scale, factor, nearest)
    largest = weight.abs().argmax(1, keepdim=True)
    levels.scatter_(1, largest, torch.round(weight.gather(1, largest) / scale[:, None]))
    return levels * scale[:, None]


def _nearest_step(steps: Tensor) -> Tensor:
    return torch.round(steps).clamp(-STEPS, STEPS)


class _Nearest:
    """The nearest level of a palette."""

    def __init__(self, levels: Tensor) -> None:
        self._levels, self._middles = levels, (levels[1:] + levels[:-1]) / 2

    def __call__(self, steps: Tensor) -> Tensor:
        return self._levels[torch.bucketize(steps, self._middles)]


def palette(weight: Tensor, scale: Tensor, importance: Tensor, colours: int) -> Tensor:
    """At most this many levels, ascending: whole numbers with -127, 0 and 127 among them.

    They are the means of k-means over all weights in steps of their rows, each weighted with what its rounding adds to
    the error of the outputs, s^2 H_jj; found on a histogram, from the levels between which lies an equal share of the
    third root of its density, as is optimal for many levels (Panter and Dite, 1951).
    """
    steps = (weight / scale[:, None]).flatten()
    share = (scale[:, None].square() * importance.clamp(min=1e-12)).flatten()
    bins = STEPS * 2 * _BINS + 1
    places = ((steps + STEPS) * _BINS).round().long().clamp(0, bins - 1)
    mass = torch.zeros(bins, dtype=torch.float64).index_add_(0, places, share.double()) + 1e-12 * share.sum().double()
    middles = torch.arange(bins, dtype=torch.float64) / _BINS - STEPS
    density = mass.pow(1 / 3).cumsum(0)
    shares = (torch.arange(colours, dtype=torch.float64) + 0.5) / colours * density[-1]
    levels = middles[torch.searchsorted(density, shares).clamp(max=bins - 1)]
    for _ in range(_ROUNDS):
        nearest = torch.bucketize(middles, (levels[1:] + levels[:-1]) / 2)
        total = torch.zeros(colours, dtype=torch.float64).index_add_(0, nearest, mass)
        means = torch.zeros(colours, dtype=torch.float64).index_add_(0, nearest, mass * middles) / total.clamp(
            min=1e-300
        )
        levels = torch.where(total > 0, means, levels).sort().values
    levels = levels.round()
    for fixed in (-STEPS, 0, STEPS):
        levels[(levels - fixed).abs().argmin()] = fixed
    distinct: Tensor = torch.unique(levels)
    return distinct.to(weight.dtype)


def _levels(weight: Tensor, scale: Tensor, factor: Tensor, nearest: Callable[[Tensor], Tensor]) -> Tensor:
    """q for every weight; `weight` is overwritten."""
    levels = torch.empty_like(weight)
    columns = weight.shape[1]
    for begin in range(0, columns, _BLOCK):
        end = min(begin + _BLOCK, columns)
        errors = torch.empty(len(weight), end - begin, dtype=weight.dtype)
        for column in range(begin, end):
            levels[:, column] = nearest(weight[:, column] / scale)
            error = (weight[:, column] - levels[:, column] * scale) / factor[column, column]
            weight[:, column:end].addr_(error, factor[column, column:end], alpha=-1.0)
            errors[:, column - begin] = error
        weight[:, end:] -= errors @ factor[begin:end, end:]
    return levels
