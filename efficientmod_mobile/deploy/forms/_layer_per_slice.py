"""A layer of whose result only slices of channels are used becomes one layer per slice.

    slice(W x + b, i:j) = W[i:j] x + b[i:j]

The multiplications stay the same; the slices, which copy memory, are removed. The queries, keys and values of an
attention are then computed by one layer each.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import AxisSlice, Layer, Refuse, bias_name, is_layer, layer_of, slice_of
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace

aten = torch.ops.aten


@dataclass(frozen=True)
class SlicedLayer:
    """A layer, and each slice of its result with the node that slices."""

    layer: Layer
    slices: tuple[tuple[fx.Node, AxisSlice], ...]


@register
class LayerPerSlice(Transform[SlicedLayer]):
    """Split a layer into one per slice of its output channels."""

    name: ClassVar[str] = "layer_per_slice"

    def check(self, node: fx.Node) -> SlicedLayer | Refuse | None:
        """Match a layer all of whose users are slices of its channels that do not overlap."""
        if not is_layer(node) or not any(is_call(user, aten.slice.Tensor) for user in node.users):
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse):
            return layer
        if layer.groups != 1 or layer.kind == "transposed":
            return Refuse("it is grouped or transposed")
        slices = []
        for user in node.users:
            part = slice_of(user)
            if part is None or part.axis != layer.axis or part.drops_axis:
                return Refuse(f"{user.name} reads it too, and is not a slice of its channels")
            slices.append((user, part))
        slices.sort(key=lambda found: found[1].start)
        ends = [0, *(part.start + part.length for _, part in slices)]
        if any(part.start < end for (_, part), end in zip(slices, ends, strict=False)):
            return Refuse("its slices overlap, and a channel would be computed twice")
        return SlicedLayer(layer, tuple(slices))

    def rewrite(self, match: SlicedLayer) -> None:
        """Replace each slice by a layer."""
        layer = match.layer
        name = str(arguments(layer.node)["weight"].target)
        for node, part in match.slices:
            rows = slice(part.start, part.start + part.length)
            weight = add_parameter(node, name, layer.weight[rows])
            bias = None if layer.bias is None else add_parameter(node, bias_name(name), layer.bias[rows])
            args = (layer.input, weight, bias, *layer.node.args[3:])
            replace(node, emit(node, layer.node.target, args, layer.node.kwargs, like=layer.node))
