"""A reduction that drops its axes keeps them, and a reshape drops them.

    mean(x, axes) = reshape(mean(x, axes, keepdim))                     also sum, amax and amin
    adaptive_avg_pool2d(x, 1) = mean(x, (H, W), keepdim)

ExecuTorch's Vulkan partitioner leaves a reduction without `keepdim` outside the delegate, and a part of what ExecuTorch
makes of a pooling to one pixel.
"""

from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.program import arguments, emit, is_call, refresh, replace, set_argument, shape

aten = torch.ops.aten

_REDUCTIONS = (aten.mean.dim, aten.sum.dim_IntList, aten.amax.default, aten.amin.default)


@register
class ReductionsKeepAxes(Transform[fx.Node]):
    """Let reductions keep their axes, and pool to one pixel by a mean."""

    name: ClassVar[str] = "reductions_keep_axes"

    def check(self, node: fx.Node) -> fx.Node | None:
        """Match a reduction that drops its axes, and a pooling of (N, C, H, W) to one pixel."""
        if is_call(node, aten.adaptive_avg_pool2d.default):
            return node if shape(node)[2:] == (1, 1) else None
        return node if is_call(node, *_REDUCTIONS) and not arguments(node)["keepdim"] else None

    def rewrite(self, match: fx.Node) -> None:
        """Write the twin that keeps the axes, and the reshape; or the mean."""
        if is_call(match, aten.adaptive_avg_pool2d.default):
            replace(match, emit(match, aten.mean.dim, (match.all_input_nodes[0], [2, 3], True)))
            return
        kept = emit(match, match.target, match.args, match.kwargs)
        set_argument(kept, "keepdim", True)
        refresh(kept)
        replace(match, emit(match, aten.reshape.default, (kept, list(shape(match)))))
