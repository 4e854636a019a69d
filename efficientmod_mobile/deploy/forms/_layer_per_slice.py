"""A layer that is only read in slices of its output channels becomes one layer per slice.

    slice(W x + b, i:j) = W[i:j] x + b[i:j]

As many multiplications as before; the slices, which copy memory, are gone. So the queries, keys and values of an
attention get a layer each.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Cut, Layer, Refuse, bias_name, cut_of, is_layer, layer_of
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace

aten = torch.ops.aten


@dataclass(frozen=True)
class SlicedLayer:
    """A layer, and each slice of it with its reader's node."""

    layer: Layer
    slices: tuple[tuple[fx.Node, Cut], ...]


@register
class LayerPerSlice(Transform[SlicedLayer]):
    """Split a layer into one for each slice of its output channels."""

    name: ClassVar[str] = "layer_per_slice"

    def check(self, node: fx.Node) -> SlicedLayer | Refuse | None:
        """Match a layer all of whose readers are slices of channels that do not overlap."""
        if not is_layer(node) or not any(is_call(user, aten.slice.Tensor) for user in node.users):
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse):
            return layer
        if layer.groups != 1 or layer.kind == "transposed":
            return Refuse("it is grouped or transposed")
        slices = []
        for user in node.users:
            cut = cut_of(user)
            if cut is None or cut.axis != layer.axis or cut.drops:
                return Refuse(f"{user.name} reads it too, and is no slice of its channels")
            slices.append((user, cut))
        slices.sort(key=lambda found: found[1].start)
        ends = [0, *(cut.start + cut.length for _, cut in slices)]
        if any(cut.start < end for (_, cut), end in zip(slices, ends, strict=False)):
            return Refuse("its slices overlap, and a channel would be computed twice")
        return SlicedLayer(layer, tuple(slices))

    def rewrite(self, match: SlicedLayer) -> None:
        """Write the layers in the slices' places."""
        layer = match.layer
        name = str(arguments(layer.node)["weight"].target)
        for node, cut in match.slices:
            rows = slice(cut.start, cut.start + cut.length)
            weight = add_parameter(node, name, layer.weight[rows])
            bias = None if layer.bias is None else add_parameter(node, bias_name(name), layer.bias[rows])
            args = (layer.input, weight, bias, *layer.node.args[3:])
            replace(node, emit(node, layer.node.target, args, layer.node.kwargs, like=layer.node))
