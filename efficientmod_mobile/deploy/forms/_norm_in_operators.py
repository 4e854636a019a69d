"""A normalisation over channels is written in operators that every runtime supports, its statistics as a linear layer.

    m = linear(x, 1/C ... 1/C)                        the mean over channels
    s = linear((x - m)^2, 1/C ... 1/C, eps)           the variance plus eps
    LayerNorm(x) = (x - m) * rsqrt(s) * w + b         (Ba et al. 2016)
    RMSNorm(x)   = x * rsqrt(linear(x^2, 1/C ... 1/C, eps)) * w            (Zhang & Sennrich 2019)
    GroupNorm(1 group): m and s also averaged over H and W                  (Wu & He 2018)

Where x is large and the runtime computes in float16, its squares are computed as (2^-k x) x, which 2^k / C undoes in
the linear layer; where the mean of the squares is too large as well, the norm is one of 2^-h x with 4^-h eps
(`analysis/_squares_of_norms.py`).

No mobile runtime supports LayerNorm over the channels of a channels-first tensor, and some run LayerNorm itself outside
their accelerated path; a matrix product with one row, rsqrt and products with broadcasting are fast in all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse, largest_squared, scale_of_squares, shrink_of_norm
from efficientmod_mobile.deploy.program import (
    Program,
    add_parameter,
    arguments,
    emit,
    is_call,
    replace,
    shape,
    tensor_of,
)

aten = torch.ops.aten

_OVER_LAST_AXIS = (aten.layer_norm.default, aten.rms_norm.default)


@dataclass(frozen=True)
class Norm:
    """The norm, and its affine if it has one. `scale` is the factor of its squares, 2^-k, `shrink` that of x, 2^-h."""

    node: fx.Node
    weight: fx.Node | None
    bias: fx.Node | None
    eps: float
    scale: float
    shrink: float


@register
@dataclass(frozen=True)
class NormInOperators(Transform[Norm]):
    """Write LayerNorm, RMSNorm and GroupNorm of one group as linear layers, rsqrt and products.

    With `float16` the squares of large numbers are scaled; `largest` is what the norms of the program square at most.
    """

    name: ClassVar[str] = "norm_in_operators"
    float16: bool = False
    largest: Mapping[fx.Node, float] = field(default_factory=dict, compare=False)

    def of(self, program: Program) -> "NormInOperators":
        """For float16, the same with what the norms of a program square on its examples."""
        return NormInOperators(self.float16, largest_squared(program)) if self.float16 else self

    def check(self, node: fx.Node) -> Norm | Refuse | None:
        """Match a norm over the last axis, or of one group."""
        if not is_call(node, *_OVER_LAST_AXIS, aten.group_norm.default):
            return None
        bound = arguments(node)
        if is_call(node, *_OVER_LAST_AXIS) and len(bound["normalized_shape"]) != 1:
            return Refuse("it normalises several axes, each element with its own scale and shift")
        if is_call(node, aten.group_norm.default) and (bound["num_groups"] != 1 or len(shape(node)) != 4):
            return Refuse("it normalises several groups of channels, or its input is not (N, C, H, W)")
        largest, eps = self.largest.get(node, 0.0), float(bound["eps"])
        shrink = shrink_of_norm(largest, eps)
        scale = scale_of_squares(shrink * largest)
        return Norm(node, bound["weight"], bound.get("bias"), eps * shrink**2, scale, shrink)

    def rewrite(self, match: Norm) -> None:
        """Write the operators; the affine only if there is one."""
        node = match.node
        x = node.args[0]
        if not isinstance(x, fx.Node):
            raise AssertionError(f"{node.name} reads no tensor")
        if not is_call(node, aten.rms_norm.default):
            x = emit(node, aten.sub.Tensor, (x, _average(node, x, None)))
        if match.shrink != 1.0:
            x = emit(node, aten.mul.Tensor, (x, match.shrink))
        smaller = x if match.scale == 1.0 else emit(node, aten.mul.Tensor, (x, match.scale))
        square = emit(node, aten.mul.Tensor, (smaller, x))
        inverse = emit(node, aten.rsqrt.default, (_average(node, square, match.eps, 1 / match.scale),))
        y = emit(node, aten.mul.Tensor, (x, inverse))
        for operator, constant in ((aten.mul.Tensor, match.weight), (aten.add.Tensor, match.bias)):
            if constant is not None:
                y = emit(node, operator, (y, _along_channels(node, constant)))
        replace(node, y)


def _average(node: fx.Node, x: fx.Node, shift: float | None, factor: float = 1.0) -> fx.Node:
    """Insert the mean of x over the norm's axes times a factor, with one channel, plus a shift."""
    grouped = is_call(node, aten.group_norm.default)
    channels = shape(x)[1 if grouped else -1]
    dtype = x.meta["val"].dtype
    size = (1, channels, 1, 1) if grouped else (1, channels)
    weight = add_parameter(node, f"{node.name}_mean_weight", torch.full(size, factor / channels, dtype=dtype))
    arguments_: list[Any] = [x, weight]
    if shift is not None:
        arguments_.append(add_parameter(node, f"{node.name}_mean_bias", torch.full((1,), shift, dtype=dtype)))
    if not grouped:
        return emit(node, aten.linear.default, tuple(arguments_))
    return emit(node, aten.mean.dim, (emit(node, aten.conv2d.default, tuple(arguments_)), [2, 3], True))


def _along_channels(node: fx.Node, constant: fx.Node) -> fx.Node:
    return per_channel(node, constant) if is_call(node, aten.group_norm.default) else constant


def per_channel(node: fx.Node, constant: fx.Node) -> fx.Node:
    """Insert a vector (C,) as (C, 1, 1): a new parameter if it is one, else a reshape."""
    held = tensor_of(constant)
    if held is None:
        return emit(node, aten.reshape.default, (constant, [-1, 1, 1]))
    return add_parameter(node, str(constant.target), held.reshape(-1, 1, 1))
