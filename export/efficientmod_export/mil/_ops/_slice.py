"""Cutting pieces out of tensors, and writing them back."""

import torch
from torch import Tensor

from efficientmod_export.mil._registry import Bools, Ints, operator


def _indices(
    shape: torch.Size, begin: Ints, end: Ints, stride: Ints | None, begin_mask: Bools | None, end_mask: Bools | None
) -> list[Tensor]:
    indices = []
    for axis, length in enumerate(shape):
        first = None if begin_mask and begin_mask[axis] else begin[axis]
        last = None if end_mask and end_mask[axis] else end[axis]
        step = stride[axis] if stride else 1
        indices.append(torch.tensor(range(length)[slice(first, last, step)], dtype=torch.int64))
    return indices


def _squeezed(shape: torch.Size, begin: Ints, end: Ints, squeeze_mask: Bools | None) -> Ints:
    """`end`, moved to one past `begin` where the axis is squeezed: there only that element counts."""
    if squeeze_mask is None:
        return end
    return tuple(
        (first % length) + 1 if gone else last
        for first, last, length, gone in zip(begin, end, shape, squeeze_mask, strict=True)
    )


@operator("slice_by_index", moves=True)
def slice_by_index(
    x: Tensor,
    begin: Ints,
    end: Ints,
    stride: Ints | None = None,
    begin_mask: Bools | None = None,
    end_mask: Bools | None = None,
    squeeze_mask: Bools | None = None,
) -> Tensor:
    """x[begin:end:stride] on each axis, as Python slices; a masked bound is open, a squeezed axis is x[begin]."""
    pieces: list[slice | int] = []
    reversed_axes = []
    for axis, length in enumerate(x.shape):
        if squeeze_mask and squeeze_mask[axis]:
            pieces.append(0 if begin_mask and begin_mask[axis] else begin[axis])
            continue
        first = None if begin_mask and begin_mask[axis] else begin[axis]
        last = None if end_mask and end_mask[axis] else end[axis]
        picked = range(length)[slice(first, last, stride[axis] if stride else 1)]
        if picked.step < 0:
            # PyTorch has no negative strides: cut forwards, then turn.
            reversed_axes.append(axis - sum(isinstance(piece, int) for piece in pieces))
            picked = picked[::-1]
        pieces.append(slice(picked.start, picked.stop, picked.step))
    cut = x[tuple(pieces)]
    return cut.flip(reversed_axes) if reversed_axes else cut


@operator("slice_by_size", moves=True)
def slice_by_size(x: Tensor, begin: Ints, size: Ints) -> Tensor:
    """`size` elements from `begin` on along each axis; -1 takes the rest."""
    pieces = []
    for first, length, whole in zip(begin, size, x.shape, strict=True):
        start = first % whole if whole else 0
        pieces.append(slice(start, whole if length == -1 else start + length))
    return x[tuple(pieces)]


@operator("slice_update", since=18, moves=True)
def slice_update(
    x: Tensor,
    update: Tensor,
    begin: Ints,
    end: Ints,
    stride: Ints | None = None,
    begin_mask: Bools | None = None,
    end_mask: Bools | None = None,
    squeeze_mask: Bools | None = None,
) -> Tensor:
    """`x` with the piece that `slice_by_index` would give replaced by `update`."""
    stop = _squeezed(x.shape, begin, end, squeeze_mask)
    indices = _indices(x.shape, begin, stop, stride, begin_mask, end_mask)
    result = x.clone()
    result[torch.meshgrid(*indices, indexing="ij")] = update.reshape([len(index) for index in indices])
    return result


@operator("crop", moves=True)
def crop(x: Tensor, crop_height: Ints, crop_width: Ints) -> Tensor:
    """The last two axes without so many lines at their beginning and end."""
    height, width = x.shape[-2:]
    return x[..., crop_height[0] : height - crop_height[1], crop_width[0] : width - crop_width[1]]
