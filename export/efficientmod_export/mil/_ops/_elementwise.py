"""Element-wise operators of one, two and three tensors, with NumPy's broadcasting."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import operator
from efficientmod_export.mil._types import BY_NAME

_UNARY: dict[str, Callable[[Tensor], Tensor]] = {
    "acos": torch.acos,
    "asin": torch.asin,
    "atan": torch.atan,
    "atanh": torch.atanh,
    "cos": torch.cos,
    "cosh": torch.cosh,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "sin": torch.sin,
    "sinh": torch.sinh,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "tan": torch.tan,
    "tanh": torch.tanh,
}
_UNARY_MOVES: dict[str, Callable[[Tensor], Tensor]] = {
    "abs": torch.abs,
    "ceil": torch.ceil,
    "floor": torch.floor,
    "logical_not": torch.logical_not,
    "round": torch.round,
    "sign": torch.sign,
}
_BINARY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "mod": torch.remainder,
    "mul": torch.mul,
    "pow": torch.pow,
    "sub": torch.sub,
}
_BINARY_MOVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "equal": torch.eq,
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "less": torch.lt,
    "less_equal": torch.le,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "not_equal": torch.ne,
}


def _register_unary(name: str, function: Callable[[Tensor], Tensor], moves: bool) -> None:
    @operator(name, moves=moves)
    def kernel(x: Tensor) -> Tensor:
        return function(x)


def _register_binary(name: str, function: Callable[[Tensor, Tensor], Tensor], moves: bool) -> None:
    @operator(name, moves=moves)
    def kernel(x: Tensor, y: Tensor) -> Tensor:
        check_size(np.broadcast_shapes(x.shape, y.shape))
        return function(x, y)


for _name, _unary in _UNARY.items():
    _register_unary(_name, _unary, moves=False)
for _name, _unary in _UNARY_MOVES.items():
    _register_unary(_name, _unary, moves=True)
for _name, _binary in _BINARY.items():
    _register_binary(_name, _binary, moves=False)
for _name, _binary in _BINARY_MOVES.items():
    _register_binary(_name, _binary, moves=True)


@operator("floor_div")
def floor_div(x: Tensor, y: Tensor) -> Tensor:
    """`x / y` rounded towards minus infinity."""
    return torch.div(x, y, rounding_mode="floor")


@operator("real_div")
def real_div(x: Tensor, y: Tensor) -> Tensor:
    """`x / y`; integers stay integers, rounded towards zero."""
    return torch.div(x, y) if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


@operator("clip", moves=True)
def clip(x: Tensor, alpha: float, beta: float) -> Tensor:
    """min(max(x, alpha), beta)."""
    return x.clamp(alpha, beta)


@operator("threshold", moves=True)
def threshold(x: Tensor, alpha: float) -> Tensor:
    """max(x, alpha)."""
    return x.clamp(min=alpha)


@operator("inverse")
def inverse(x: Tensor, epsilon: float = 1e-4) -> Tensor:
    """1 / (x + epsilon)."""
    return torch.reciprocal(x + epsilon)


@operator("log")
def log(x: Tensor, epsilon: float = 1e-45) -> Tensor:
    """Natural logarithm of x + epsilon."""
    return torch.log(x + epsilon)


@operator("rsqrt")
def rsqrt(x: Tensor, epsilon: float = 1e-12) -> Tensor:
    """1 / sqrt(x + epsilon)."""
    return torch.rsqrt(x + epsilon)


@operator("cast")
def cast(x: Tensor, dtype: str) -> Tensor:
    """`x` in another type; floats are truncated to integers. "fp16" is stored as float32."""
    return x.to(BY_NAME[dtype].compute_dtype)


@operator("select", moves=True)
def select(cond: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """`a` where `cond`, else `b`."""
    return torch.where(cond, a, b)
