"""Operators on elements, and orders of them, that some converter lacks.

    celu(x, a)          =  a elu(x / a)
    log_sigmoid(x)      =  min(x, 0) - log(1 + exp(-|x|))
    rrelu(x, a, b)      =  leaky_relu(x, (a + b) / 2)                     in evaluation mode
    fmod(x, y)          =  sign(x) (|x| mod |y|)
    x mod 1             =  x - floor(x)                                    which coremltools takes for 0
    trunc(x)            =  sign(x) floor(|x|)
    softshrink(x, l)    =  x - clamp(x, -l, l)
    softplus(x, b, t)   =  where(x > t / b, x, softplus(x, b))
    asinh(x)            =  sign(x) log(|x| + sqrt(x^2 + 1))
    acosh(x)            =  log(x + sqrt(x^2 - 1))
    erfc(x)             =  1 - erf(x)
    1 / x               =  division of a constant by x
    hardshrink(x, l)    =  where(|x| > l, x, 0)
    threshold(x, t, v)  =  where(x > t, x, v)
    where(c, x, 2.0)    =  where(c, x, a constant)
    channel_shuffle(x)  =  x as (groups, channels of a group), transposed

(CELU: Barron 2017; RReLU: Xu et al. 2015; channel shuffle: Zhang et al. 2018.)
"""

from math import prod

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, number
from efficientmod_mobile.deploy.program import arguments, emit, node_dtype, shape

aten = torch.ops.aten


def _celu(node: fx.Node) -> Write:
    bound = arguments(node)
    alpha = float(bound["alpha"])

    def write() -> fx.Node:
        x = bound["self"]
        if alpha == 1.0:
            return emit(node, aten.elu.default, (x, 1.0))
        curve = emit(node, aten.elu.default, (emit(node, aten.mul.Tensor, (x, 1 / alpha)), 1.0))
        return emit(node, aten.mul.Tensor, (curve, alpha))

    return write


def _log_sigmoid(node: fx.Node) -> Write:
    def write() -> fx.Node:
        (x,) = node.all_input_nodes
        power = emit(node, aten.exp.default, (emit(node, aten.neg.default, (emit(node, aten.abs.default, (x,)),)),))
        rest = emit(node, aten.log.default, (emit(node, aten.add.Tensor, (power, 1.0)),))
        return emit(node, aten.sub.Tensor, (emit(node, aten.clamp.default, (x, None, 0.0)), rest))

    return write


def _rrelu(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if bound["training"]:
        return None
    slope = (float(bound["lower"]) + float(bound["upper"])) / 2
    return lambda: emit(node, aten.leaky_relu.default, (bound["self"], slope))


def _fmod(node: fx.Node) -> Write | None:
    x, divisor = arguments(node)["self"], arguments(node)["other"]
    if not node.meta["val"].is_floating_point():
        return None

    def write() -> fx.Node:
        size = abs(divisor) if not isinstance(divisor, fx.Node) else emit(node, aten.abs.default, (divisor,))
        target = aten.remainder.Tensor if isinstance(divisor, fx.Node) else aten.remainder.Scalar
        return _signed(node, x, emit(node, target, (emit(node, aten.abs.default, (x,)), size)))

    return write


def _remainder_of_one(node: fx.Node) -> Write | None:
    x, divisor = node.args
    if divisor != 1 or not isinstance(x, fx.Node) or not node.meta["val"].is_floating_point():
        return None
    return lambda: emit(node, aten.sub.Tensor, (x, emit(node, aten.floor.default, (x,))))


def _trunc(node: fx.Node) -> Write | None:
    (x,) = node.all_input_nodes
    if not node.meta["val"].is_floating_point():
        return None
    return lambda: _signed(node, x, emit(node, aten.floor.default, (emit(node, aten.abs.default, (x,)),)))


def _signed(node: fx.Node, x: fx.Node, size: fx.Node) -> fx.Node:
    return emit(node, aten.mul.Tensor, (size, emit(node, aten.sign.default, (x,))))


def _where(node: fx.Node) -> Write | None:
    """A number in place of one operand, or of both."""
    bound = arguments(node)
    operands = [bound["self"], bound["other"]]

    def write() -> fx.Node:
        return emit(node, aten.where.self, (bound["condition"], *(_tensor(node, operand) for operand in operands)))

    return write


def _threshold(node: fx.Node) -> Write | None:
    bound = arguments(node)

    def write() -> fx.Node:
        above = emit(node, aten.gt.Scalar, (bound["self"], bound["threshold"]))
        return emit(node, aten.where.self, (above, bound["self"], _tensor(node, bound["value"])))

    return write


def _hardshrink(node: fx.Node) -> Write | None:
    bound = arguments(node)

    def write() -> fx.Node:
        far = emit(node, aten.gt.Scalar, (emit(node, aten.abs.default, (bound["self"],)), bound["lambd"]))
        return emit(node, aten.where.self, (far, bound["self"], number(node, 0.0)))

    return write


def _softshrink(node: fx.Node) -> Write | None:
    bound = arguments(node)
    limit = float(bound["lambd"])

    def write() -> fx.Node:
        near = emit(node, aten.clamp.default, (bound["self"], -limit, limit))
        return emit(node, aten.sub.Tensor, (bound["self"], near))

    return write


def _reciprocal(node: fx.Node) -> Write | None:
    """coremltools computes 1 / (x + 1e-4)."""
    (x,) = node.all_input_nodes
    if node_dtype(x) != node_dtype(node):
        return None
    return lambda: emit(node, aten.div.Tensor, (number(node, 1.0), x))


def _softplus(node: fx.Node) -> Write | None:
    """coremltools ignores the threshold, above which it is x; at 20 that is 2e-9 from log(1 + exp(x))."""
    bound = arguments(node)
    beta, threshold = float(bound["beta"]), float(bound["threshold"])
    if threshold >= 20:
        return None

    def write() -> fx.Node:
        curve = emit(node, aten.softplus.default, (bound["self"], beta, 20.0))
        above = emit(node, aten.gt.Scalar, (bound["self"], threshold / beta))
        return emit(node, aten.where.self, (above, bound["self"], curve))

    return write


def _inverse_hyperbolic(node: fx.Node) -> Write:
    x = arguments(node)["self"]
    odd = node.target == aten.asinh.default

    def write() -> fx.Node:
        size = emit(node, aten.abs.default, (x,)) if odd else x
        square = emit(node, aten.add.Tensor, (emit(node, aten.mul.Tensor, (x, x)), 1.0 if odd else -1.0))
        sum_ = emit(node, aten.add.Tensor, (size, emit(node, aten.sqrt.default, (square,))))
        y = emit(node, aten.log.default, (sum_,))
        return _signed(node, x, y) if odd else y

    return write


def _complementary_error(node: fx.Node) -> Write:
    (x,) = node.all_input_nodes
    return lambda: emit(node, aten.rsub.Scalar, (emit(node, aten.erf.default, (x,)), 1.0))


def _rounded_decimals(node: fx.Node) -> Write:
    bound = arguments(node)
    scale = 10.0 ** bound["decimals"]

    def write() -> fx.Node:
        wide = emit(node, aten.round.default, (emit(node, aten.mul.Tensor, (bound["self"], scale)),))
        return emit(node, aten.div.Tensor, (wide, scale))

    return write


def _finite_extreme(node: fx.Node) -> Write:
    """fmax and fmin, whose operands have no NaN: the network's results must be finite."""
    target = aten.maximum.default if node.target == aten.fmax.default else aten.minimum.default
    return lambda: emit(node, target, node.args)


def _best_of_all(node: fx.Node) -> Write | None:
    """The place among all elements: along one axis, since coremltools has no other."""
    bound = arguments(node)
    x = bound["self"]
    if bound["dim"] is not None or len(shape(x)) < 2 or bound["keepdim"]:
        return None

    def write() -> fx.Node:
        line = emit(node, aten.reshape.default, (x, [1, prod(shape(x))]))
        return emit(node, aten.reshape.default, (emit(node, node.target, (line, 1)), []))

    return write


def _tensor(node: fx.Node, operand: fx.Node | float) -> fx.Node:
    """An operand, or a new constant of the node's dtype."""
    return operand if isinstance(operand, fx.Node) else number(node, operand)


def _channel_shuffle(node: fx.Node) -> Write | None:
    x, groups = arguments(node)["self"], arguments(node)["groups"]
    batch, channels, *rest = shape(x)

    def write() -> fx.Node:
        split = emit(node, aten.reshape.default, (x, [batch, groups, channels // groups, prod(rest)]))
        swapped = emit(node, aten.permute.default, (split, [0, 2, 1, 3]))
        return emit(node, aten.reshape.default, (swapped, list(shape(node))))

    return write


FORMS: dict[object, Form] = {
    aten.celu.default: _celu,
    aten.log_sigmoid.default: _log_sigmoid,
    aten.rrelu.default: _rrelu,
    aten.fmod.Scalar: _fmod,
    aten.fmod.Tensor: _fmod,
    aten.remainder.Scalar: _remainder_of_one,
    aten.trunc.default: _trunc,
    **dict.fromkeys((aten.where.ScalarOther, aten.where.ScalarSelf, aten.where.Scalar), _where),
    aten.reciprocal.default: _reciprocal,
    aten.threshold.default: _threshold,
    aten.hardshrink.default: _hardshrink,
    aten.softshrink.default: _softshrink,
    aten.channel_shuffle.default: _channel_shuffle,
    aten.softplus.default: _softplus,
    aten.asinh.default: _inverse_hyperbolic,
    aten.acosh.default: _inverse_hyperbolic,
    aten.special_erfc.default: _complementary_error,
    aten.erfc.default: _complementary_error,
    aten.round.decimals: _rounded_decimals,
    aten.fmax.default: _finite_extreme,
    aten.fmin.default: _finite_extreme,
    aten.argmax.default: _best_of_all,
    aten.argmin.default: _best_of_all,
}
