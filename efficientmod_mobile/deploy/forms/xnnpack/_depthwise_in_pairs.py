"""A large depthwise kernel becomes one of groups of two channels, with zeros between the two.

    y_c = w_c * x_c    ->    (y_c, y_d) = ((w_c, 0), (0, w_d)) * (x_c, x_d)        d = c + 1, c even

XNNPACK has no depthwise convolution of int8 weights with inputs that are rounded in each run, but a grouped one. Two
bytes a weight are half of float32's four, and the runtime's general convolution of so few channels is slower. So this
is for kernels of many weights, which belong to small pictures: EfficientNet-Lite0's three largest have 28,800 at 7x7
pixels; with them its file is 0.280 of the float32 file, without them 0.288.
"""

from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Layer, Refuse, layer_of
from efficientmod_mobile.deploy.program import is_call, set_argument

aten = torch.ops.aten

LEAST_WEIGHTS = 20_000


@register
class DepthwiseInPairs(Transform[Layer]):
    """Write depthwise convolutions of many weights in groups of two channels."""

    name: ClassVar[str] = "depthwise_in_pairs"

    def check(self, node: fx.Node) -> Layer | Refuse | None:
        """Match a depthwise convolution over pictures of an even number of channels and LEAST_WEIGHTS or more."""
        if not is_call(node, aten.conv2d.default, aten.conv2d.padding):
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse) or tuple(layer.weight.shape[:2]) != (layer.groups, 1) or layer.groups == 1:
            return None
        if layer.weight.numel() < LEAST_WEIGHTS:
            return None
        return Refuse("it has an odd number of channels") if layer.groups % 2 else layer

    def rewrite(self, match: Layer) -> None:
        """Write the kernel with zeros, and half the groups."""
        kernel = match.weight.detach()
        pairs = kernel.new_zeros(len(kernel), 2, *match.kernel)
        for place in range(2):
            pairs[place::2, place] = kernel[place::2, 0]
        match.write(pairs, match.bias)
        set_argument(match.node, "groups", match.groups // 2)
