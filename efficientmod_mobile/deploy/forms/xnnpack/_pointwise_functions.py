"""Elementwise functions for XNNPACK, which supports only some of them.

    hardsigmoid(x)     =  clamp(x + 3, 0, 6) / 6
    gelu, tanh form    =  x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)),  since (1 + tanh(u)) / 2 = sigmoid(2 u)
    mish(x)            =  x * tanh(relu(x) + log(1 + exp(-|x|)))
    elu(x)             =  relu(x) + a (exp(min(x, 0)) - 1)                       also selu and celu, with their factors
    glu(x)             =  x_1 * sigmoid(x_2)
    clamp(x, a, b)     =  hardtanh(x, a, b)                                      for a > 0
    x + 1              =  x + 1.0,  for a floating-point x
    remainder(n, d)    =  fmod(fmod(n, d) + d, d)                                of integers; ExecuTorch's has n's sign

(GELU: Hendrycks & Gimpel 2016; Mish: Misra 2019; ELU: Clevert et al. 2015; hard sigmoid: Howard et al. 2019.)
"""

import math

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, emit, is_call, shape

aten = torch.ops.aten


def _hard_sigmoid(node: fx.Node) -> Write:
    def write() -> fx.Node:
        shifted = emit(node, aten.add.Tensor, (node.all_input_nodes[0], 3.0))
        return emit(node, aten.mul.Tensor, (emit(node, aten.clamp.default, (shifted, 0.0, 6.0)), 1 / 6))

    return write


def _gelu(node: fx.Node) -> Write | None:
    if arguments(node)["approximate"] != "tanh":
        return None

    def write() -> fx.Node:
        x, slope = node.all_input_nodes[0], 2 * math.sqrt(2 / math.pi)
        square = emit(node, aten.mul.Tensor, (x, x))
        curve = emit(node, aten.add.Tensor, (emit(node, aten.mul.Tensor, (square, 0.044715 * slope)), slope))
        gate = emit(node, aten.sigmoid.default, (emit(node, aten.mul.Tensor, (x, curve)),))
        return emit(node, aten.mul.Tensor, (x, gate))

    return write


def _mish(node: fx.Node) -> Write:
    def write() -> fx.Node:
        x = node.all_input_nodes[0]
        small = emit(node, aten.exp.default, (emit(node, aten.neg.default, (emit(node, aten.abs.default, (x,)),)),))
        rest = emit(node, aten.log.default, (emit(node, aten.add.Tensor, (small, 1.0)),))
        softplus = emit(node, aten.add.Tensor, (emit(node, aten.relu.default, (x,)), rest))
        return emit(node, aten.mul.Tensor, (x, emit(node, aten.tanh.default, (softplus,))))

    return write


def _clamp(node: fx.Node) -> Write | None:
    """XNNPACK fails on a layer followed by a clamp with a minimum above 0; a hardtanh is fused by ExecuTorch itself."""
    bound = arguments(node)
    low, high = bound["min"], bound["max"]
    if low is None or low <= 0 or not node.meta["val"].is_floating_point():
        return None
    limits = (float(low), torch.finfo(torch.float32).max if high is None else float(high))
    return lambda: emit(node, aten.hardtanh.default, (bound["self"], *limits))


def _elu(node: fx.Node) -> Write:
    if is_call(node, aten.selu.default):  # Klambauer et al. 2017
        alpha, scale, slope = 1.6732632423543772, 1.0507009873554805, 1.0
    else:
        bound = arguments(node)
        alpha, scale = float(bound["alpha"]), float(bound.get("scale", 1))
        slope = 1 / alpha if is_call(node, aten.celu.default) else float(bound["input_scale"])

    def write() -> fx.Node:
        x = node.all_input_nodes[0]
        below = emit(node, aten.mul.Tensor, (emit(node, aten.clamp.default, (x, None, 0.0)), slope))
        power = emit(node, aten.sub.Tensor, (emit(node, aten.exp.default, (below,)), 1.0))
        above = emit(node, aten.mul.Tensor, (emit(node, aten.relu.default, (x,)), scale))
        return emit(node, aten.add.Tensor, (above, emit(node, aten.mul.Tensor, (power, alpha * scale))))

    return write


def _glu(node: fx.Node) -> Write:
    def write() -> fx.Node:
        x = node.all_input_nodes[0]
        axis = arguments(node)["dim"] % len(shape(x))
        half, size = shape(node)[axis], shape(x)[axis]
        value, gate = (emit(node, aten.slice.Tensor, (x, axis, *part)) for part in ((0, half), (half, size)))
        return emit(node, aten.mul.Tensor, (value, emit(node, aten.sigmoid.default, (gate,))))

    return write


def _number(node: fx.Node) -> Write | None:
    """An integer operand would be an integer tensor, converted outside the delegate in every run; a float is not."""
    first, second, *rest = node.args
    if not node.meta["val"].is_floating_point() or not (isinstance(first, int) or isinstance(second, int)):
        return None
    operands = [float(operand) if isinstance(operand, int) else operand for operand in (first, second)]
    return lambda: emit(node, node.target, (*operands, *rest), node.kwargs)


def _integer_remainder(node: fx.Node) -> Write | None:
    x, divisor = node.args
    if node.meta["val"].is_floating_point() or not isinstance(divisor, int):
        return None

    def write() -> fx.Node:
        shifted = emit(node, aten.add.Tensor, (emit(node, aten.fmod.Scalar, (x, divisor)), divisor))
        return emit(node, aten.fmod.Scalar, (shifted, divisor))

    return write


FORMS: dict[object, Form] = {
    aten.hardsigmoid.default: _hard_sigmoid,
    aten.gelu.default: _gelu,
    aten.mish.default: _mish,
    aten.clamp.default: _clamp,
    aten.glu.default: _glu,
    aten.remainder.Scalar: _integer_remainder,
    **dict.fromkeys((aten.elu.default, aten.selu.default, aten.celu.default), _elu),
    **dict.fromkeys((aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor, aten.rsub.Scalar), _number),
}
