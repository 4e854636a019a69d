"""Two consecutive layers, one of them pointwise, become one if that needs no more multiplications.

    V (W * x + b) + c = (V W) * x + (V b + c)             a pointwise layer V after any layer W
    V * (W x + b) + c = (V W) * x + (c + sum_taps V b)    a pointwise layer W before any layer V

In the second form V may pad only if b = 0, since it pads with 0 where W 0 + b = b. The merged layer has gcd(groups)
groups.
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    Geometry,
    Layer,
    Refuse,
    geometry_of,
    is_layer,
    layer_of,
    set_geometry,
    spread_groups,
)
from efficientmod_mobile.deploy.program import only_user, set_argument


@dataclass(frozen=True)
class Chain:
    """Two layers, the second reading only the first, their numbers of groups, and the geometry of both as one."""

    first: Layer
    second: Layer
    groups: tuple[int, int]
    geometry: Geometry


@register
class SequentialLayers(Transform[Chain]):
    """Merge a pointwise layer with the layer before or after it, if that is not more expensive."""

    name: ClassVar[str] = "sequential_layers"

    def check(self, node: fx.Node) -> Chain | Refuse | None:
        """Match a layer that reads a layer of its kind; refuse if merging is not exact or more expensive."""
        if not is_layer(node) or not isinstance(node.args[0], fx.Node) or not is_layer(node.args[0]):
            return None
        layers = layer_of(node.args[0]), layer_of(node)
        for layer in layers:
            if isinstance(layer, Refuse):
                return layer
        first, second = layers
        return _chain(first, second)  # type: ignore[arg-type]

    def rewrite(self, match: Chain) -> None:
        """Change the second layer to compute both."""
        weight, bias = _product(match)
        set_argument(match.second.node, "input", match.first.input)
        match.second.write(weight, bias)
        set_geometry(match.second.node, match.geometry)


def _chain(first: Layer, second: Layer) -> Chain | Refuse | None:
    before, after = geometry_of(first), geometry_of(second)
    if isinstance(before, str) or isinstance(after, str):
        return Refuse(before if isinstance(before, str) else str(after))
    if before.kind != after.kind or len(before.kernel) != len(after.kernel):
        return None
    if _pointwise(after):
        joint = replace(before, out_channels=after.out_channels)
    elif _pointwise(before):
        joint = replace(after, in_channels=before.in_channels, size_in=before.size_in)
    else:
        return None
    joint = replace(joint, groups=math.gcd(before.groups, after.groups))
    chain = Chain(first, second, (before.groups, after.groups), joint)
    reason = _reason_against(chain, before.macs + after.macs)
    return chain if reason is None else Refuse(reason)


def _reason_against(chain: Chain, macs: int) -> str | None:
    first, second = chain.first, chain.second
    if chain.geometry.macs > macs:
        names = f"{first.node.name} and {second.node.name}"
        return f"{names} need {macs} multiplications, as one layer {chain.geometry.macs}"
    if only_user(first.node) is None:
        return f"{first.node.name} has other users"
    if second.pads and first.bias is not None and bool(first.bias.any()):
        return f"{second.node.name} pads with zeros, so the bias of {first.node.name} cannot be folded into it"
    return None


def _pointwise(geometry: Geometry) -> bool:
    return all(size == 1 for size in (*geometry.kernel, *geometry.stride)) and not any(geometry.padding)


def _product(chain: Chain) -> tuple[Tensor, Tensor | None]:
    """Multiply the weights per group, contracting the channels between the layers; one of the kernels has one tap."""
    groups = chain.geometry.groups
    inner = spread_groups(chain.first.weight, chain.groups[0], groups)
    outer = spread_groups(chain.second.weight, chain.groups[1], groups)
    # (groups, outputs, inputs, taps)
    inner, outer = (w.reshape(groups, w.shape[0] // groups, w.shape[1], -1) for w in (inner, outer))
    weight = torch.einsum("gomk,gmij->goikj", outer, inner).reshape(chain.geometry.weight_shape)
    bias = chain.second.bias
    if chain.first.bias is not None:
        moved = torch.einsum("gomk,gm->go", outer, chain.first.bias.reshape(groups, -1)).flatten()
        bias = moved if bias is None else bias + moved
    return weight, bias
