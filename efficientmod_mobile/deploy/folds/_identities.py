"""Operations that change nothing in a deployed network are removed.

dropout(x) = x                                     in evaluation mode, also its alpha and feature forms
clone(x) = contiguous(x) = detach(x) = x           a functional graph has no strides and no gradients
x + 0 = x - 0 = x * 1 = x / 1 = x
reshape, expand, slice, permute, to(dtype) = x     if shape, order and dtype are the same
pad(x) = x                                         if the padding is 0
"""

from typing import Any, ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import arguments, is_call, replace, shape

aten = torch.ops.aten

_DROPOUTS = (aten.alpha_dropout.default, aten.dropout.default, aten.feature_dropout.default)
_COPIES = (
    aten.alias.default,
    aten.clone.default,
    aten.contiguous.default,
    aten.detach.default,
    aten.lift_fresh_copy.default,
)
# Equal to their input if the result has the same shape and dtype.
_SHAPERS = (
    aten._to_copy.default,
    aten.adaptive_avg_pool2d.default,
    aten.expand.default,
    aten.flatten.using_ints,
    aten.repeat.default,
    aten.reshape.default,
    aten.slice.Tensor,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.to.dtype,
    aten.to.dtype_layout,
    aten.type_as.default,
)
_PADS = (aten.constant_pad_nd.default, aten.pad.default)
_NEUTRAL = {aten.add.Tensor: 0, aten.sub.Tensor: 0, aten.mul.Tensor: 1, aten.div.Tensor: 1}


@register
class Identity(Transform[fx.Node]):
    """Remove operations whose result is their input."""

    name: ClassVar[str] = "identity"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match an operation whose result is its input; refuse a dropout in training mode."""
        if is_call(node, *_DROPOUTS) and arguments(node)["train"] and arguments(node)["p"] > 0:
            return Refuse("the dropout is in training mode and draws random numbers")
        return node if _is_identity(node) else None

    def rewrite(self, match: fx.Node) -> None:
        """Replace the operation by its input."""
        replace(match, match.all_input_nodes[0])


def _is_identity(node: fx.Node) -> bool:
    if is_call(node, *_DROPOUTS, *_COPIES):
        return True
    if not node.all_input_nodes or not is_call(node, *_SHAPERS, *_PADS, *_NEUTRAL, aten.permute.default):
        return False
    before, after = node.all_input_nodes[0].meta["val"], node.meta["val"]
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    if is_call(node, aten.permute.default):
        return [axis % len(shape(node)) for axis in arguments(node)["dims"]] == list(range(len(shape(node))))
    if is_call(node, *_PADS):
        return not any(arguments(node)["pad"])
    return is_call(node, *_SHAPERS) or _adds_nothing(node)


def _adds_nothing(node: fx.Node) -> bool:
    first, second, *_ = node.args
    neutral: Any = _NEUTRAL[node.target]  # type: ignore[index]
    if isinstance(first, fx.Node):
        return isinstance(second, (int, float)) and second == neutral
    return first == neutral and is_call(node, aten.add.Tensor, aten.mul.Tensor) and arguments(node).get("alpha", 1) == 1
