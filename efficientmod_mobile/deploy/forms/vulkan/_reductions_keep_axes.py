"""A reduction that drops its axes keeps them, and a reshape drops them.

    mean(x, axes) = reshape(mean(x, axes, keepdim))                     also sum, amax and amin
    adaptive_avg_pool2d(x, 1) = mean(x, (H, W), keepdim)
    adaptive_avg_pool2d(x, (H/p, W/q)) = avg_pool2d(x) with windows of p x q

ExecuTorch's Vulkan partitioner leaves a reduction without `keepdim` outside the delegate, and adaptive pooling, or
a part of what ExecuTorch makes of it.
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
    """Let reductions keep their axes, and pool to one pixel by a mean, to more by windows."""

    name: ClassVar[str] = "reductions_keep_axes"

    def check(self, node: fx.Node) -> fx.Node | None:
        """Match a reduction that drops its axes, and a pooling of (N, C, H, W) in windows of one size."""
        if is_call(node, aten.adaptive_avg_pool2d.default):
            pairs = zip(shape(node.all_input_nodes[0])[2:], shape(node)[2:], strict=True)
            return node if len(shape(node)) == 4 and all(old % new == 0 for old, new in pairs) else None
        return node if is_call(node, *_REDUCTIONS) and not arguments(node)["keepdim"] else None

    def rewrite(self, match: fx.Node) -> None:
        """Write the twin that keeps the axes, and the reshape; or the mean, or the windows."""
        if is_call(match, aten.adaptive_avg_pool2d.default):
            (image,) = match.all_input_nodes
            window = [old // new for old, new in zip(shape(image)[2:], shape(match)[2:], strict=True)]
            if shape(match)[2:] == (1, 1):
                replace(match, emit(match, aten.mean.dim, (image, [2, 3], True)))
            else:
                replace(match, emit(match, aten.avg_pool2d.default, (image, window, window)))
            return
        kept = emit(match, match.target, match.args, match.kwargs)
        set_argument(kept, "keepdim", True)
        refresh(kept)
        replace(match, emit(match, aten.reshape.default, (kept, list(shape(match)))))
