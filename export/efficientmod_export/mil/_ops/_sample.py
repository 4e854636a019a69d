"""Sampling pictures at coordinates: boxes, affine maps and arbitrary points. Pictures are (N, C, H, W)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import operator
from efficientmod_export.mil._sampling_modes import interpolate, sample_points, taps

_REFLECT_EDGE = {"reflection": 0.0, "symmetric": 0.5}
_AFFINE = {
    "sampling_mode": "bilinear",
    "padding_mode": "constant",
    "padding_value": 0.0,
    "coordinates_mode": "normalized_minus_one_to_one",
    "align_corners": True,
}


def _corners(box: Tensor, mode: str) -> Tensor:
    """(4,) in any of the box conventions as top, left, bottom, right."""
    first, second, third, fourth = box.to(torch.float64).unbind()
    if mode.endswith("WIDTH_FIRST"):
        first, second, third, fourth = second, first, fourth, third
    if mode.startswith("CENTER_SIZE"):
        first, third = first - third / 2, first + third / 2
        second, fourth = second - fourth / 2, second + fourth / 2
    elif not mode.startswith("CORNERS"):
        raise ValueError(f"there is no box convention '{mode}'")
    return torch.stack([first, second, third, fourth])


def _crop(x: Tensor, box: Tensor, size: tuple[int, int], mode: str, pad_value: float) -> Tensor:
    """`x` (..., H, W) inside the box (top, left, bottom, right in pixels), at another size."""
    check_size((*x.shape[:-2], *size))
    outside = torch.zeros(size, dtype=torch.bool)
    for axis, (start, end, count) in enumerate(zip(box[:2], box[2:], size, strict=True), start=-2):
        length = x.shape[axis]
        points = start + sample_points(mode, end - start + 1, count)
        missed = (points < 0) | (points > length - 1)
        outside = outside | (missed if axis == -1 else missed.unsqueeze(-1))
        x = interpolate(x, axis, taps(points, length))
    return x.masked_fill(outside, pad_value)


def _scale(x: Tensor, normalized: bool, spatial_scale: float) -> Tensor:
    height, width = x.shape[-2:]
    unit = torch.tensor([height - 1, width - 1, height - 1, width - 1]) if normalized else torch.ones(4)
    return unit.to(torch.float64) * spatial_scale


@operator("crop_resize", since=16)
def crop_resize(
    x: Tensor,
    roi: Tensor,
    target_height: int = 1,
    target_width: int = 1,
    normalized_coordinates: bool = False,
    spatial_scale: float = 1.0,
    box_coordinate_mode: str = "CORNERS_HEIGHT_FIRST",
    sampling_mode: str = "DEFAULT",
    pad_value: float = 0.0,
) -> Tensor:
    """Each box (N, 1, 4, 1, 1) of every picture at one size: (N, B, C, height, width)."""
    boxes = roi.reshape(roi.shape[0], -1)
    if boxes.shape[1] != 4:
        raise ValueError("crop_resize with picture indices among the boxes is not defined for this output shape")
    scale = _scale(x, normalized_coordinates, spatial_scale)
    size = (target_height, target_width)
    crops = [_crop(x, _corners(box, box_coordinate_mode) * scale, size, sampling_mode, pad_value) for box in boxes]
    return torch.stack(crops)


@operator("crop_resize")
def crop_resize_unpadded(
    x: Tensor,
    roi: Tensor,
    target_height: int = 1,
    target_width: int = 1,
    normalized_coordinates: bool = False,
    spatial_scale: float = 1.0,
    box_coordinate_mode: str = "CORNERS_HEIGHT_FIRST",
    sampling_mode: str = "DEFAULT",
) -> Tensor:
    """As in iOS 16, with zeros outside the picture."""
    mode, coordinates = sampling_mode, box_coordinate_mode
    return crop_resize(x, roi, target_height, target_width, normalized_coordinates, spatial_scale, coordinates, mode)


@operator("crop_resize", since=17)
def crop_resize_indexed(
    x: Tensor,
    boxes: Tensor,
    box_indices: Tensor | None = None,
    target_height: int = 1,
    target_width: int = 1,
    normalized_coordinates: bool = False,
    spatial_scale: float = 1.0,
    box_coordinate_mode: str = "CORNERS_HEIGHT_FIRST",
    sampling_mode: str = "DEFAULT",
    pad_value: float = 0.0,
) -> Tensor:
    """Each box (N, 4) of the picture that its index names, at one size: (N, C, height, width)."""
    pictures = range(len(boxes)) if box_indices is None else box_indices.tolist()
    scale = _scale(x, normalized_coordinates, spatial_scale)
    size = (target_height, target_width)
    crops = [
        _crop(x[picture], _corners(box, box_coordinate_mode) * scale, size, sampling_mode, pad_value)
        for picture, box in zip(pictures, boxes, strict=True)
    ]
    return torch.stack(crops)


def _pixels(coordinates: Tensor, length: int, mode: str, align_corners: bool) -> Tensor:
    points = coordinates.to(torch.float64)
    if mode == "unnormalized":
        return points
    if mode == "normalized_minus_one_to_one":
        points = (points + 1) / 2
    elif mode != "normalized_zero_to_one":
        raise ValueError(f"there is no coordinate mode '{mode}'")
    return points * (length - 1) if align_corners else points * length - 0.5


def _reflected(points: Tensor, length: int, edge: float) -> Tensor:
    """Points mirrored into the picture; `edge` 0.5 repeats the border pixel, 0 does not."""
    span = length - 1 + 2 * edge
    turned = (points + edge).remainder(2 * span) if span else torch.zeros_like(points)
    return torch.where(turned > span, 2 * span - turned, turned) - edge


def _sampled(
    x: Tensor, across: Tensor, down: Tensor, sampling_mode: str, padding_mode: str, padding_value: float
) -> Tensor:
    height, width = x.shape[-2:]
    if padding_mode in _REFLECT_EDGE:
        across = _reflected(across, width, _REFLECT_EDGE[padding_mode])
        down = _reflected(down, height, _REFLECT_EDGE[padding_mode])
    elif padding_mode not in {"border", "constant"}:
        raise ValueError(f"there is no padding mode '{padding_mode}'")
    outside, beside = ("zeros", "constant") if padding_mode == "constant" else ("border", "replicate")
    shift = padding_value if padding_mode == "constant" else 0.0
    # grid_sample multiplies by length - 1, so along an axis of one pixel no coordinate would be outside the picture:
    # the axis gets a second pixel, with the values outside.
    picture = F.pad(x - shift, (0, int(width == 1), 0, int(height == 1)), beside)
    grid = torch.stack([across * 2 / max(width - 1, 1) - 1, down * 2 / max(height - 1, 1) - 1], -1).to(x.dtype)
    return F.grid_sample(picture, grid, sampling_mode, outside, align_corners=True) + shift


@operator("resample")
def resample(
    x: Tensor,
    coordinates: Tensor,
    sampling_mode: str,
    padding_mode: str,
    padding_value: float,
    coordinates_mode: str,
    align_corners: bool,
) -> Tensor:
    """`x` at the coordinates (N, height, width, 2), given as (x, y)."""
    across = _pixels(coordinates[..., 0], x.shape[-1], coordinates_mode, align_corners)
    down = _pixels(coordinates[..., 1], x.shape[-2], coordinates_mode, align_corners)
    return _sampled(x, across, down, sampling_mode, padding_mode, padding_value)


@operator("affine")
def affine(
    x: Tensor,
    transform_matrix: Tensor,
    output_height: int,
    output_width: int,
    sampling_mode: str,
    padding_mode: str,
    padding_value: float,
    coordinates_mode: str,
    align_corners: bool,
) -> Tensor:
    """`x` at the affine map (N or 1, 6) of each target point; both coordinates are from -1 to 1.

    The parameters are those of `resample`, but MIL defines only one value of each.
    """
    given = (sampling_mode, padding_mode, padding_value, coordinates_mode, align_corners)
    for (name, defined), value in zip(_AFFINE.items(), given, strict=True):
        if value != defined:
            raise ValueError(f"affine is not defined for {name} = {value!r}")
    matrix = transform_matrix.reshape(-1, 2, 3).expand(x.shape[0], 2, 3)
    size = [x.shape[0], x.shape[1], output_height, output_width]
    check_size(size)
    grid = F.affine_grid(matrix, size, align_corners=align_corners)
    return resample(x, grid, sampling_mode, padding_mode, padding_value, coordinates_mode, align_corners)
