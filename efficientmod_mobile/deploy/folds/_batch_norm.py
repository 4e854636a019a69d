"""BatchNorm with constant statistics, a scale and a shift per channel, is folded into the layer before or after it.

before:   BN(W x + b) = (s W) x + (s b + t)          s = w / sqrt(var + eps), t = beta - mean s
after:    W BN(x) + b = (W s) x + (b + W t)          t = 0 where the layer pads with zeros: BN(0) = t is not 0
alone:    BN(x) = s x + t
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    Affine,
    ProducerFold,
    ReaderFold,
    Refuse,
    batch_norm,
    into_producer,
    into_readers,
)
from efficientmod_mobile.deploy.program import add_parameter, emit, module_path, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class Folded:
    """The BatchNorm, and the folds of it into layers."""

    norm: Affine
    folds: tuple[ProducerFold | ReaderFold, ...]

    def write(self) -> None:
        """Change the layers' weights and remove the norm."""
        for fold in self.folds:
            fold.write()
        replace(self.norm.node, self.norm.source)


@register
class BatchNormIntoProducer(Transform[Folded]):
    """Fold a BatchNorm into the linear layer or (transposed) convolution before it."""

    name: ClassVar[str] = "batch_norm_into_producer"

    def check(self, node: fx.Node) -> Folded | Refuse | None:
        """Match a BatchNorm of a layer's result that has no other user."""
        norm = batch_norm(node)
        if not isinstance(norm, Affine):
            return norm
        fold = into_producer(norm.source, node, norm.scale, norm.shift)
        return fold if isinstance(fold, Refuse) else Folded(norm, (fold,))

    def rewrite(self, match: Folded) -> None:
        """Scale the layer's weight, scale and shift its bias."""
        match.write()


@register
class BatchNormIntoReaders(Transform[Folded]):
    """Fold a BatchNorm into all linear layers and convolutions that read it."""

    name: ClassVar[str] = "batch_norm_into_readers"

    def check(self, node: fx.Node) -> Folded | Refuse | None:
        """Match a BatchNorm that only layers use, none of them padded unless the shift is zero."""
        norm = batch_norm(node)
        if not isinstance(norm, Affine):
            return norm
        shift = None if norm.shift is None else norm.shift.flatten()
        folds = into_readers(node, 1, norm.scale.flatten(), shift)
        return folds if isinstance(folds, Refuse) else Folded(norm, folds)

    def rewrite(self, match: Folded) -> None:
        """Scale the columns of the layers' weights, add the weighted shift to their biases."""
        match.write()


@register
class BatchNormAlone(Transform[Affine]):
    """Write a BatchNorm that was not folded as a depthwise 1x1 convolution, or as a product and a sum.

    For an image (N, C, H, W) the convolution reads memory once, is supported by every runtime's accelerator, and a
    following ReLU is fused into it. Otherwise it is x * s + t.
    """

    name: ClassVar[str] = "batch_norm_alone"

    def check(self, node: fx.Node) -> Affine | Refuse | None:
        """Match any BatchNorm with constant statistics."""
        return batch_norm(node)

    def rewrite(self, match: Affine) -> None:
        """Replace it by the convolution, or by the product and the sum."""
        node, source, scale = match.node, match.source, match.scale
        shift = torch.zeros_like(scale) if match.shift is None else match.shift
        name = module_path(node) or node.name
        channels = shape(source)[1]
        if len(shape(source)) == 4:
            weight = add_parameter(node, f"{name}.scale", scale.reshape(channels, 1, 1, 1))
            bias = add_parameter(node, f"{name}.shift", shift.flatten())
            alone = emit(node, aten.conv2d.default, (source, weight, bias, [1, 1], [0, 0], [1, 1], channels))
        else:
            scaled = emit(node, aten.mul.Tensor, (source, add_parameter(node, f"{name}.scale", scale)))
            alone = emit(node, aten.add.Tensor, (scaled, add_parameter(node, f"{name}.shift", shift)))
        replace(node, alone)
