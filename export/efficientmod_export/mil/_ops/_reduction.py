"""Reductions; `axes` None means all of them."""

from collections.abc import Callable

import torch
from torch import Tensor

from efficientmod_export.mil._registry import Ints, operator
from efficientmod_export.mil._types import BY_NAME

_Reduce = Callable[[Tensor, list[int], bool], Tensor]


def _sum(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    return torch.sum(x, axes, keep, dtype=x.dtype)


def _mean(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    if x.is_floating_point():
        return torch.mean(x, axes, keep)
    return torch.mean(x.to(torch.float64), axes, keep).to(x.dtype)


def _prod(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keep, dtype=x.dtype)
    return x


_REDUCTIONS: dict[str, _Reduce] = {
    "reduce_l1_norm": lambda x, axes, keep: _sum(x.abs(), axes, keep),
    "reduce_l2_norm": lambda x, axes, keep: torch.sqrt(_sum(x.square(), axes, keep).to(torch.float32)).to(x.dtype),
    "reduce_log_sum": lambda x, axes, keep: torch.log(_sum(x, axes, keep).to(torch.float32)).to(x.dtype),
    "reduce_log_sum_exp": lambda x, axes, keep: torch.logsumexp(x, axes, keep),
    "reduce_mean": _mean,
    "reduce_prod": _prod,
    "reduce_sum": _sum,
    "reduce_sum_square": lambda x, axes, keep: _sum(x.square(), axes, keep),
}
_PICKS: dict[str, _Reduce] = {
    "reduce_max": torch.amax,
    "reduce_min": torch.amin,
}


def _register(name: str, reduce: _Reduce, moves: bool) -> None:
    @operator(name, moves=moves)
    def kernel(x: Tensor, axes: Ints | None = None, keep_dims: bool = False) -> Tensor:
        return reduce(x, [axis % x.dim() for axis in axes] if axes else list(range(x.dim())), keep_dims)


for _name, _reduce in _REDUCTIONS.items():
    _register(_name, _reduce, moves=False)
for _name, _reduce in _PICKS.items():
    _register(_name, _reduce, moves=True)


@operator("reduce_argmax")
def reduce_argmax(x: Tensor, axis: int = -1, keep_dims: bool = False) -> Tensor:
    """Index of the largest value along `axis`, int32."""
    return torch.argmax(x, axis, keep_dims).to(torch.int32)


@operator("reduce_argmin")
def reduce_argmin(x: Tensor, axis: int = -1, keep_dims: bool = False) -> Tensor:
    """Index of the smallest value along `axis`, int32."""
    return torch.argmin(x, axis, keep_dims).to(torch.int32)


@operator("reduce_argmax", since=17)
def reduce_argmax_typed(x: Tensor, axis: int = -1, keep_dims: bool = False, output_dtype: str = "int32") -> Tensor:
    """Index of the largest value along `axis`, int32 or uint16."""
    return torch.argmax(x, axis, keep_dims).to(BY_NAME[output_dtype].compute_dtype)


@operator("reduce_argmin", since=17)
def reduce_argmin_typed(x: Tensor, axis: int = -1, keep_dims: bool = False, output_dtype: str = "int32") -> Tensor:
    """Index of the smallest value along `axis`, int32 or uint16."""
    return torch.argmin(x, axis, keep_dims).to(BY_NAME[output_dtype].compute_dtype)
