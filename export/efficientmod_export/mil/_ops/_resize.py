"""Resizing the last two axes, (..., H, W)."""

import numpy as np
import torch
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import Ints, operator
from efficientmod_export.mil._sampling_modes import interpolate, sample_points, taps


def _bilinear(x: Tensor, size: tuple[int, ...], mode: str) -> Tensor:
    check_size((*x.shape[: -len(size)], *size))
    for axis, count in zip(range(-len(size), 0), size, strict=True):
        length = x.shape[axis]
        x = interpolate(x, axis, taps(sample_points(mode, torch.tensor(length), count), length))
    return x


def _nearest(x: Tensor, size: tuple[int, ...]) -> Tensor:
    check_size((*x.shape[: -len(size)], *size))
    for axis, count in zip(range(-len(size), 0), size, strict=True):
        x = x.index_select(axis, torch.arange(count) * x.shape[axis] // count)
    return x


def _scaled(x: Tensor, height: float, width: float) -> tuple[int, int]:
    """The size after scaling, rounded down in float32 as coremltools declares it."""
    rows, columns = x.shape[-2:]
    return int(np.floor(np.float32(height) * rows)), int(np.floor(np.float32(width) * columns))


@operator("resize_bilinear")
def resize_bilinear(
    x: Tensor, target_size_height: int = 1, target_size_width: int = 1, sampling_mode: str = "DEFAULT"
) -> Tensor:
    """`x` at a target size, interpolated; the mode determines where the first and last pixels are sampled."""
    return _bilinear(x, (target_size_height, target_size_width), sampling_mode)


@operator("resize_nearest_neighbor", moves=True)
def resize_nearest_neighbor(x: Tensor, target_size_height: int, target_size_width: int) -> Tensor:
    """`x` at a target size; pixel i is pixel floor(i * source / target)."""
    return _nearest(x, (target_size_height, target_size_width))


@operator("upsample_bilinear")
def upsample_bilinear(
    x: Tensor, scale_factor_height: float = 1.0, scale_factor_width: float = 1.0, align_corners: bool = True
) -> Tensor:
    """`x` scaled and interpolated; without `align_corners` pixel centres are at half a pixel."""
    mode = "STRICT_ALIGN_CORNERS" if align_corners else "UNALIGN_CORNERS"
    return _bilinear(x, _scaled(x, scale_factor_height, scale_factor_width), mode)


@operator("upsample_bilinear", since=16)
def upsample_bilinear_centred(
    x: Tensor,
    scale_factor_height: float = 1.0,
    scale_factor_width: float = 1.0,
    align_corners: bool = True,
    half_pixel_centers: bool | None = None,
) -> Tensor:
    """As in iOS 15; `half_pixel_centers` is by default the opposite of `align_corners`."""
    centred = not align_corners if half_pixel_centers is None else half_pixel_centers
    if align_corners and centred:
        raise ValueError("upsample_bilinear cannot align corners and use half pixel centres")
    if align_corners or centred:
        return upsample_bilinear(x, scale_factor_height, scale_factor_width, align_corners)
    return _bilinear(x, _scaled(x, scale_factor_height, scale_factor_width), "DEFAULT")


@operator("upsample_nearest_neighbor", moves=True)
def upsample_nearest_neighbor(x: Tensor, scale_factor_height: float = 1.0, scale_factor_width: float = 1.0) -> Tensor:
    """`x` scaled to floor(scale * length); pixel i is pixel floor(i * source / target), as in the resize by size.

    So a factor for which scale * length is not an integer is replaced by target / source, PyTorch's
    `recompute_scale_factor`; without it PyTorch reads pixel floor(i / scale), which differs for a few i. MIL's
    reference documents this for `upsample_bilinear`, and nothing here. coremltools writes a resize to a size with the
    scale (target + 1e-4) / source, for which only this formula gives PyTorch's pixels.
    """
    return _nearest(x, _scaled(x, scale_factor_height, scale_factor_width))


@operator("resize", since=17)
def resize(
    x: Tensor,
    shape: Ints,
    resized_dims: int,
    interpolation_mode: str = "LINEAR",
    sampling_mode: str = "DEFAULT",
) -> Tensor:
    """The last `resized_dims` axes at the lengths that `shape` ends with; 0 keeps a length."""
    wanted = shape[len(shape) - resized_dims :]
    size = tuple(want or have for want, have in zip(wanted, x.shape[-resized_dims:], strict=True))
    if interpolation_mode == "LINEAR":
        return _bilinear(x, size, sampling_mode)
    if interpolation_mode == "NEAREST_NEIGHBOR" and sampling_mode == "DEFAULT":
        return _nearest(x, size)
    raise ValueError(f"resize has no defined mode {interpolation_mode} with {sampling_mode}")
