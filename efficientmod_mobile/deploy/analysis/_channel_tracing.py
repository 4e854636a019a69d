"""Which channel of a layer each element of a later tensor comes from, and the folds that follow from it.

Permute, reshape, split, select and similar operators only rearrange elements. Applied to a tensor of channel numbers,
they give the channel that each element of their result comes from. Averages (mean, pooling, interpolation) combine
elements with weights that sum to one; if all elements of a window have the same channel number, the result has that
number, and a scale and a shift per channel commute with the average.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.analysis._linear_layers import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.analysis._refusal import Refuse
from efficientmod_mobile.deploy.program import arguments, is_call, shape

aten = torch.ops.aten

_REARRANGEMENTS = {
    operator.getitem,
    aten.channel_shuffle.default,
    aten.chunk.default,
    aten.expand.default,
    aten.flatten.using_ints,
    aten.movedim.int,
    aten.movedim.intlist,
    aten.narrow.default,
    aten.permute.default,
    aten.pixel_shuffle.default,
    aten.pixel_unshuffle.default,
    aten.repeat.default,
    aten.reshape.default,
    aten.roll.default,
    aten.select.int,
    aten.slice.Tensor,
    aten.split.Tensor,
    aten.split_with_sizes.default,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.t.default,
    aten.transpose.int,
    aten.unbind.int,
    aten.unflatten.int,
    aten.unsqueeze.default,
}
_SPATIAL_AVERAGES = {
    aten.adaptive_avg_pool2d.default,
    aten.avg_pool2d.default,
    aten.upsample_bilinear2d.vec,
    aten.upsample_nearest2d.vec,
}

Index = Any
"""Channel numbers, int32, in the shape of a node's tensor; a tuple of them for a node with several results."""


def channel_index(size: tuple[int, ...], axis: int | None) -> Tensor:
    """Number the elements of a tensor by their index on `axis` (all 0 if it is None)."""
    if axis is None:
        return torch.zeros((), dtype=torch.int32).expand(size)
    along = [1] * len(size)
    along[axis] = size[axis]
    return torch.arange(size[axis], dtype=torch.int32).reshape(along).expand(size)


def passes_channels(node: fx.Node) -> bool:
    """Whether the node may be traced through: it rearranges or averages elements."""
    if is_call(node, aten.avg_pool2d.default):
        bound = arguments(node)
        padded = any(bound["padding"]) and bound["count_include_pad"]
        return not padded and bound["divisor_override"] is None
    return is_call(node, aten.mean.dim, *_SPATIAL_AVERAGES, *_REARRANGEMENTS)


def trace(node: fx.Node, index: Index) -> Index | None:
    """Apply a node that `passes_channels` to channel numbers; None if it averages over different channels."""
    if is_call(node, *_REARRANGEMENTS):
        target: Callable[..., Index] = node.target  # type: ignore[assignment]
        return target(index, *node.args[1:], **node.kwargs)
    averaged = [-2, -1] if is_call(node, *_SPATIAL_AVERAGES) else arguments(node)["dim"] or range(index.ndim)
    axes = sorted(axis % index.ndim for axis in averaged)
    first = index
    for axis in axes:
        first = first.narrow(axis, 0, 1)
    if not torch.equal(first.expand_as(index), index):
        return None
    if is_call(node, aten.mean.dim) and not arguments(node)["keepdim"]:
        first = first.squeeze(axes)
    return first.expand(shape(node))


@dataclass(frozen=True)
class ProducerFold:
    """A scale and a shift, each (O,), of a layer's output channels, to be folded into its weights."""

    layer: Layer
    scale: Tensor
    shift: Tensor | None

    def write(self) -> None:
        """Fold them into the layer's weight and bias."""
        self.layer.write(*self.layer.scaled_outputs(self.scale, self.shift))


def into_producer(source: fx.Node, reader: fx.Node, scale: Tensor, shift: Tensor | None) -> ProducerFold | Refuse:
    """Plan to fold y -> scale * y + shift, which `reader` applies to `source`, into the layer that computes `source`.

    Scale and shift broadcast to `source`'s shape. Other users of the layer must read other channels of it.
    """
    path = [source]
    while passes_channels(path[-1]):
        path.append(path[-1].all_input_nodes[0])
    path.reverse()
    producer = path[0]
    if not is_layer(producer):
        return Refuse(f"it follows {_kind(producer)}, which is not a linear layer")
    layer = layer_of(producer)
    if isinstance(layer, Refuse):
        return layer
    indices: list[Index] = [channel_index(shape(producer), layer.axis)]
    for node in path[1:]:
        traced = trace(node, indices[-1])
        if traced is None:
            return Refuse(f"{node.name} averages over channels between {producer.name} and it")
        indices.append(traced)
    rows = indices[-1].long()
    touched = torch.zeros(layer.out_channels, dtype=torch.bool).index_fill_(0, rows.flatten(), True)
    for node, child, index in zip(path, [*path[1:], reader], indices, strict=True):
        for other in node.users:
            if other is not child and bool(touched[_channels_read(other, index)].any()):
                return Refuse(_also_read(node, other))
    per_row = _per_row(rows, layer.out_channels, scale, 1.0)
    moved = None if shift is None else _per_row(rows, layer.out_channels, shift, 0.0)
    if per_row is None or (shift is not None and moved is None):
        return Refuse(f"the constant differs between elements of one channel of {producer.name}")
    return ProducerFold(layer, per_row, moved)


@dataclass(frozen=True)
class ReaderFold:
    """A scale and a shift, each (I,), of a layer's input channels, to be folded into its weights."""

    layer: Layer
    scale: Tensor
    shift: Tensor | None

    def write(self) -> None:
        """Fold them into the layer's weight and bias."""
        self.layer.write(*self.layer.scaled_inputs(self.scale, self.shift))


def into_readers(
    node: fx.Node, axis: int | None, scale: Tensor, shift: Tensor | None
) -> tuple[ReaderFold, ...] | Refuse:
    """Plan to fold a scale and a shift of `node`'s result, each (C,) along `axis`, into every layer that reads it.

    They are folded into all users or into none.
    """
    folds = []
    for reader in _final_readers(node, channel_index(shape(node), axis)):
        if isinstance(reader, Refuse):
            return reader
        layer, channels = reader
        if shift is not None and bool(shift.any()) and (layer.pads or layer.kind == "transposed"):
            problem = "pads with zeros" if layer.pads else "is transposed"
            return Refuse(f"{layer.node.name} {problem}, so a shift of its input cannot be folded into its bias")
        folds.append(ReaderFold(layer, scale[channels], None if shift is None else shift[channels]))
    return tuple(folds)


def _final_readers(node: fx.Node, index: Index) -> Iterator[tuple[Layer, Tensor] | Refuse]:
    for user in node.users:
        if passes_channels(user) and user.all_input_nodes == [node]:
            traced = trace(user, index)
            yield from (
                _final_readers(user, traced) if traced is not None else (Refuse(f"{user.name} averages over channels"),)
            )
        elif not is_layer(user) or user.args[0] is not node or user.all_input_nodes.count(node) > 1:
            yield Refuse(_also_read(node, user))
        else:
            layer = layer_of(user)
            yield layer if isinstance(layer, Refuse) else _read_by(layer, index)


def _read_by(layer: Layer, index: Tensor) -> tuple[Layer, Tensor] | Refuse:
    per_input = index.movedim(layer.axis, 0).reshape(index.shape[layer.axis], -1)
    if not torch.equal(per_input[:, :1].expand_as(per_input), per_input):
        return Refuse(f"{layer.node.name} reads several channels as one input channel")
    return layer, per_input[:, 0].long()


def _per_row(rows: Tensor, count: int, value: Tensor, neutral: float) -> Tensor | None:
    """Convert a value per element into one per channel; None if the elements of a channel differ."""
    spread = value.expand(rows.shape)
    per_row = torch.full((count,), neutral, dtype=value.dtype)
    per_row[rows.flatten()] = spread.flatten()
    return per_row if torch.equal(per_row[rows], spread) else None


def _channels_read(reader: fx.Node, index: Index) -> Tensor:
    """Return the channel numbers that a user reads: all of the node's, or those that it selects."""
    seen = trace(reader, index) if is_call(reader, *_REARRANGEMENTS) else index
    parts = seen if isinstance(seen, (tuple, list)) else (seen,)
    return torch.cat([part.flatten() for part in parts]).long()


def _kind(node: fx.Node) -> str:
    if node.op == "placeholder":
        return "the input"
    return f"{getattr(node.target, '_opname', getattr(node.target, '__name__', node.op))} ({node.name})"


def _also_read(node: fx.Node, reader: fx.Node) -> str:
    if reader.op == "output":
        return f"{node.name} is an output of the network"
    return f"{_kind(reader)} reads {node.name} and is not a linear layer to fold it into"
