"""A convolution in groups becomes convolutions without groups, or depthwise ones.

    W = diag(W_1 ... W_G)                 one convolution whose weights are zero between the groups
    y = cat(W_1 x_1, ..., W_G x_G)        one convolution a group, where that many zeros are too many
    y[c m + j] = w[c m + j] x[c]          for a depthwise one that gives m channels for each: m depthwise ones, y_j[c]

ExecuTorch's Vulkan runtime ignores the groups of 1x1 kernels, and computes larger ones right only where each group has
a multiple of four channels, in and out. Depthwise convolutions with one channel for each are kernels of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Layer, Refuse, bias_name, is_layer, layer_of, spread_groups
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace, shape

aten = torch.ops.aten

LARGEST_DENSE = 1 << 20
"""Weights of a dense convolution, zeros included: 4 MB in float32."""
MOST_CONVOLUTIONS = 16
"""Convolutions that one may become."""


@dataclass(frozen=True)
class Grouped:
    """A convolution in groups, and the function that writes its form."""

    layer: Layer
    write: Callable[[Layer], fx.Node]


@register
class UngroupConvolutions(Transform[Grouped]):
    """Write convolutions in groups without them."""

    name: ClassVar[str] = "ungroup_convolutions"

    def check(self, node: fx.Node) -> Grouped | Refuse | None:
        """Match a convolution over H and W in groups that the runtime does not compute right."""
        if not is_layer(node) or is_call(node, aten.linear.default) or arguments(node)["groups"] == 1:
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse):
            return layer
        if layer.kind == "transposed" or layer.spatial != 2:
            return Refuse("it is in groups, and transposed or not over H and W")
        outputs, inputs = layer.out_channels // layer.groups, layer.weight.shape[1]
        if (outputs, inputs) == (1, 1) or (layer.kernel != (1, 1) and outputs % 4 == inputs % 4 == 0):
            return None
        if inputs == 1 and outputs <= MOST_CONVOLUTIONS:
            return Grouped(layer, _interleaved)
        dense = layer.weight.numel() * layer.groups
        if dense <= LARGEST_DENSE:
            return Grouped(layer, _dense)
        if layer.groups <= MOST_CONVOLUTIONS:
            return Grouped(layer, _one_each)
        return Refuse(
            f"its {layer.groups} groups are too many for a convolution each, and a dense one has {dense} weights"
        )

    def rewrite(self, match: Grouped) -> None:
        """Write the form."""
        replace(match.layer.node, match.write(match.layer))


def _convolution(layer: Layer, x: fx.Node, weight: Tensor, bias: Tensor | None, groups: int) -> fx.Node:
    """Insert a convolution of the layer's geometry."""
    node = layer.node
    bound, name = arguments(node), str(arguments(node)["weight"].target)
    held = None if bias is None else add_parameter(node, bias_name(name), bias)
    settings = (bound["stride"], bound["padding"], bound["dilation"], groups)
    return emit(node, node.target, (x, add_parameter(node, name, weight), held, *settings))


def _dense(layer: Layer) -> fx.Node:
    return _convolution(layer, layer.input, spread_groups(layer.weight, layer.groups, 1), layer.bias, 1)


def _one_each(layer: Layer) -> fx.Node:
    inputs, outputs = layer.weight.shape[1], layer.out_channels // layer.groups
    parts = []
    for group in range(layer.groups):
        rows = slice(group * outputs, (group + 1) * outputs)
        x = emit(layer.node, aten.slice.Tensor, (layer.input, layer.axis, group * inputs, (group + 1) * inputs))
        bias = None if layer.bias is None else layer.bias[rows]
        parts.append(_convolution(layer, x, layer.weight[rows], bias, 1))
    return emit(layer.node, aten.cat.default, (parts, layer.axis))


def _interleaved(layer: Layer) -> fx.Node:
    """Each depthwise convolution as (N, C, 1, H W), side by side as (N, C, m, H W), which is (N, C m, H, W)."""
    node, count = layer.node, layer.out_channels // layer.groups
    batch, _, height, width = shape(node)
    parts = []
    for first in range(count):
        bias = None if layer.bias is None else layer.bias[first::count]
        part = _convolution(layer, layer.input, layer.weight[first::count], bias, layer.groups)
        parts.append(emit(node, aten.reshape.default, (part, [batch, layer.groups, 1, prod((height, width))])))
    together = emit(node, aten.cat.default, (parts, 2))
    return emit(node, aten.reshape.default, (together, list(shape(node))))
