"""Affine operations, scale * x + shift, with the two constants of each; both broadcast to the result.

x * c, c * x, x / c     scale c or 1 / c
x + c, c + x, x - c     shift c or -c
batch_norm(x)           scale w / sqrt(var + eps), shift b - mean * scale    (Ioffe & Szegedy 2015)
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.analysis._refusal import Refuse
from efficientmod_mobile.deploy.program import arguments, is_call, is_computed, shape, tensor_of

aten = torch.ops.aten

_CONSTANT_OPERATORS = (aten.mul.Tensor, aten.div.Tensor, aten.add.Tensor, aten.sub.Tensor)


@dataclass(frozen=True)
class Affine:
    """`node` computes scale * source + shift; both broadcast to the shape of `source`, which is also the result's."""

    node: fx.Node
    source: fx.Node
    scale: Tensor
    shift: Tensor | None

    def per_channel(self) -> tuple[int | None, Tensor, Tensor | None] | None:
        """Return the axis along which the constants vary, and both along it; None if they vary along several axes.

        The axis is None, and the vectors have one element, if the constants are scalars.
        """
        rank = len(shape(self.source))
        constants = [constant for constant in (self.scale, self.shift) if constant is not None]
        shapes = [(1,) * (rank - constant.ndim) + tuple(constant.shape) for constant in constants]
        full = tuple(max(sizes) for sizes in zip(*shapes, strict=True))
        axes = [axis for axis, size in enumerate(full) if size > 1]
        if len(axes) > 1:
            return None
        vectors = [constant.expand(full).flatten() for constant in constants]
        return axes[0] if axes else None, vectors[0], vectors[1] if self.shift is not None else None


def batch_norm(node: fx.Node) -> Affine | Refuse | None:
    """Read a BatchNorm as a scale and a shift; refuse one whose statistics or affine are not constants."""
    if not is_call(node, aten.batch_norm.default):
        return None
    bound = arguments(node)
    mean, variance = tensor_of(bound["running_mean"]), tensor_of(bound["running_var"])
    if bound["training"] or mean is None or variance is None:
        return Refuse("its statistics are computed from the input, not constants")
    if is_computed(bound["weight"]) or is_computed(bound["bias"]):
        return Refuse("its scale or shift is computed at run time")
    weight, bias = tensor_of(bound["weight"]), tensor_of(bound["bias"])
    scale = torch.rsqrt(variance + bound["eps"])
    scale = scale if weight is None else weight * scale
    shift = -mean * scale if bias is None else bias - mean * scale
    source = bound["input"]
    per_channel = (-1, *(1,) * (len(shape(source)) - 2))
    return Affine(node, source, scale.reshape(per_channel), shift.reshape(per_channel))


def constant_operation(node: fx.Node) -> Affine | None:
    """Read a product, quotient, sum or difference with a constant; None for anything else."""
    if not is_call(node, *_CONSTANT_OPERATORS):
        return None
    first, second = node.args[:2]
    commutes = is_call(node, aten.mul.Tensor) or (is_call(node, aten.add.Tensor) and "alpha" not in node.kwargs)
    if commutes and not _is_constant(second):
        first, second = second, first
    if not isinstance(first, fx.Node) or not _is_constant(second) or _is_constant(first):
        return None
    value = first.meta["val"]
    if (
        not value.dtype.is_floating_point
        or value.dtype != node.meta["val"].dtype
        or value.shape != node.meta["val"].shape
    ):
        return None
    held = tensor_of(second)
    constant = torch.as_tensor(second if held is None else held, dtype=value.dtype)
    one = torch.ones((), dtype=value.dtype)
    if is_call(node, aten.mul.Tensor):
        return Affine(node, first, constant, None)
    if is_call(node, aten.div.Tensor):
        return None if bool((constant == 0).any()) else Affine(node, first, one / constant, None)
    sign = -1 if is_call(node, aten.sub.Tensor) else 1
    return Affine(node, first, one, sign * float(arguments(node)["alpha"]) * constant)


def _is_constant(operand: Any) -> bool:
    return tensor_of(operand) is not None or isinstance(operand, (int, float))
