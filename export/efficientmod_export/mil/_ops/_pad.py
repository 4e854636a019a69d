"""Padding of whole tensors."""

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import Ints, operator


def _by_index(x: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    length = x.shape[axis]
    index = torch.arange(-before, length + after)
    if mode == "replicate":
        index = index.clamp(0, length - 1)
    elif max(before, after) >= length:
        raise ValueError(f"pad cannot mirror {max(before, after)} elements of an axis of {length}")
    else:
        index = index.abs()
        index = torch.where(index < length, index, 2 * (length - 1) - index)
    return x.index_select(axis, index)


@operator("pad", moves=True)
def pad(x: Tensor, pad: Ints, mode: str = "constant", constant_val: float = 0.0) -> Tensor:
    """`x` with elements before and after its last axes: a constant, the edge ("replicate"), or mirrored ("reflect")."""
    pairs = list(zip(pad[::2], pad[1::2], strict=True))
    first = x.dim() - len(pairs)
    check_size([*x.shape[:first], *(sum(pair) + have for pair, have in zip(pairs, x.shape[first:], strict=True))])
    if mode == "constant":
        return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=constant_val)
    if mode not in {"reflect", "replicate"}:
        raise ValueError(f"pad has no mode '{mode}'")
    for axis, (before, after) in enumerate(pairs, start=first):
        if before or after:
            x = _by_index(x, axis, before, after, mode)
    return x
