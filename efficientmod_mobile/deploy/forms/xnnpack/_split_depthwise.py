"""A depthwise convolution with a large kernel becomes a sum of depthwise convolutions with small, dilated ones.

    y[p] = sum_k w[k] x[p + k]  =  sum_i sum_{k in K_i} w[k] x[p + k]         the kernel's taps K = K_1 + K_2 + ...

XNNPACK, which ExecuTorch and TFLite use on a phone's CPU, has depthwise kernels for up to 25 taps; a larger one runs
as a general convolution of one channel per group, which uses one lane of the vector unit. Each K_i is a grid of at most
25 taps, evenly spaced and symmetric about the kernel's centre: a dilated convolution with equal padding on both sides,
which needs no other padding or slicing. The border is computed as in the original, for any stride.
A 7x7 kernel becomes 3x7 + 4x5 + 4x2 taps: every second row, the rows between without the outer columns, and
these columns.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Layer, Refuse, bias_name, layer_of
from efficientmod_mobile.deploy.forms.xnnpack._depthwise_kernels import (
    DEPTHWISE_TAPS,
    Grid,
    best_grids,
    spacing,
)
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace

aten = torch.ops.aten

LARGEST_KERNEL = 11


@dataclass(frozen=True)
class DepthwiseSplit:
    """A depthwise convolution, and the grids of rows and columns into which its kernel is split."""

    layer: Layer
    grids: tuple[Grid, ...]


@register
class SplitDepthwise(Transform[DepthwiseSplit]):
    """Split depthwise convolutions of more than 25 taps."""

    name: ClassVar[str] = "split_depthwise"

    def check(self, node: fx.Node) -> DepthwiseSplit | Refuse | None:
        """Match a depthwise convolution with more taps than XNNPACK's largest depthwise kernel."""
        if not is_call(node, aten.conv2d.default, aten.conv2d.padding):
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse):
            return layer if arguments(node)["groups"] > 1 else None
        rows, columns = layer.kernel
        if layer.groups == 1 or tuple(layer.weight.shape[:2]) != (layer.groups, 1) or rows * columns <= DEPTHWISE_TAPS:
            return None
        if max(rows, columns) > LARGEST_KERNEL:
            return Refuse(f"its kernel is larger than {LARGEST_KERNEL} x {LARGEST_KERNEL}")
        if layer.padding is None:
            return Refuse("it has different padding on its two sides")
        _, grids = best_grids(tuple(range(rows)), tuple(range(columns)))
        for grid in grids:
            if min(_padding(layer, grid)) < 0:
                return Refuse("its padding is smaller than the kernel's border, which some grids leave out")
        return DepthwiseSplit(layer, grids)

    def rewrite(self, match: DepthwiseSplit) -> None:
        """Write a convolution per grid and their sum; the first has the bias."""
        node, layer = match.layer.node, match.layer
        name = str(arguments(node)["weight"].target)
        total: fx.Node | None = None
        for grid in match.grids:
            rows, columns = grid
            weight = add_parameter(node, name, layer.weight[:, :, list(rows)][:, :, :, list(columns)])
            bias = None
            if total is None and layer.bias is not None:
                bias = add_parameter(node, bias_name(name), layer.bias)
            dilation = [spacing(taps) * scale for taps, scale in zip(grid, layer.dilation, strict=True)]
            geometry = (list(layer.stride), _padding(layer, grid), dilation, layer.groups)
            part = emit(node, aten.conv2d.default, (layer.input, weight, bias, *geometry))
            total = part if total is None else emit(node, aten.add.Tensor, (total, part))
        if total is not None:
            replace(node, total)


def _padding(layer: Layer, grid: Grid) -> list[int]:
    if layer.padding is None:
        raise AssertionError("check refuses uneven padding")
    return [
        padding - taps[0] * dilation
        for padding, taps, dilation in zip(layer.padding, grid, layer.dilation, strict=True)
    ]
