"""Selecting elements by index.

Negative indices count from the end up to iOS 16. From iOS 17 on they are out of bounds, except in `gather`.
"""

import torch
from torch import Tensor

from efficientmod_export.mil._registry import operator


def _wrapped(indices: Tensor, length: int) -> Tensor:
    wide = indices.to(torch.int64)
    return torch.where(wide < 0, wide + length, wide)


def not_negative(indices: Tensor) -> Tensor:
    """`indices`, none of them negative; PyTorch itself reports those beyond the end of an axis."""
    if (indices < 0).any():
        raise IndexError(f"the index {int(indices.min())} is out of bounds: from iOS 17 on none may be negative")
    return indices


def _per_batch(x: Tensor, indices: Tensor, batch_dims: int) -> list[tuple[Tensor, Tensor]]:
    flat_x, flat_indices = x.flatten(0, batch_dims - 1), indices.flatten(0, batch_dims - 1)
    return list(zip(flat_x.unbind(0), flat_indices.unbind(0), strict=True))


def _stacked(parts: list[Tensor], x: Tensor, batch_dims: int) -> Tensor:
    return torch.stack(parts).reshape([*x.shape[:batch_dims], *parts[0].shape])


def take(x: Tensor, indices: Tensor, axis: int, batch_dims: int) -> Tensor:
    """`x` at `indices` along `axis`; the leading `batch_dims` axes of both go together."""
    at = axis % x.dim()
    if batch_dims:
        parts = [take(part, index, at - batch_dims, 0) for part, index in _per_batch(x, indices, batch_dims)]
        return _stacked(parts, x, batch_dims)
    picked = x.index_select(at, _wrapped(indices, x.shape[at]).flatten())
    return picked.reshape([*x.shape[:at], *indices.shape, *x.shape[at + 1 :]])


def take_along_axis(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """For each line along `axis` its own indices."""
    return torch.gather(x, axis, _wrapped(indices, x.shape[axis]))


def take_nd(x: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    """The slices of `x` at the positions that the last axis of `indices` gives."""
    if batch_dims:
        parts = [take_nd(part, index, 0) for part, index in _per_batch(x, indices, batch_dims)]
        return _stacked(parts, x, batch_dims)
    return x[tuple(index.to(torch.int64) for index in indices.unbind(-1))]


@operator("gather", moves=True)
def gather(x: Tensor, indices: Tensor, axis: int = 0) -> Tensor:
    """`x` at `indices` along `axis`."""
    return take(x, indices, axis, 0)


@operator("gather", since=16, moves=True)
def gather_batched(x: Tensor, indices: Tensor, axis: int = 0, batch_dims: int = 0) -> Tensor:
    """`x` at `indices` along `axis`; the leading `batch_dims` axes of both go together."""
    return take(x, indices, axis, batch_dims)


@operator("gather", since=17, moves=True)
def gather_validated(
    x: Tensor, indices: Tensor, axis: int = 0, batch_dims: int = 0, validate_indices: bool = False
) -> Tensor:
    """As in iOS 16; an index beyond the end is an error here whether it is to be validated or not.

    Negative indices are an error only if they are to be validated.
    """
    # The reference calls negative indices out of bounds, as for all of this family, but in the same text allows them
    # down to minus the length. coremltools folds them from the end, or raises IndexError if they are to be validated.
    return take(x, not_negative(indices) if validate_indices else indices, axis, batch_dims)


@operator("gather_along_axis", moves=True)
def gather_along_axis(x: Tensor, indices: Tensor, axis: int = 0) -> Tensor:
    """For each line along `axis` its own indices."""
    return take_along_axis(x, indices, axis)


@operator("gather_along_axis", since=17, moves=True)
def gather_along_axis_validated(x: Tensor, indices: Tensor, axis: int = 0, validate_indices: bool = False) -> Tensor:
    """As in iOS 15; an index out of bounds, as a negative one is, is an error whether it is to be validated or not."""
    del validate_indices
    return take_along_axis(x, not_negative(indices), axis)


@operator("gather_nd", moves=True)
def gather_nd(x: Tensor, indices: Tensor) -> Tensor:
    """The slices of `x` at the positions that the last axis of `indices` gives."""
    return take_nd(x, indices, 0)


@operator("gather_nd", since=16, moves=True)
def gather_nd_batched(x: Tensor, indices: Tensor, batch_dims: int = 0) -> Tensor:
    """As in iOS 15; the leading `batch_dims` axes of both go together."""
    return take_nd(x, indices, batch_dims)


@operator("gather_nd", since=17, moves=True)
def gather_nd_validated(x: Tensor, indices: Tensor, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    """As in iOS 16; an index out of bounds, as a negative one is, is an error whether it is to be validated or not."""
    del validate_indices
    return take_nd(x, not_negative(indices), batch_dims)
