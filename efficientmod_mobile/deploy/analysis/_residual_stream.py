"""Residual streams: connected sums of a network, the nodes that compute the summands, and those that read the sums.

A stream consists of sums, and of the reshapes and permutes between them that keep the channels on one axis. Its sources
compute the summands; its readers use the sums.
"""

from dataclasses import dataclass, field

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis._layout import is_move, step_of
from efficientmod_mobile.deploy.analysis._linear_layers import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.analysis._summed_branches import is_sum
from efficientmod_mobile.deploy.program import arguments, is_call

aten = torch.ops.aten


@dataclass
class ResidualStream:
    """A residual stream. `axes` maps each node to its channel axis; `sources` are the nodes that are not sums.

    `readers` are pairs of a user outside the stream and the node of the stream that it uses.
    """

    axes: dict[fx.Node, int] = field(default_factory=dict)
    sources: list[fx.Node] = field(default_factory=list)
    readers: list[tuple[fx.Node, fx.Node]] = field(default_factory=list)


def stream_of(node: fx.Node, axis: int) -> ResidualStream:
    """Collect the stream that a tensor belongs to; `axis` is the tensor's channel axis."""
    stream, waiting = ResidualStream(), [(node, axis)]
    while waiting:
        member, axis = waiting.pop()
        if member in stream.axes:
            continue
        stream.axes[member] = axis
        above = _above(member, axis)
        if not above:
            stream.sources.append(member)
        waiting += above
        for user in member.users:
            below = _below(axis, user)
            if below is None:
                stream.readers.append((user, member))
            else:
                waiting.append((user, below))
    return stream


def moved_axis(node: fx.Node, axis: int) -> int | None:
    """The axis of a move's result that is this axis of its input; None if the axis is split or merged."""
    step = step_of(node)
    group = step.value_groups[axis] if step.value is not node else ()
    return step.groups.index(group) if group and group in step.groups else None


def reading_layer(reader: fx.Node, source: fx.Node, axis: int) -> Layer | None:
    """The linear layer `reader`, if it reads only `source`, with channels on `axis`, and is not grouped; else None."""
    if not is_layer(reader) or reader.args[0] is not source or reader.all_input_nodes.count(source) != 1:
        return None
    layer = layer_of(reader)
    if not isinstance(layer, Layer) or layer.kind == "transposed" or layer.groups != 1 or layer.axis != axis:
        return None
    return layer


def _above(member: fx.Node, axis: int) -> list[tuple[fx.Node, int]]:
    if _is_sum(member):
        return [(term, axis) for term in member.all_input_nodes]
    if is_move(member):
        step = step_of(member)
        inner = step.value_axis(axis) if step.value is not member else None
        return [] if inner is None else [(step.value, inner)]
    return []


def _below(axis: int, user: fx.Node) -> int | None:
    if _is_sum(user):
        return axis
    return moved_axis(user, axis) if is_move(user) else None


def _is_sum(node: fx.Node) -> bool:
    """Whether the node adds two computed tensors of its own shape, without a factor."""
    return is_sum(node) and is_call(node, aten.add.Tensor) and arguments(node)["alpha"] == 1
