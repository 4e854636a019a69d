"""A norm of large numbers is written so that its squares are numbers of float16.

    c = x - mean(x)                                   LayerNorm, GroupNorm of one group; c = x for RMSNorm
    y = c * rsqrt(mean((s c) c) / s + eps) * w + b,   s = 2^-k

Where the mean is too large as well, c is 2^-h c and eps 4^-h eps. `analysis/_squares_of_norms.py` says which are large.
Others stay as they are. (Ba et al. 2016; Zhang & Sennrich 2019; Wu & He 2018.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse, largest_squared, scale_of_squares, shrink_of_norm
from efficientmod_mobile.deploy.forms._norm_in_operators import per_channel
from efficientmod_mobile.deploy.program import Program, arguments, emit, is_call, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class LargeNorm:
    """The norm, the axes of its statistics, s, and 2^-h."""

    node: fx.Node
    axes: tuple[int, ...]
    scale: float
    shrink: float


@register
@dataclass(frozen=True)
class LargeNorms(Transform[LargeNorm]):
    """Write norms of large numbers as means, products and rsqrt.

    `largest` is what the norms of the program square at most.
    """

    name: ClassVar[str] = "large_norms"
    largest: Mapping[fx.Node, float] = field(default_factory=dict, compare=False)

    def of(self, program: Program) -> "LargeNorms":
        """The same with what the norms of a program square on its examples."""
        return LargeNorms(largest_squared(program))

    def check(self, node: fx.Node) -> LargeNorm | Refuse | None:
        """Match a norm of large numbers."""
        largest = self.largest.get(node, 0.0)
        if scale_of_squares(largest) == 1.0:
            return None
        bound = arguments(node)
        shrink = shrink_of_norm(largest, float(bound["eps"]))
        scale = scale_of_squares(shrink * largest)
        if not is_call(node, aten.group_norm.default):
            return LargeNorm(node, tuple(range(-len(bound["normalized_shape"]), 0)), scale, shrink)
        if bound["num_groups"] != 1:
            return Refuse("it normalises several groups of channels, whose squares may be beyond float16")
        return LargeNorm(node, tuple(range(1, len(shape(node)))), scale, shrink)

    def rewrite(self, match: LargeNorm) -> None:
        """Write the operators; the affine only if there is one."""
        node, bound = match.node, arguments(match.node)
        x, axes = bound["input"], list(match.axes)
        if not is_call(node, aten.rms_norm.default):
            x = emit(node, aten.sub.Tensor, (x, emit(node, aten.mean.dim, (x, axes, True))))
        if match.shrink != 1.0:
            x = emit(node, aten.mul.Tensor, (x, match.shrink))
        square = emit(node, aten.mul.Tensor, (emit(node, aten.mul.Tensor, (x, match.scale)), x))
        variance = emit(node, aten.mul.Tensor, (emit(node, aten.mean.dim, (square, axes, True)), 1 / match.scale))
        inverse = emit(
            node, aten.rsqrt.default, (emit(node, aten.add.Tensor, (variance, float(bound["eps"]) * match.shrink**2)),)
        )
        y = emit(node, aten.mul.Tensor, (x, inverse))
        for operator, name in ((aten.mul.Tensor, "weight"), (aten.add.Tensor, "bias")):
            constant = bound.get(name)
            if constant is not None:
                along = per_channel(node, constant) if is_call(node, aten.group_norm.default) else constant
                y = emit(node, operator, (y, along))
        replace(node, y)
