"""The mean over an image in the form that XNNPACK has, and over a large one column by column.

    mean(x, (2, 3))     =  reshape(mean(x, (2, 3), keepdim))
    mean over H x W     =  mean over W of (mean over H)             avg_pool2d with a window of H x 1, then the mean

XNNPACK adds up the rows of pixels one after the other in float32: the sum of n terms in that way is off by up to n
units in the last place, that of columns and then of their means by H + W. (Higham 1993, "The accuracy of floating
point summation".)
"""

from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._graph import arguments, emit, is_call, replace, shape
from efficientmod_mobile.deploy._transform import Transform, register

aten = torch.ops.aten

_LARGE = 1024
"""Pixels. Up to here the sum is off by no more than the layers around it are."""


@register
class GlobalMean(Transform[fx.Node]):
    """Keep the axes that a mean is taken over, and average the columns of large images first."""

    name: ClassVar[str] = "global_mean"

    def check(self, node: fx.Node) -> fx.Node | None:
        """Match a mean over the last two axes of an image (N, C, H, W), if it is large or its axes vanish."""
        if not _is_global_mean(node):
            return None
        return node if len(shape(node)) == 2 or _is_large(node) else None

    def rewrite(self, match: fx.Node) -> None:
        """Write the pooling of columns, the mean and the reshape, as many of them as it takes."""
        image = match.all_input_nodes[0]
        if _is_large(match):
            window = [shape(image)[2], 1]
            image = emit(match, aten.avg_pool2d.default, (image, window, window, [0, 0], False, False))
        mean = emit(match, aten.mean.dim, (image, [2, 3], True))
        if len(shape(match)) == 2:
            mean = emit(match, aten.reshape.default, (mean, list(shape(match))))
        replace(match, mean)


def _is_global_mean(node: fx.Node) -> bool:
    if is_call(node, aten.adaptive_avg_pool2d.default):
        return len(shape(node)) == 4 and list(arguments(node)["output_size"]) == [1, 1]
    if not is_call(node, aten.mean.dim) or len(shape(node.all_input_nodes[0])) != 4:
        return False
    bound = arguments(node)
    return bound["dtype"] is None and sorted(axis % 4 for axis in bound["dim"] or ()) == [2, 3]


def _is_large(node: fx.Node) -> bool:
    height, width = shape(node.all_input_nodes[0])[2:]
    return height * width > _LARGE and min(height, width) > 1
