"""Distances between points.

cdist(x, y)  =  norm(x_i - y_j)        pdist(x)  =  norm(x_i - x_j), i < j
norm(d)      =  (sum |d|^p)^(1/p), or max |d|
"""

from math import inf

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import taken
from efficientmod_mobile.deploy.program import arguments, emit, shape

aten = torch.ops.aten

_LARGEST = 1 << 20
"""Differences of coordinates that are worth to be held at once."""


def _of_two(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, y, power = bound["x1"], bound["x2"], float(bound["p"])
    rows, columns, width = shape(x)[-2], shape(y)[-2], shape(x)[-1]
    if power == 0 or len(shape(x)) > 3 or len(shape(y)) > 3 or rows * columns * width > _LARGEST:
        return None

    def write() -> fx.Node:
        left, right = emit(node, aten.unsqueeze.default, (x, -2)), emit(node, aten.unsqueeze.default, (y, -3))
        return _norm(node, emit(node, aten.sub.Tensor, (left, right)), power)

    return write


def _of_pairs(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, power = bound["self"], float(bound["p"])
    first, second = torch.triu_indices(shape(x)[0], shape(x)[0], 1).tolist()
    if power == 0 or len(first) * shape(x)[1] > _LARGEST:
        return None

    def write() -> fx.Node:
        left, right = taken(node, x, 0, first), taken(node, x, 0, second)
        return _norm(node, emit(node, aten.sub.Tensor, (left, right)), power)

    return write


def _norm(node: fx.Node, away: fx.Node, power: float) -> fx.Node:
    """Insert the norm of the last axis."""
    if power == 2:
        squares = emit(node, aten.mul.Tensor, (away, away))
        return emit(node, aten.sqrt.default, (emit(node, aten.sum.dim_IntList, (squares, [-1])),))
    size = emit(node, aten.abs.default, (away,))
    if power == inf:
        return emit(node, aten.amax.default, (size, [-1]))
    if power == 1:
        return emit(node, aten.sum.dim_IntList, (size, [-1]))
    powers = emit(node, aten.pow.Tensor_Scalar, (size, power))
    return emit(node, aten.pow.Tensor_Scalar, (emit(node, aten.sum.dim_IntList, (powers, [-1])), 1 / power))


FORMS: dict[object, Form] = {aten.cdist.default: _of_two, aten.pdist.default: _of_pairs}
