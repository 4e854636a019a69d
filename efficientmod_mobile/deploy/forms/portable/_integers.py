"""Integers and truth values in operators that every converter has of them.

x // d              =  (x - x mod d) / d                               of integers
x << k              =  x 2^k                                           of integers
uint8(x)            =  int32(x) mod 256                                of a value that is converted again
int8(x), int16(x)   =  (int32(x) + 128) mod 256 - 128, with 2^15 and 2^16
a & b, a | b, a ^ b =  logical_and, logical_or, logical_xor            of truth values
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, emit, is_call, node_dtype

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

    def write() -> fx.Node:
        target = aten.remainder.Tensor if isinstance(divisor, fx.Node) else aten.remainder.Scalar
        whole = emit(node, aten.sub.Tensor, (x, emit(node, target, (x, divisor))))
        return emit(node, aten.div.Tensor_mode, (whole, divisor), {"rounding_mode": "trunc"})

    return write


def _left_shift(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if isinstance(bound["other"], fx.Node):
        return None
    return lambda: emit(node, aten.mul.Tensor, (bound["self"], 2 ** int(bound["other"])))


def _narrowed(node: fx.Node) -> Write | None:
    """To an integer of 8 or 16 bits, of which every reader makes another type: no runtime need have it."""
    bits = {torch.uint8: 8, torch.int8: 8, torch.int16: 16}.get(node_dtype(node))
    if bits is None or not all(is_call(user, *_CONVERSIONS) for user in node.users):
        return None
    (x,) = node.all_input_nodes
    shift = 0 if node_dtype(node) == torch.uint8 else 2 ** (bits - 1)

    def write() -> fx.Node:
        wide = emit(node, aten.to.dtype, (x, torch.int32))
        if node_dtype(x) == torch.bool:
            return wide
        wide = emit(node, aten.add.Tensor, (wide, shift)) if shift else wide
        rest = emit(node, aten.remainder.Scalar, (wide, 2**bits))
        return emit(node, aten.sub.Tensor, (rest, shift)) if shift else rest

    return write


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


_CONVERSIONS = (aten.to.dtype, aten._to_copy.default)

_CONNECTIVES: dict[object, torch._ops.OpOverload] = {
    aten.__and__.Tensor: aten.logical_and.default,
    aten.__or__.Tensor: aten.logical_or.default,
    aten.__xor__.Tensor: aten.logical_xor.default,
    aten.bitwise_and.Tensor: aten.logical_and.default,
    aten.bitwise_or.Tensor: aten.logical_or.default,
    aten.bitwise_xor.Tensor: aten.logical_xor.default,
}

FORMS: dict[object, Form] = {
    aten.bitwise_not.default: _bitwise_not,
    aten.floor_divide.default: _quotient,
    **dict.fromkeys((aten.div.Tensor_mode, aten.div.Scalar_mode), _quotient),
    **dict.fromkeys((aten.__lshift__.Scalar, aten.bitwise_left_shift.Tensor_Scalar), _left_shift),
    **dict.fromkeys(_CONVERSIONS, _narrowed),
    **dict.fromkeys(_CONNECTIVES, _connective),
}
