"""Order, counting and running sums."""

import torch
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import operator
from efficientmod_export.mil._types import BY_NAME


def _top(x: Tensor, k: int, axis: int, ascending: bool) -> tuple[Tensor, Tensor]:
    values, indices = torch.topk(x, k, axis, largest=not ascending)
    return values, indices.to(torch.int32)


@operator("topk", moves=True)
def topk(x: Tensor, k: int = 1, axis: int = -1, ascending: bool = False) -> tuple[Tensor, Tensor]:
    """The k largest (or smallest) values along `axis`, best first, and their indices."""
    return _top(x, k, axis, ascending)


@operator("topk", since=16, moves=True)
def topk_unsorted(
    x: Tensor, k: int = 1, axis: int = -1, ascending: bool = False, sort: bool = True, return_indices: bool = True
) -> tuple[Tensor, ...]:
    """As in iOS 15; the indices may be left out. Without `sort` any order is valid; this is best first."""
    del sort
    values, indices = _top(x, k, axis, ascending)
    return (values, indices) if return_indices else (values,)


@operator("topk", since=17, moves=True)
def topk_typed(
    x: Tensor,
    k: int = 1,
    axis: int = -1,
    ascending: bool = False,
    sort: bool = True,
    return_indices: bool = True,
    output_indices_dtype: str = "int32",
) -> tuple[Tensor, ...]:
    """As in iOS 16, with indices of int32 or uint16."""
    values, *indices = topk_unsorted(x, k, axis, ascending, sort, return_indices)
    return (values, *(index.to(BY_NAME[output_indices_dtype].compute_dtype) for index in indices))


@operator("argsort", moves=True)
def argsort(x: Tensor, axis: int = -1, ascending: bool = False) -> Tensor:
    """Indices that sort `x` along `axis`, largest first unless `ascending`; equal values stay in order."""
    return torch.argsort(x, dim=axis, descending=not ascending, stable=True).to(torch.int32)


@operator("cumsum")
def cumsum(x: Tensor, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Tensor:
    """Running sums along `axis`, from the end if `reverse`, each without its own element if `exclusive`."""
    ordered = x.flip(axis) if reverse else x
    sums = torch.cumsum(ordered, axis, dtype=x.dtype)
    if exclusive:
        # Sum up to the previous element: subtracting the element afterwards would cancel, and give NaN for infinities.
        sums = sums.roll(1, axis).index_fill(axis, torch.tensor([0]), 0)
    return sums.flip(axis) if reverse else sums


@operator("non_zero", moves=True)
def non_zero(x: Tensor) -> Tensor:
    """The positions of all elements but zeros: (count, rank), int32."""
    return torch.nonzero(x).to(torch.int32)


@operator("one_hot", moves=True)
def one_hot(
    indices: Tensor,
    one_hot_vector_size: int,
    axis: int = -1,
    on_value: Tensor | None = None,
    off_value: Tensor | None = None,
) -> Tensor:
    """A new `axis` of the given length: `on_value` (1) where its index is the element, else `off_value` (0)."""
    check_size((*indices.shape, one_hot_vector_size))
    at = axis % (indices.dim() + 1)
    classes = torch.arange(one_hot_vector_size).reshape(-1, *[1] * (indices.dim() - at))
    on = torch.ones((), dtype=torch.int32) if on_value is None else on_value
    off = torch.zeros((), dtype=torch.int32) if off_value is None else off_value
    return torch.where(indices.unsqueeze(at) == classes, on, off)
