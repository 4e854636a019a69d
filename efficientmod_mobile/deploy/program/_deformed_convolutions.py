"""Torchvision's deformable convolutions, which no runtime has, as pictures that are sampled and one product.

y(p) = bias + sum over taps k of W(k) m(k, p) x(p s - padding + k d + offset(k, p))

x at a place between pixels is the bilinear mean of four, 0 outside: that is grid_sample. All taps are sampled at once,
one below the other; what they give is joined as channels for a 1 x 1 convolution with the same weights. Every group of
channels may have offsets of its own. (Dai et al. 2017; m, the modulation: Zhu et al. 2019.)
"""

from typing import Any

import torch
from torch import Tensor, fx
from torch._ops import OpOverload

from efficientmod_mobile.deploy.program._graph import add_parameter, arguments, emit, replace, shape

aten = torch.ops.aten

_BILINEAR, _ZEROS = 0, 0


def without_deformed_convolutions(graph: fx.Graph) -> None:
    """Rewrite every deformable convolution of a graph, which belongs to a module."""
    for node in list(graph.nodes):
        target = node.target
        if isinstance(target, OpOverload) and (target.namespace, target._opname) == ("torchvision", "deform_conv2d"):
            replace(node, _written(node, arguments(node)))


def _written(node: fx.Node, bound: dict[str, Any]) -> fx.Node:
    image, weight, parts = bound["input"], bound["weight"], bound["offset_groups"]
    channels, (height, width) = shape(image)[1] // parts, shape(node)[2:]
    outputs, _, *kernel = shape(weight)
    taps = kernel[0] * kernel[1]
    rows, columns = _starts(bound, kernel, height, width)
    held = [add_parameter(node, f"{node.name}_{name}", one) for name, one in (("rows", rows), ("columns", columns))]
    sampled = []
    for part in range(parts):
        picture = emit(node, aten.slice.Tensor, (image, 1, part * channels, (part + 1) * channels))
        places = [
            _scaled(node, _offsets(node, bound["offset"], 2 * part * taps + axis, taps), start, size)
            for axis, start, size in zip((1, 0), reversed(held), reversed(shape(image)[2:]), strict=True)
        ]
        grid = emit(node, aten.cat.default, (places, 3))
        values = emit(node, aten.grid_sampler.default, (picture, grid, _BILINEAR, _ZEROS, False))
        if bound["use_mask"]:
            mask = emit(node, aten.slice.Tensor, (bound["mask"], 1, part * taps, (part + 1) * taps))
            mask = emit(node, aten.reshape.default, (mask, [shape(image)[0], 1, taps * height, width]))
            values = emit(node, aten.mul.Tensor, (values, mask))
        sampled.append(emit(node, aten.reshape.default, (values, [shape(image)[0], channels * taps, height, width])))
    joined = sampled[0] if parts == 1 else emit(node, aten.cat.default, (sampled, 1))
    kernels = emit(node, aten.reshape.default, (weight, [outputs, -1, 1, 1]))
    product = (joined, kernels, bound["bias"], [1, 1], [0, 0], [1, 1], bound["groups"])
    return emit(node, aten.conv2d.default, product)


def _starts(bound: dict[str, Any], kernel: list[int], height: int, width: int) -> tuple[Tensor, Tensor]:
    """The rows and columns (1, taps * H, W, 1) that the taps read without offsets, in pixels."""
    axes = []
    for axis, taps, size in (("h", kernel[0], height), ("w", kernel[1], width)):
        first = torch.arange(size) * bound[f"stride_{axis}"] - bound[f"pad_{axis}"]
        axes.append(torch.arange(taps)[:, None] * bound[f"dilation_{axis}"] + first)  # (taps, size)
    rows = axes[0][:, None, :, None].expand(kernel[0], kernel[1], height, width)
    columns = axes[1][None, :, None, :].expand(kernel[0], kernel[1], height, width)
    return rows.reshape(1, -1, width, 1).float(), columns.reshape(1, -1, width, 1).float()


def _offsets(node: fx.Node, offset: fx.Node, first: int, taps: int) -> fx.Node:
    """Every second channel from the first on, as (N, taps * H, W, 1)."""
    batch, _, height, width = shape(offset)
    own = emit(node, aten.slice.Tensor, (offset, 1, first, first + 2 * taps - 1, 2))
    return emit(node, aten.reshape.default, (own, [batch, taps * height, width, 1]))


def _scaled(node: fx.Node, offsets: fx.Node, start: fx.Node, size: int) -> fx.Node:
    """Places in pixels as grid_sample counts them, from -1 to 1."""
    place = emit(node, aten.add.Tensor, (offsets, start))
    return emit(node, aten.add.Tensor, (emit(node, aten.mul.Tensor, (place, 2 / size)), 1 / size - 1))
