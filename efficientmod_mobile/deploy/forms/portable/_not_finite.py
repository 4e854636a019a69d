"""Questions whether numbers are finite, as comparisons with infinity.

isfinite(x)               =  |x| < inf                  False for NaN, as each comparison with NaN is
isinf(x)                  =  |x| = inf
isposinf(x), isneginf(x)  =  x = inf, x = -inf
"""

from math import inf

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import emit, node_dtype

aten = torch.ops.aten


def _of_size(node: fx.Node) -> Write | None:
    (x,) = node.all_input_nodes
    if not node_dtype(x).is_floating_point:
        return None
    comparison = aten.lt.Scalar if node.target == aten.isfinite.default else aten.eq.Scalar
    return lambda: emit(node, comparison, (emit(node, aten.abs.default, (x,)), inf))


def _signed(node: fx.Node) -> Write | None:
    (x,) = node.all_input_nodes
    if not node_dtype(x).is_floating_point:
        return None
    return lambda: emit(node, aten.eq.Scalar, (x, inf if node.target == aten.isposinf.default else -inf))


FORMS: dict[object, Form] = {
    **dict.fromkeys((aten.isfinite.default, aten.isinf.default), _of_size),
    **dict.fromkeys((aten.isposinf.default, aten.isneginf.default), _signed),
}
