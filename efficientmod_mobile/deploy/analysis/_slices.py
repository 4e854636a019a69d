"""Slices of one axis of a tensor: the operators slice and select, and the parts of split, chunk and unbind."""

import operator
from dataclasses import dataclass

import torch
from torch import fx

from efficientmod_mobile.deploy.program import arguments, is_call, shape

aten = torch.ops.aten

_PARTS = (
    aten.chunk.default,
    aten.split.Tensor,
    aten.split_with_sizes.default,
    aten.unbind.int,
)


@dataclass(frozen=True)
class AxisSlice:
    """Elements start .. start + length of an axis; with `drops_axis` the axis, then of length 1, is removed."""

    source: fx.Node
    axis: int
    start: int
    length: int
    drops_axis: bool


def slice_of(node: fx.Node) -> AxisSlice | None:
    """Read a slice, a select or one part of a split as a slice of one axis; None for anything else."""
    if is_call(node, operator.getitem) and is_call(node.args[0], *_PARTS):
        return _part(node)
    if not is_call(node, aten.slice.Tensor, aten.select.int):
        return None
    bound = arguments(node)
    source = bound["self"]
    axis = bound["dim"] % len(shape(source))
    size = shape(source)[axis]
    if is_call(node, aten.select.int):
        return AxisSlice(source, axis, bound["index"] % size, 1, True)
    start = bound["start"] or 0
    start = max(0, start + size if start < 0 else start)
    return AxisSlice(source, axis, start, shape(node)[axis], False) if bound["step"] == 1 else None


def _part(node: fx.Node) -> AxisSlice | None:
    parts, index = node.args
    if not isinstance(parts, fx.Node) or not isinstance(index, int):
        return None
    bound = arguments(parts)
    source = bound["self"]
    axis = bound["dim"] % len(shape(source))
    if is_call(parts, aten.unbind.int):
        return AxisSlice(source, axis, index, 1, True)
    lengths = [int(value.shape[axis]) for value in parts.meta["val"]]
    return AxisSlice(source, axis, sum(lengths[:index]), lengths[index], False)
