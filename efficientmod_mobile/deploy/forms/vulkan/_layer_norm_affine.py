"""A LayerNorm without weight or bias gets them.

    LayerNorm(x) = LayerNorm(x) * 1 + 0

ExecuTorch's Vulkan runtime aborts when it loads a LayerNorm that lacks either. (Ba et al. 2016.)
"""

from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import add_parameter, arguments, is_call, set_argument

aten = torch.ops.aten


@register
class LayerNormAffine(Transform[fx.Node]):
    """Give ones and zeros to a LayerNorm over one axis."""

    name: ClassVar[str] = "layer_norm_affine"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match a LayerNorm that lacks weight or bias."""
        if not is_call(node, aten.layer_norm.default):
            return None
        bound = arguments(node)
        if len(bound["normalized_shape"]) != 1:
            return Refuse("it normalises several axes, which ExecuTorch's Vulkan runtime does not load")
        return node if bound["weight"] is None or bound["bias"] is None else None

    def rewrite(self, match: fx.Node) -> None:
        """Add what is missing."""
        bound = arguments(match)
        for argument, value in (("weight", 1.0), ("bias", 0.0)):
            if bound[argument] is None:
                constant = torch.full(tuple(bound["normalized_shape"]), value, dtype=match.meta["val"].dtype)
                set_argument(match, argument, add_parameter(match, f"{match.name}_{argument}", constant))
