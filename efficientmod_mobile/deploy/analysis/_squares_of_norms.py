"""What the norms of a program square, and the power of two that keeps the squares within float16.

The largest number of float16 is 65504, the square of 256: beyond it a square is infinite, and the norm zero. How large
the numbers are is measured on the program's examples, the first picture of a proof. Scaled, the numbers may be larger;
the mean of their squares may not, unless all of the norm is computed of smaller numbers:

    norm(x, eps)  =  norm(2^-h x, 4^-h eps),   where float16 has 4^-h eps
"""

from collections.abc import Mapping
from math import ceil, floor, log2
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.analysis._largest_values import largest_values
from efficientmod_mobile.deploy.program import Program, arguments, is_call

aten = torch.ops.aten

LARGEST = 50.0
"""Of what is squared as it is. Other pictures may give five times as much; 4.2 times was seen (PoolFormerV2)."""

LARGEST_MEAN = 256.0
"""The root of the largest mean of squares."""

SMALLEST = 2.0**-24
"""Of float16 above zero: of equal numbers, with an eps of zero, the norm would be no number."""

_NORMS = (aten.layer_norm.default, aten.rms_norm.default, aten.group_norm.default)


def largest_squared(program: Program) -> Mapping[fx.Node, float]:
    """The largest magnitude that each norm squares on the program's examples: of x, or of x less its mean."""
    return largest_values(program, _NORMS, _squared)


def scale_of_squares(largest: float) -> float:
    """The largest s = 2^-k, at most 1, with s x^2 <= LARGEST^2."""
    return 2.0 ** -max(0, ceil(2 * log2(largest / LARGEST))) if largest > LARGEST else 1.0


def shrink_of_norm(largest: float, eps: float) -> float:
    """2^-h for a norm whose mean of squares may be beyond float16; 1 where it is not, or where h would leave no eps."""
    room = floor(log2(eps / SMALLEST) / 2) if eps > SMALLEST else 0
    if largest <= LARGEST_MEAN:
        return 1.0
    factor = 2.0 ** -min(ceil(log2(largest / LARGEST)), room)
    return factor if factor * largest <= LARGEST_MEAN / 2 else 1.0


def _squared(node: fx.Node, read: Mapping[fx.Node, Any], _: Tensor) -> Tensor:
    bound = arguments(node)
    x: Tensor = read[bound["input"]]
    if is_call(node, aten.rms_norm.default):
        return x
    if is_call(node, aten.group_norm.default):
        x = x.reshape(len(x), bound["num_groups"], -1)
        return x - x.mean(-1, keepdim=True)
    return x - x.mean(tuple(range(-len(bound["normalized_shape"]), 0)), keepdim=True)
