"""Padding of sliding windows, shared by convolutions and pooling."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._limits import check_size

Pads = list[tuple[int, int]]


def window_pads(
    pad_type: str, pad: Sequence[int] | None, size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]
) -> Pads:
    """Padding before and after each spatial axis. `kernel` includes the dilation; "same" gives ceil(size / stride)."""
    if pad_type == "valid":
        return [(0, 0)] * len(size)
    if pad_type == "custom":
        flat = list(pad or [0] * 2 * len(size))
        return list(zip(flat[::2], flat[1::2], strict=True))
    if pad_type not in {"same", "same_lower"}:
        raise ValueError(f"there is no padding of type '{pad_type}'")
    pads = []
    for length, width, stride in zip(size, kernel, strides, strict=True):
        total = max(0, (-(-length // stride) - 1) * stride + width - length)
        small, large = total // 2, total - total // 2
        pads.append((small, large) if pad_type == "same" else (large, small))
    return pads


def pad_spatial(x: Tensor, pads: Pads, value: float) -> Tensor:
    """`x` with its last axes padded by `value` (or cropped where a pad is negative)."""
    if not any(before or after for before, after in pads):
        return x
    padded = [length + sum(pair) for length, pair in zip(x.shape[-len(pads) :], pads, strict=True)]
    check_size([*x.shape[: -len(pads)], *padded])
    flat = [amount for pair in reversed(pads) for amount in pair]
    return F.pad(x, flat, value=value)
