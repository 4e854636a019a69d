"""Ways of rounding a program's weights that the toolkit does not have, or leaves out steps of its own, to compare with.

Each replaces a function of `efficientmod_export.quantisation`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from efficientmod_export.quantisation import STEPS, row_scales, to_least_output_error, to_nearest

ROOM = "efficientmod_export.quantisation"
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Of a row's largest weight, up to which its grid may reach."""


@contextmanager
def without_views() -> Iterator[None]:
    """Only the pictures themselves."""
    with patch(f"{ROOM}._weights.with_views", list):
        yield


@contextmanager
def without_bias_correction() -> Iterator[None]:
    """Biases stay what they are: the shift is a difference of products with means."""
    with patch(f"{ROOM}._weights._mean", lambda layer, _: torch.zeros(layer.weight[0].numel(), dtype=torch.float64)):
        yield


@contextmanager
def to_the_nearest() -> Iterator[None]:
    """Each weight to its nearest step."""
    with _rounding(lambda weight, *_: to_nearest(weight)):
        yield


@contextmanager
def with_steps_of_least_error() -> Iterator[None]:
    """The grid of a row ends where the mean square error of its weights is least; what is beyond becomes its end."""
    with _rounding(_with_least_steps):
        yield


def _rounding(rounding: Callable[[Tensor, Tensor], Tensor]) -> AbstractContextManager[object]:
    return patch(f"{ROOM}._weights.to_least_output_error", rounding)


def _with_least_steps(weight: Tensor, moments: Tensor, _: int | None = None) -> Tensor:
    scales = _least_steps(weight)
    with patch(f"{ROOM}._rounding.row_scales", lambda _: scales):
        rounded = to_least_output_error(weight, moments)
    ends = STEPS * scales[:, None]
    return torch.maximum(torch.minimum(rounded, ends), -ends)


def _least_steps(weight: Tensor) -> Tensor:
    widest = row_scales(weight)
    errors = torch.stack([_error(weight, share * widest) for share in SHARES])
    return torch.tensor(SHARES, dtype=weight.dtype)[errors.argmin(0)] * widest


def _error(weight: Tensor, scales: Tensor) -> Tensor:
    steps = torch.round(weight / scales[:, None]).clamp(-STEPS, STEPS)
    return (steps * scales[:, None] - weight).square().sum(1)
