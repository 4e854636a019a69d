"""The scale and shift of an image's channels are written as one batch norm, for Core ML.

    w x + b  =  batch_norm(x)        mean 0, variance 1, weight w sqrt(1 + eps), bias b

coremltools makes a batch norm of the two by itself, but leaves the norm's eps of 1e-5 out of the weight: each such
result is 5e-6 of itself too small (coremltools 9.0, `fuse_elementwise_to_batchnorm`).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.program import (
    add_parameter,
    arguments,
    emit,
    is_call,
    only_user,
    replace,
    shape,
    tensor_of,
)

aten = torch.ops.aten

EPS = 1e-5


@dataclass(frozen=True)
class ScaledAndShifted:
    """The sum, the image, and the scale and shift of each channel."""

    sum: fx.Node
    image: fx.Node
    scale: Tensor
    shift: Tensor


@register
class ScaleAndShiftAsNorm(Transform[ScaledAndShifted]):
    """Write a product and a sum with a constant for each channel as a batch norm."""

    name: ClassVar[str] = "scale_and_shift_as_norm"

    def check(self, node: fx.Node) -> ScaledAndShifted | None:
        """Match the sum of a product, nothing else reading the product, on a tensor (N, C, H, W) with C > 1."""
        outer = _with_constant(node, aten.add.Tensor)
        inner = _with_constant(outer[0], aten.mul.Tensor) if outer else None
        if outer is None or inner is None or only_user(outer[0]) is not node or arguments(node)["alpha"] != 1:
            return None
        return ScaledAndShifted(node, inner[0], inner[1], outer[1])

    def rewrite(self, match: ScaledAndShifted) -> None:
        """Put the norm in the place of the sum."""
        node = match.sum
        values = {
            "mean": torch.zeros_like(match.shift),
            "variance": torch.ones_like(match.shift),
            "scale": match.scale * math.sqrt(1 + EPS),
            "shift": match.shift,
        }
        held = {role: add_parameter(node, f"{node.name}_{role}", value) for role, value in values.items()}
        constants = (held["scale"], held["shift"], held["mean"], held["variance"])
        replace(node, emit(node, aten.batch_norm.default, (match.image, *constants, False, 0.0, EPS, False)))


def _with_constant(node: fx.Node, target: object) -> tuple[fx.Node, Tensor] | None:
    """The other operand of an operator one of whose operands is a constant for each channel, and that constant."""
    if not is_call(node, target):
        return None
    operands = [arguments(node)["self"], arguments(node)["other"]]
    for one, other in (operands, operands[::-1]):
        value = tensor_of(other)
        if not isinstance(one, fx.Node) or value is None or len(shape(one)) != 4 or shape(one) != shape(node):
            continue
        channels = shape(one)[1]
        if channels > 1 and tuple(value.shape) in ((channels, 1, 1), (1, channels, 1, 1)) and value.is_floating_point():
            return one, value.detach().reshape(channels)
    return None
