"""The geometry of linear layers, and kernels embedded in a larger geometry without changing what they compute."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.analysis._linear_layers import Layer
from efficientmod_mobile.deploy.program import arguments, refresh, shape

aten = torch.ops.aten

_CONVOLUTIONS = {1: aten.conv1d.default, 2: aten.conv2d.default, 3: aten.conv3d.default}


@dataclass(frozen=True)
class Geometry:
    """The shapes and spacings of a layer, without its weights. Tap t of an axis reads offset t * dilation - padding.

    `positions` is the number of output elements per channel. A linear layer has no spatial axes and one group.
    """

    kind: Literal["linear", "convolution"]
    out_channels: int
    in_channels: int
    groups: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    size_in: tuple[int, ...]
    size_out: tuple[int, ...]
    positions: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.positions * self.out_channels * (self.in_channels // self.groups) * math.prod(self.kernel)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """The weight's shape (O, I / groups, *kernel)."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel)


def geometry_of(layer: Layer) -> Geometry | str:
    """Return the geometry of a linear layer or convolution, or the reason why it has none."""
    if layer.kind == "transposed":
        return f"{layer.node.name} is a transposed convolution"
    if layer.padding is None:
        return f"{layer.node.name} has different padding on its two sides"
    size_in, size_out = shape(layer.input), shape(layer.node)
    return Geometry(
        layer.kind,
        layer.out_channels,
        size_in[layer.axis],
        layer.groups,
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.dilation,
        size_in[layer.axis + 1 :],
        size_out[layer.axis + 1 :],
        math.prod(size_out) // layer.out_channels,
    )


def diagonal_geometry(like: Geometry) -> Geometry:
    """Return the geometry of x -> d x for the same input: a depthwise kernel of one tap, or a square matrix."""
    ones, zeros = (1,) * len(like.kernel), (0,) * len(like.kernel)
    groups = like.in_channels if like.kind == "convolution" else 1
    return replace(like, groups=groups, kernel=ones, stride=ones, padding=zeros, dilation=ones)


def joined(a: Geometry, b: Geometry) -> Geometry | str:
    """Return the smallest geometry that contains both kernels, or the reason why there is none.

    Both have outputs of one size n = (in + padding - last offset - 1) // stride + 1. The joint layer has the larger
    padding and the larger last offset, so its n is between theirs, hence equal.
    """
    if (a.kind, len(a.kernel), a.out_channels, a.in_channels) != (b.kind, len(b.kernel), b.out_channels, b.in_channels):
        return "the layers are of different kinds"
    if a.stride != b.stride:
        return f"the strides {a.stride} and {b.stride} differ"
    kernel, padding, dilation = [], [], []
    for axis in range(len(a.kernel)):
        spacings = [g.dilation[axis] for g in (a, b) if g.kernel[axis] > 1]
        step = math.gcd(*spacings) if spacings else 1
        pad = max(a.padding[axis], b.padding[axis])
        last = max(g.dilation[axis] * (g.kernel[axis] - 1) - g.padding[axis] for g in (a, b))
        if any((pad - g.padding[axis]) % step for g in (a, b)):
            return "the taps of the kernels lie on different grids"
        kernel.append((last + pad) // step + 1)
        padding.append(pad)
        dilation.append(step)
    groups = math.gcd(a.groups, b.groups)
    return replace(a, groups=groups, kernel=tuple(kernel), padding=tuple(padding), dilation=tuple(dilation))


def placed(weight: Tensor, at: Geometry, into: Geometry) -> Tensor:
    """Embed a weight of geometry `at` in the larger geometry `into`, with zeros elsewhere."""
    spread = spread_groups(weight, at.groups, into.groups)
    wide = spread.new_zeros(into.weight_shape)
    taps = [slice(None), slice(None)]
    for axis, count in enumerate(at.kernel):
        step = at.dilation[axis] // into.dilation[axis] if count > 1 else 1
        first = (into.padding[axis] - at.padding[axis]) // into.dilation[axis]
        taps.append(slice(first, first + step * (count - 1) + 1, step))
    wide[tuple(taps)] = spread
    return wide


def spread_groups(weight: Tensor, groups: int, fewer: int) -> Tensor:
    """Expand a weight (O, I / groups, *kernel) to (O, I / fewer, *kernel), with zeros between the groups."""
    if groups == fewer:
        return weight
    merged = groups // fewer
    blocks = weight.reshape(fewer, merged, weight.shape[0] // groups, weight.shape[1], *weight.shape[2:])
    wide = weight.new_zeros(fewer, merged, blocks.shape[2], merged, *weight.shape[1:])
    each = torch.arange(merged)
    wide[:, each, :, each] = blocks.transpose(0, 1)
    return wide.reshape(weight.shape[0], weight.shape[1] * merged, *weight.shape[2:])


def set_geometry(node: fx.Node, geometry: Geometry) -> None:
    """Change the arguments of a linear layer or convolution, whose weights were already replaced, to this geometry."""
    if geometry.kind == "convolution":
        bound = arguments(node)
        node.target = _CONVOLUTIONS[len(geometry.kernel)]
        spacing = ([*geometry.stride], [*geometry.padding], [*geometry.dilation], geometry.groups)
        node.args, node.kwargs = (bound["input"], bound["weight"], bound["bias"], *spacing), {}
    refresh(node)
