"""Angles of points, right in every quadrant.

    m, n         =  max(|x|, |y|), min(|x|, |y|)                           m = 1 where both are 0
    a            =  atan(n / m)                                            in [0, pi/4]
    b            =  where(|y| > |x|, pi/2 - a, a)
    c            =  where(1 / x < 0, pi - b, b)                            1 / x tells 0 from -0
    atan2(y, x)  =  where(1 / y < 0, -c, c)
    angle(x)     =  where(x < 0, pi, 0)                                    of real numbers

coremltools gives 0 where y = 0 and x < 0, and NaN where both are 0; PyTorch's exporter to ONNX gives -pi for pi. The
quotient is at most 1, so that float16 has it.
"""

from math import pi

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, number
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, node_dtype, shape

aten = torch.ops.aten


def _of_point(node: fx.Node) -> Write:
    y, x = (arguments(node)[name] for name in ("self", "other"))

    def write() -> fx.Node:
        sizes = [emit(node, aten.abs.default, (one,)) for one in (x, y)]
        largest, least = (emit(node, target, tuple(sizes)) for target in (aten.maximum.default, aten.minimum.default))
        somewhere = emit(node, aten.gt.Scalar, (largest, 0.0))
        divisor = emit(node, aten.where.self, (somewhere, largest, number(node, 1.0)))
        angle = emit(node, aten.atan.default, (emit(node, aten.div.Tensor, (least, divisor)),))
        steep = emit(node, aten.gt.Tensor, (sizes[1], sizes[0]))
        angle = _turned(node, steep, pi / 2, angle)
        angle = _turned(node, _is_negative(node, x), pi, angle)
        return _turned(node, _is_negative(node, y), 0.0, angle)

    return write


def _turned(node: fx.Node, where: fx.Node, by: float, angle: fx.Node) -> fx.Node:
    """Insert `by` minus the angle where that holds, the angle elsewhere."""
    other = emit(node, aten.rsub.Scalar, (angle, by)) if by else emit(node, aten.neg.default, (angle,))
    return emit(node, aten.where.self, (where, other, angle))


def _is_negative(node: fx.Node, x: fx.Node) -> fx.Node:
    inverse = emit(node, aten.div.Tensor, (number(node, 1.0), x))
    return emit(node, aten.lt.Scalar, (inverse, 0.0))


def _of_real_numbers(node: fx.Node) -> Write:
    def write() -> fx.Node:
        below = emit(node, aten.lt.Scalar, (arguments(node)["self"], 0.0))
        zeros = torch.zeros(shape(node), dtype=node_dtype(node))
        either = number(node, pi), add_parameter(node, f"{node.name}_zeros", zeros)
        return emit(node, aten.where.self, (below, *either))

    return write


FORMS: dict[object, Form] = {aten.atan2.default: _of_point, aten.angle.default: _of_real_numbers}
