"""Core ML's sampling modes: the points of the source that a resize reads along one axis.

For a source of `source` pixels and a result of `count`, formulas of the MIL operator reference, "resize_bilinear".
"""

from dataclasses import dataclass

import torch
from torch import Tensor


def sample_points(mode: str, source: Tensor, count: int) -> Tensor:
    """(..., count) points in pixels of a source of (...) pixels, float64, before they are clamped to it."""
    index = torch.arange(count, dtype=torch.float64)
    length = source.to(torch.float64).unsqueeze(-1)
    steps = max(count - 1, 1)
    if mode in {"STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"}:
        if mode == "ALIGN_CORNERS" and count == 1:
            return (length - 1) / 2
        return index * (length - 1) / steps
    if mode == "DEFAULT":
        return index * length / count
    if mode == "OFFSET_CORNERS":
        return (index + 0.5) * (length - 1).clamp(min=1) / count
    if mode == "UNALIGN_CORNERS":
        return (index + 0.5) * length / count - 0.5
    raise ValueError(f"there is no sampling mode '{mode}'")


@dataclass(frozen=True)
class Taps:
    """For each point the two neighbouring pixels, and the weight of the upper one."""

    lower: Tensor
    upper: Tensor
    weight: Tensor


def taps(points: Tensor, length: int) -> Taps:
    """The neighbours of `points`, which are first clamped to the axis of `length` pixels."""
    inside = points.clamp(0, length - 1)
    lower = inside.floor().to(torch.int64)
    return Taps(lower, (lower + 1).clamp(max=length - 1), (inside - lower).to(torch.float32))


def interpolate(x: Tensor, axis: int, at: Taps) -> Tensor:
    """`x` along `axis`, linearly between the neighbours of each point."""
    weight = at.weight.reshape(-1, *[1] * (x.dim() - axis % x.dim() - 1))
    low, high = x.index_select(axis, at.lower), x.index_select(axis, at.upper)
    return low + (high - low) * weight
