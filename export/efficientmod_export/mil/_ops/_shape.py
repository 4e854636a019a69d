"""Reshapes and transposes; tensors filled, joined, split and repeated."""

import math

import torch
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import Ints, Tensors, operator


def _fill_zeros(shape: Ints, source: tuple[int, ...]) -> list[int]:
    """`shape` with each 0 replaced by the length of x at the same distance from the last axis."""
    aligned = (1,) * (len(shape) - len(source)) + source[max(0, len(source) - len(shape)) :]
    return [have if want == 0 else want for want, have in zip(shape, aligned, strict=True)]


@operator("reshape", moves=True)
def reshape(x: Tensor, shape: Ints) -> Tensor:
    """`x` in another shape: -1 follows from the other lengths, 0 keeps a length and needs a shape of the rank of x."""
    if x.numel() and 0 in shape and len(shape) != x.dim():
        raise ValueError(f"a 0 in a shape of {len(shape)} axes needs an input of as many axes, not {x.dim()}")
    return reshape_aligned(x, shape)


@operator("reshape", since=17, moves=True)
def reshape_aligned(x: Tensor, shape: Ints) -> Tensor:
    """As in iOS 15; a 0 keeps the length of the axis at the same distance from the last, or is 1 if there is none."""
    return x.reshape(_fill_zeros(shape, tuple(x.shape)) if x.numel() else list(shape))


@operator("reshape_like", since=16, moves=True)
def reshape_like(x: Tensor, ref_tensors: Tensors, begins: Tensors, ends: Tensors, end_masks: Tensors) -> Tensor:
    """`x` with the concatenated slices of the references' shapes as its shape."""
    shape: list[int] = []
    for reference, begin, end, masked in zip(ref_tensors, begins, ends, end_masks, strict=True):
        shape.extend(reference.shape[int(begin) : None if bool(masked) else int(end)])
    return x.reshape(shape)


@operator("transpose", moves=True)
def transpose(x: Tensor, perm: Ints) -> Tensor:
    """Axis i of the result is axis perm[i] of x."""
    return x.permute(perm)


@operator("expand_dims", moves=True)
def expand_dims(x: Tensor, axes: Ints) -> Tensor:
    """`x` with an axis of length 1 at each of `axes`, counted in the result."""
    rank = x.dim() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x


@operator("squeeze", moves=True)
def squeeze(x: Tensor, axes: Ints | None = None) -> Tensor:
    """`x` without its axes of length 1, or without those in `axes`."""
    return x.squeeze() if axes is None else x.squeeze(axes)


@operator("flatten2d", moves=True)
def flatten2d(x: Tensor, axis: int = 1) -> Tensor:
    """`x` as a matrix: the axes before `axis`, and those from it on."""
    rows = 1
    for length in x.shape[:axis]:
        rows *= length
    return x.reshape(rows, -1)


@operator("shape", moves=True)
def shape_of(x: Tensor) -> Tensor:
    """The shape of x, int32."""
    return torch.tensor(x.shape, dtype=torch.int32)


@operator("identity", moves=True)
def identity(x: Tensor) -> Tensor:
    """`x` itself."""
    return x


@operator("concat", moves=True)
def concat(values: Tensors, axis: int, interleave: bool = False) -> Tensor:
    """The tensors joined along `axis`, or interleaved element by element; scalars count as vectors of one."""
    parts = [value.reshape(-1) if value.dim() == 0 else value for value in values]
    if not interleave:
        return torch.cat(parts, axis)
    at = axis % parts[0].dim()
    return torch.stack(parts, at + 1).flatten(at, at + 1)


@operator("stack", moves=True)
def stack(values: Tensors, axis: int) -> Tensor:
    """The tensors along a new axis."""
    return torch.stack(values, axis)


@operator("split", moves=True)
def split(x: Tensor, axis: int, num_splits: int | None = None, split_sizes: Ints | None = None) -> Tensors:
    """`x` cut along `axis`, into equal parts or into parts of the given lengths."""
    if split_sizes is not None:
        return torch.split(x, list(split_sizes), axis)
    if num_splits is None or x.shape[axis] % num_splits:
        raise ValueError(f"{x.shape[axis]} cannot be split into {num_splits} equal parts")
    return torch.split(x, x.shape[axis] // num_splits, axis)


@operator("tile", moves=True)
def tile(x: Tensor, reps: Ints) -> Tensor:
    """`x` repeated along each axis, as a whole."""
    check_size([length * count for length, count in zip(x.shape, reps, strict=True)])
    return torch.tile(x, reps)


@operator("fill", moves=True)
def fill(shape: Ints, value: Tensor | None = None) -> Tensor:
    """A tensor of one value, by default 0.0."""
    check_size(shape)
    held = torch.zeros(()) if value is None else value.reshape(())
    return held.expand(shape).clone()


@operator("fill_like", since=16, moves=True)
def fill_like(ref_tensor: Tensor, value: Tensor | None = None) -> Tensor:
    """A tensor of one value with the shape of another."""
    return fill(tuple(ref_tensor.shape), value)


@operator("range_1d")
def range_1d(end: Tensor, start: Tensor, step: Tensor) -> Tensor:
    """start, start + step, ... up to but without end."""
    check_size([max(0, math.ceil((end.item() - start.item()) / step.item()))])
    values: Tensor = torch.arange(start.item(), end.item(), step.item(), dtype=start.dtype)
    return values


@operator("reverse", moves=True)
def reverse(x: Tensor, axes: Ints | None = None) -> Tensor:
    """`x` read backwards along `axes`, by default all."""
    return x.flip(axes if axes is not None else tuple(range(x.dim())))


@operator("sliding_windows", moves=True)
def sliding_windows(x: Tensor, axis: int, size: int, stride: int = 1) -> Tensor:
    """Windows of `size` along `axis`: (..., windows, size, ...)."""
    at = axis % x.dim()
    check_size((*x.shape[:at], *x.shape[at + 1 :], size, (x.shape[at] - size) // stride + 1))
    return x.unfold(at, size, stride).movedim(-1, at + 1)


@operator("band_part", moves=True)
def band_part(x: Tensor, lower: int = -1, upper: int = -1) -> Tensor:
    """The matrices of the last two axes, 0 outside the band; a negative width keeps that whole triangle."""
    kept = x if lower < 0 else x.triu(-lower)
    return kept if upper < 0 else kept.tril(upper)
