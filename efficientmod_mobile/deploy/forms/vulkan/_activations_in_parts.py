"""Activations that ExecuTorch lowers to a comparison with a number, which its Vulkan runtime does not have.

    PReLU(x) = relu(x) - a * relu(-x)                                    (He et al. 2015)
    Mish(x)  = x * p * (1 + q) / (1 + q^2),   p = sigmoid(x),  q = sigmoid(-x)

Mish(x) = x * tanh(softplus(x)) (Misra 2019), where softplus(x) = -log(q), so that the tanh is (1 - q^2) / (1 + q^2),
and 1 - q = p. Nothing in it overflows or cancels. The runtime has no logarithm, so softplus has no form.
"""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace, shape, tensor_of

aten = torch.ops.aten


@register
class ActivationsInParts(Transform[fx.Node]):
    """Write PReLU and Mish in operators without comparisons."""

    name: ClassVar[str] = "activations_in_parts"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match PReLU and Mish; refuse softplus."""
        if is_call(node, aten.softplus.default):
            return Refuse("softplus needs a logarithm, which ExecuTorch's Vulkan runtime does not have")
        return node if node.op == "call_function" and node.target in _FORMS else None

    def rewrite(self, match: fx.Node) -> None:
        """Write the parts."""
        replace(match, _FORMS[match.target](match))


def _prelu(node: fx.Node) -> fx.Node:
    x, slope = arguments(node)["self"], arguments(node)["weight"]
    below = emit(node, aten.relu.default, (emit(node, aten.neg.default, (x,)),))
    part = emit(node, aten.mul.Tensor, (below, _along_channels(node, slope)))
    return emit(node, aten.sub.Tensor, (emit(node, aten.relu.default, (x,)), part))


def _along_channels(node: fx.Node, slope: fx.Node) -> fx.Node:
    """The slopes (C,) or (1,) shaped to multiply the channels, axis 1."""
    size = [-1, *(1 for _ in shape(node)[2:])]
    held = tensor_of(slope)
    if held is None:
        return emit(node, aten.reshape.default, (slope, size))
    return add_parameter(node, str(slope.target), held.reshape(size))


def _mish(node: fx.Node) -> fx.Node:
    x = node.all_input_nodes[0]
    p = emit(node, aten.sigmoid.default, (x,))
    q = emit(node, aten.sigmoid.default, (emit(node, aten.neg.default, (x,)),))
    above = emit(node, aten.mul.Tensor, (p, emit(node, aten.add.Tensor, (q, 1.0))))
    below = emit(node, aten.add.Tensor, (emit(node, aten.mul.Tensor, (q, q)), 1.0))
    return emit(node, aten.mul.Tensor, (x, emit(node, aten.div.Tensor, (above, below))))


_FORMS: dict[object, Callable[[fx.Node], fx.Node]] = {aten.prelu.default: _prelu, aten.mish.default: _mish}
