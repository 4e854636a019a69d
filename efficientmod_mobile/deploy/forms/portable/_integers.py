"""Integers and truth values in operators that every converter has of them.

x // d              =  (x - x mod d) / d                               of integers; floor(x) of numbers and d = 1
clamp(x, a), clamp(x, None, b)  =  maximum(x, a), minimum(x, b)        of integers
x << k, x >> k      =  x 2^k, floor(x / 2^k)                           of integers
x & (2^k - 1)       =  x mod 2^k                                       of integers
a & b, a | b, a ^ b =  logical_and, logical_or, logical_xor            of truth values
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, number
from efficientmod_mobile.deploy.program import arguments, emit, node_dtype

aten = torch.ops.aten


def _quotient(node: fx.Node) -> Write | None:
    """Rounded down: of integers (x - x mod d) / d, which leaves no remainder."""
    bound = arguments(node)
    x, divisor = bound["self"], bound["other"]
    if bound.get("rounding_mode", "floor") != "floor":
        return None
    if node_dtype(node).is_floating_point and divisor == 1:
        return lambda: emit(node, aten.floor.default, (x,))
    if node_dtype(node) not in (torch.int32, torch.int64):
        return None
    return lambda: _rounded_down(node, x, divisor)


def _rounded_down(node: fx.Node, x: fx.Node, divisor: fx.Node | int) -> fx.Node:
    target = aten.remainder.Tensor if isinstance(divisor, fx.Node) else aten.remainder.Scalar
    whole = emit(node, aten.sub.Tensor, (x, emit(node, target, (x, divisor))))
    return emit(node, aten.div.Tensor_mode, (whole, divisor), {"rounding_mode": "trunc"})


def _one_bound(node: fx.Node) -> Write | None:
    """coremltools makes float numbers of integers that have a least value alone, or a largest one."""
    bound = arguments(node)
    least, most = bound.get("min"), bound.get("max")
    limit = most if least is None else least
    if node_dtype(node) not in (torch.int32, torch.int64) or None not in (least, most) or not isinstance(limit, int):
        return None
    target = aten.minimum.default if least is None else aten.maximum.default

    return lambda: emit(node, target, (bound["self"], number(node, limit)))


def _left_shift(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if isinstance(bound["other"], fx.Node):
        return None
    return lambda: emit(node, aten.mul.Tensor, (bound["self"], 2 ** int(bound["other"])))


def _right_shift(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if node_dtype(node) not in (torch.int32, torch.int64):
        return None
    return lambda: _rounded_down(node, bound["self"], 2 ** int(bound["other"]))


def _low_bits(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, mask = bound["self"], bound["other"]
    wide = node_dtype(node) in (torch.int32, torch.int64) and node_dtype(x) == node_dtype(node)
    if not wide or mask < 1 or mask & (mask + 1):
        return None
    return lambda: emit(node, aten.remainder.Scalar, (x, mask + 1))


def _connective(node: fx.Node) -> Write | None:
    operands = node.args[:2]
    both = all(isinstance(operand, fx.Node) and node_dtype(operand) == torch.bool for operand in operands)
    if not both:
        return None
    return lambda: emit(node, _CONNECTIVES[node.target], operands)


def _bitwise_not(node: fx.Node) -> Write | None:
    if node_dtype(node) != torch.bool:
        return None
    return lambda: emit(node, aten.logical_not.default, (node.all_input_nodes[0],))


_CONNECTIVES: dict[object, torch._ops.OpOverload] = {
    aten.__and__.Tensor: aten.logical_and.default,
    aten.__or__.Tensor: aten.logical_or.default,
    aten.__xor__.Tensor: aten.logical_xor.default,
    aten.bitwise_and.Tensor: aten.logical_and.default,
    aten.bitwise_or.Tensor: aten.logical_or.default,
    aten.bitwise_xor.Tensor: aten.logical_xor.default,
}

FORMS: dict[object, Form] = {
    **dict.fromkeys((aten.clamp.default, aten.clamp_min.default, aten.clamp_max.default), _one_bound),
    aten.bitwise_not.default: _bitwise_not,
    aten.floor_divide.default: _quotient,
    **dict.fromkeys((aten.div.Tensor_mode, aten.div.Scalar_mode), _quotient),
    **dict.fromkeys((aten.__lshift__.Scalar, aten.bitwise_left_shift.Tensor_Scalar), _left_shift),
    **dict.fromkeys((aten.__rshift__.Scalar, aten.bitwise_right_shift.Tensor_Scalar), _right_shift),
    **dict.fromkeys((aten.__and__.Scalar, aten.bitwise_and.Scalar), _low_bits),
    **dict.fromkeys(_CONNECTIVES, _connective),
}
