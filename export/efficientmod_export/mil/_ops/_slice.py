"""Slices of tensors."""

from torch import Tensor

from efficientmod_export.mil._registry import Bools, Ints, operator


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
            # PyTorch has no negative strides: slice forwards, then flip.
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


@operator("crop", moves=True)
def crop(x: Tensor, crop_height: Ints, crop_width: Ints) -> Tensor:
    """The last two axes without the given numbers of elements at their start and end."""
    height, width = x.shape[-2:]
    return x[..., crop_height[0] : height - crop_height[1], crop_width[0] : width - crop_width[1]]
