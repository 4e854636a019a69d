"""The residual streams of a network: tensors that are added up, and what writes to and reads from them.

A stream is a connected set of sums, and of the reshapes and permutes between them that keep the channels on one axis.
Its sources compute what is added; its readers read the sums.
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
class Stream:
    """The nodes of a stream, each with its channels' axis, and of them those that are no sums: the sources.

    `readers` are pairs of a reading node and the node of the stream that it reads.
    """

    axes: dict[fx.Node, int] = field(default_factory=dict)
    sources: list[fx.Node] = field(default_factory=list)
    readers: list[tuple[fx.Node, fx.Node]] = field(default_factory=list)


def stream_of(node: fx.Node, axis: int) -> Stream:
    """Collect the stream that a tensor belongs to; `axis` is where the tensor has its channels."""
    stream, waiting = Stream(), [(node, axis)]
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


def moved_axis(move: fx.Node, axis: int) -> int | None:
    """Where a move puts its input's axis; None when the axis does not stay whole."""
    step = step_of(move)
    group = step.value_groups[axis] if step.value is not move else ()
    return step.groups.index(group) if group and group in step.groups else None


def reading_layer(reader: fx.Node, source: fx.Node, axis: int) -> Layer | None:
    """The layer that mixes all the channels that it reads from `source`, of which they are `axis`; None otherwise."""
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
    """Whether the node adds two tensors of its own shape that are computed."""
    return is_sum(node) and is_call(node, aten.add.Tensor) and arguments(node)["alpha"] == 1
