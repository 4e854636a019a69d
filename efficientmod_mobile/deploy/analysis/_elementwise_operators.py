"""Operators that work element by element: those of one tensor, and those of two that broadcast."""

import torch

aten = torch.ops.aten

ELEMENTWISE = (
    aten.abs.default,
    aten.clamp.default,
    aten.elu.default,
    aten.exp.default,
    aten.gelu.default,
    aten.hardsigmoid.default,
    aten.hardswish.default,
    aten.hardtanh.default,
    aten.leaky_relu.default,
    aten.mish.default,
    aten.neg.default,
    aten.pow.Tensor_Scalar,
    aten.relu.default,
    aten.relu6.default,
    aten.rsqrt.default,
    aten.sigmoid.default,
    aten.silu.default,
    aten.softplus.default,
    aten.sqrt.default,
    aten.tanh.default,
)
BINARY = (
    aten.add.Tensor,
    aten.div.Tensor,
    aten.maximum.default,
    aten.minimum.default,
    aten.mul.Tensor,
    aten.sub.Tensor,
)
