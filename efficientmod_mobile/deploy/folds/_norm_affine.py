"""The affine of a normalisation is folded into the linear layers that read it: into all of them, or none.

    norm(x) = n(x) * w + beta          n has no parameters; w, beta per channel
    W (n * w + beta) + b = (W w) n + (b + W beta)

It is folded through permutes, reshapes, selections and averages over positions, e.g. that of a final norm through the
mean into the head. Not into a layer that pads with zeros, which would have to pad with beta. (LayerNorm: Ba et
al. 2016; GroupNorm: Wu & He 2018; RMSNorm: Zhang & Sennrich 2019.)
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import ReaderFold, Refuse, into_readers
from efficientmod_mobile.deploy.program import arguments, is_call, is_computed, set_argument, shape, tensor_of

aten = torch.ops.aten

_OVER_LAST_AXES = (aten.layer_norm.default, aten.rms_norm.default)
_OVER_GROUPS = (aten.group_norm.default, aten.instance_norm.default)


@dataclass(frozen=True)
class NormFold:
    """The norm, and the folds of its affine into layers."""

    node: fx.Node
    folds: tuple[ReaderFold, ...]


@register
class NormAffineIntoReaders(Transform[NormFold]):
    """Fold the scale and shift of a LayerNorm, GroupNorm, InstanceNorm or RMSNorm into every layer that reads it."""

    name: ClassVar[str] = "norm_affine_into_readers"

    def check(self, node: fx.Node) -> NormFold | Refuse | None:
        """Match a norm with an affine that only linear layers read."""
        if not is_call(node, *_OVER_LAST_AXES, *_OVER_GROUPS):
            return None
        bound = arguments(node)
        weight, bias = bound["weight"], bound.get("bias")
        scale, shift = tensor_of(weight), tensor_of(bias)
        if weight is None and bias is None:
            return None
        if is_computed(weight) or is_computed(bias):
            return Refuse("its scale and shift are computed at run time")
        if is_call(node, *_OVER_LAST_AXES) and len(bound["normalized_shape"]) != 1:
            return Refuse("its scale and shift differ between positions")
        axis = len(shape(node)) - 1 if is_call(node, *_OVER_LAST_AXES) else 1
        if scale is None:
            scale = torch.ones_like(shift)  # type: ignore[arg-type]
        folds = into_readers(node, axis, scale, shift)
        return folds if isinstance(folds, Refuse) else NormFold(node, folds)

    def rewrite(self, match: NormFold) -> None:
        """Change the layers' weights and remove the norm's affine."""
        for fold in match.folds:
            fold.write()
        for argument in ("weight", "bias"):
            if argument in arguments(match.node):
                set_argument(match.node, argument, None)
