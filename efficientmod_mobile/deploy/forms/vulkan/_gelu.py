"""GELU in operators that ExecuTorch's Vulkan runtime computes right; its own GELU is another function.

    gelu(x), tanh form  =  x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)),        since (1 + tanh(u)) / 2 = sigmoid(2 u)
    gelu(x)             =  x * Phi(x)  ~  x * sigmoid(y * p(v)),   y = x / 5.25,   v = min(y^2, 1)

(Hendrycks & Gimpel 2016.) The first line is exact. In the second, p is the polynomial of degree 5 for which
max |x * sigmoid(y * p(v)) - gelu(x)| over all x is least (found by linear programming on a grid): 6.1e-7 in exact
arithmetic, 1.1e-6 in float32 for |x| up to 16. Beyond 5.25 the argument of the sigmoid grows linearly, so that the
result is x or 0 to float32. Every value on the way stays within float16's range; rounded to float16 at each operator,
the error is 1.6e-3 for |x| up to 16, where rounding the result alone costs 1.0e-3.
"""

import math
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.program import arguments, emit, is_call, replace

aten = torch.ops.aten

GELU_ERROR = 2e-6
"""The bound on |approximation - gelu| in float32, for |x| up to 16; beyond, x itself is coarser than that."""

_REACH = 5.25
_COEFFICIENTS = (8.37766302, 10.5244194, -0.46101774, -10.3952592, 16.9667147, -9.46147723)
"""Of 1, v, v^2, ..."""


@register
class TanhGeluBySigmoid(Transform[fx.Node]):
    """Write the tanh form of GELU with a sigmoid; exact."""

    name: ClassVar[str] = "tanh_gelu_by_sigmoid"

    def check(self, node: fx.Node) -> fx.Node | None:
        """Match a GELU in the tanh form."""
        return node if is_call(node, aten.gelu.default) and arguments(node)["approximate"] == "tanh" else None

    def rewrite(self, match: fx.Node) -> None:
        """Write the sigmoid of the cubic."""
        x, slope = match.all_input_nodes[0], 2 * math.sqrt(2 / math.pi)
        square = emit(match, aten.mul.Tensor, (x, x))
        curve = emit(match, aten.add.Tensor, (emit(match, aten.mul.Tensor, (square, 0.044715 * slope)), slope))
        _gate(match, x, emit(match, aten.mul.Tensor, (x, curve)))


@register
class GeluBySigmoid(Transform[fx.Node]):
    """Write GELU as x * sigmoid(y * p(v)), within GELU_ERROR: not exact, so in no recipe; the converter applies it."""

    name: ClassVar[str] = "gelu_by_sigmoid"

    def check(self, node: fx.Node) -> fx.Node | None:
        """Match a GELU in the erf form."""
        return node if is_call(node, aten.gelu.default) and arguments(node)["approximate"] == "none" else None

    def rewrite(self, match: fx.Node) -> None:
        """Write p by Horner's rule."""
        x = match.all_input_nodes[0]
        y = emit(match, aten.mul.Tensor, (x, 1 / _REACH))
        v = emit(match, aten.clamp.default, (emit(match, aten.mul.Tensor, (y, y)), 0.0, 1.0))
        *others, highest = _COEFFICIENTS
        p = emit(match, aten.add.Tensor, (emit(match, aten.mul.Tensor, (v, highest)), others.pop()))
        while others:
            p = emit(match, aten.add.Tensor, (emit(match, aten.mul.Tensor, (p, v)), others.pop()))
        _gate(match, x, emit(match, aten.mul.Tensor, (y, p)))


def _gate(node: fx.Node, x: fx.Node, logit: fx.Node) -> None:
    replace(node, emit(node, aten.mul.Tensor, (x, emit(node, aten.sigmoid.default, (logit,)))))
