"""Writing elements by index, implemented as a gather of the elements' positions and an update at those positions."""

import numpy as np
import torch
from torch import Tensor

from efficientmod_export.mil._ops._gather import not_negative, take, take_along_axis, take_nd
from efficientmod_export.mil._ops._slice import slice_by_index
from efficientmod_export.mil._registry import Bools, Ints, operator

# NumPy's `at` applies every update, also where positions repeat.
_UPDATES = {
    "add": np.add,
    "div": np.true_divide,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "sub": np.subtract,
}


def _positions(data: Tensor) -> Tensor:
    return torch.arange(data.numel()).reshape(data.shape)


def _write(data: Tensor, positions: Tensor, updates: Tensor, mode: str) -> Tensor:
    result = data.clone(memory_format=torch.contiguous_format)
    flat, at, values = result.view(-1).numpy(), positions.flatten().numpy(), updates.flatten().numpy()
    if mode == "update":
        flat[at] = values
    elif mode in _UPDATES:
        _UPDATES[mode].at(flat, at, values)
    else:
        raise ValueError(f"scatter has no mode '{mode}'")
    return result


@operator("scatter")
def scatter(data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0, mode: str = "add") -> Tensor:
    """`data` with `updates` combined into its slices at `indices` along `axis`."""
    return _write(data, take(_positions(data), indices, axis, 0), updates, mode)


@operator("scatter", since=17)
def scatter_validated(
    data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0, mode: str = "add", validate_indices: bool = False
) -> Tensor:
    """As in iOS 15; an index out of bounds, as a negative one is, is an error whether it is to be validated or not."""
    del validate_indices
    return scatter(data, not_negative(indices), updates, axis, mode)


@operator("scatter_along_axis")
def scatter_along_axis(data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0, mode: str = "add") -> Tensor:
    """`data` with `updates` combined along `axis`, with separate indices for each line."""
    return _write(data, take_along_axis(_positions(data), indices, axis), updates, mode)


@operator("scatter_along_axis", since=17)
def scatter_along_axis_validated(
    data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0, mode: str = "add", validate_indices: bool = False
) -> Tensor:
    """As in iOS 15; an index out of bounds, as a negative one is, is an error whether it is to be validated or not."""
    del validate_indices
    return scatter_along_axis(data, not_negative(indices), updates, axis, mode)


@operator("scatter_nd")
def scatter_nd(data: Tensor, indices: Tensor, updates: Tensor, mode: str = "add") -> Tensor:
    """`data` with `updates` combined into the slices at the positions that the last axis of `indices` gives."""
    return _write(data, take_nd(_positions(data), indices, 0), updates, mode)


@operator("scatter_nd", since=17)
def scatter_nd_validated(
    data: Tensor, indices: Tensor, updates: Tensor, mode: str = "add", validate_indices: bool = False
) -> Tensor:
    """As in iOS 15; an index out of bounds, as a negative one is, is an error whether it is to be validated or not."""
    del validate_indices
    return scatter_nd(data, not_negative(indices), updates, mode)


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
    """`x` with the part that `slice_by_index` would return replaced by `update`."""
    positions = slice_by_index(_positions(x), begin, end, stride, begin_mask, end_mask, squeeze_mask)
    return _write(x, positions, update, "update")
