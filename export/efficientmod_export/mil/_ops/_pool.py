"""Pooling over one to three spatial axes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._registry import Ints, operator
from efficientmod_export.mil._window_padding import Pads, pad_spatial, window_pads

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def _with_ceil(pads: Pads, size: Ints, kernel: Ints, strides: Ints, ceil_mode: bool) -> Pads:
    """The padding, increased after each axis where `ceil_mode` adds a window that begins inside x or its padding."""
    if not ceil_mode:
        return pads
    longer = []
    for (before, after), length, width, stride in zip(pads, size, kernel, strides, strict=True):
        padded = length + before + after
        windows = -(-(padded - width) // stride) + 1
        if (windows - 1) * stride >= length + before:
            windows -= 1
        longer.append((before, after + max(0, (windows - 1) * stride + width - padded)))
    return longer


def _pads(
    x: Tensor, kernel: Ints, strides: Ints | None, pad_type: str, pad: Ints | None, ceil_mode: bool
) -> tuple[Pads, Pads, Ints]:
    """The stated padding, the padding with that of `ceil_mode`, and the strides."""
    size = tuple(x.shape[2:])
    steps = strides or (1,) * len(size)
    pads = window_pads(pad_type, pad, size, kernel, steps)
    return pads, _with_ceil(pads, size, kernel, steps, ceil_mode), steps


@operator("max_pool", moves=True)
def max_pool(
    x: Tensor,
    kernel_sizes: Ints,
    pad_type: str,
    strides: Ints | None = None,
    pad: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Largest value of each window; padding counts as minus infinity."""
    _, pads, steps = _pads(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    return _MAX[x.dim() - 2](pad_spatial(x, pads, -math.inf), kernel_sizes, steps)


@operator("avg_pool")
def avg_pool(
    x: Tensor,
    kernel_sizes: Ints,
    pad_type: str,
    strides: Ints | None = None,
    pad: Ints | None = None,
    exclude_padding_from_average: bool = False,
    ceil_mode: bool = False,
) -> Tensor:
    """Mean of each window. Padding counts as zeros unless excluded; that of `ceil_mode` never counts."""
    asked, pads, steps = _pads(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    pool = _AVERAGE[x.dim() - 2]
    means = pool(pad_spatial(x, pads, 0.0), kernel_sizes, steps)
    if pads == asked and not (exclude_padding_from_average and any(map(any, pads))):
        return means
    counted = torch.ones((1, 1, *x.shape[2:]))
    if not exclude_padding_from_average:
        counted = pad_spatial(counted, asked, 1.0)
        pads = [(0, full - ask) for (_, full), (_, ask) in zip(pads, asked, strict=True)]
    return means / pool(pad_spatial(counted, pads, 0.0), kernel_sizes, steps)


@operator("l2_pool")
def l2_pool(
    x: Tensor,
    kernel_sizes: Ints,
    pad_type: str,
    strides: Ints | None = None,
    pad: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Square root of the sum of squares of each window."""
    _, pads, steps = _pads(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    means = _AVERAGE[x.dim() - 2](pad_spatial(x, pads, 0.0).square(), kernel_sizes, steps)
    return torch.sqrt(means * math.prod(kernel_sizes))
