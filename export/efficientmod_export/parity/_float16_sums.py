"""Sums as a GPU adds them in float16: term by term, every product and every partial sum rounded to float16.

    s_0 = 0,   s_k = fl(s_(k-1) + fl(a_k b_k)),   k = (row of the window, column of the window, channel)

LiteRT's accelerator gives these numbers bit for bit on lavapipe, for convolutions, linear layers of several rows and
products of computed tensors; a bias comes last. Not so means, pools, softmax and a linear layer of a single row, which
it adds in float32 or in parts: here they are left as they are. A phone's GPU may round a product and its sum together,
which is a little less error.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


class Float16Sums(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no annotation there
    """Inside this context sums of products are computed so, whatever operator they are a part of."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Replace the operators of `_SUMS` in float32."""
        summed = _SUMS.get(func)
        if summed is None or kwargs or args[0].dtype != torch.float32:
            return func(*args, **kwargs or {})
        return summed(*args)


def _mm(a: Tensor, b: Tensor) -> Tensor:
    return a @ b if len(a) == 1 else _in_turn(a[None], b[None])[0]


def _addmm(bias: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return _halved(_mm(a, b)) + bias


def _convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Tensor:
    """(N, C, *S) and (O, C / groups, *K) -> (N, O, *S')."""
    window = weight.shape[2:]
    reach = [step * (size - 1) for step, size in zip(dilation, window, strict=True)]
    if transposed:
        x, weight = _spread(x, stride), _turned(weight, groups)
        before = [one - cut for one, cut in zip(reach, padding, strict=True)]
        borders = list(zip(before, (one + more for one, more in zip(before, output_padding, strict=True)), strict=True))
        stride = [1] * len(window)
    else:
        borders = [(size, size) for size in padding]
    x = pad(x, [size for border in reversed(borders) for size in border])
    sizes = [(whole - far - 1) // step + 1 for whole, far, step in zip(x.shape[2:], reach, stride, strict=True)]
    places = [_at(place, sizes, stride, dilation) for place in product(*map(range, window))]
    patches = torch.stack([x[(slice(None), slice(None), *place)] for place in places])
    patches = patches.reshape(len(patches), len(x) * groups, -1, patches[0, 0, 0].numel())
    rows = weight.reshape(groups, -1, weight.shape[1], len(patches)).permute(0, 1, 3, 2).flatten(2)
    result = _in_turn(rows.repeat(len(x), 1, 1), patches.transpose(0, 1).flatten(1, 2)).reshape(len(x), -1, *sizes)
    return result if bias is None else _halved(result) + bias.reshape(-1, *[1] * len(window))


def _at(place: Sequence[int], sizes: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> list[slice]:
    starts = [one * step for one, step in zip(place, dilation, strict=True)]
    return [
        slice(start, start + step * (size - 1) + 1, step)
        for start, size, step in zip(starts, sizes, stride, strict=True)
    ]


def _spread(x: Tensor, stride: Sequence[int]) -> Tensor:
    """Zeros between the pixels."""
    sizes = [step * (size - 1) + 1 for size, step in zip(x.shape[2:], stride, strict=True)]
    wide = x.new_zeros(*x.shape[:2], *sizes)
    wide[(slice(None), slice(None), *(slice(None, None, step) for step in stride))] = x
    return wide


def _turned(weight: Tensor, groups: int) -> Tensor:
    """The weight of a transposed convolution, (C, O / groups, *K), as that of a plain one."""
    parts = weight.reshape(groups, -1, *weight.shape[1:]).transpose(1, 2).flatten(0, 1)
    return parts.flip(tuple(range(2, weight.dim())))


def _in_turn(a: Tensor, b: Tensor) -> Tensor:
    """(B, M, K) and (B, K, N) -> (B, M, N), one k after the other."""
    if a.shape[1] > b.shape[2]:  # the inner loop is over the longer side
        return _in_turn(b.mT, a.mT).mT
    left, right = (side.half().contiguous() for side in (a.permute(2, 0, 1)[..., None], b.permute(1, 0, 2)[:, :, None]))
    total = torch.zeros(len(a), a.shape[1], b.shape[2], dtype=torch.float16)
    term = torch.empty_like(total)
    for k in range(len(left)):
        total += torch.mul(left[k], right[k], out=term)
    return total.float()


def _halved(x: Tensor) -> Tensor:
    return x.half().float()


_SUMS: dict[Any, Callable[..., Tensor]] = {
    aten.convolution.default: _convolution,
    aten.mm.default: _mm,
    aten.addmm.default: _addmm,
    aten.bmm.default: _in_turn,
}
