"""Reductions of elements that are scattered to places, given or computed, along an axis.

    n_j             =  number of elements with place j                      scatter_add of ones
    sum             =  scatter_add(x, src)
    mean            =  scatter_add(x, src) / (n + 1)
    largest, least  =  max over i of where(place_i = j, src_i, x_j)          as a table of places and elements
    product         =  x_j times the product over i of where(place_i = j, src_i, 1)

Where x itself does not count, x is 0, or 1, at places that an element has, and as it is at others.
"""

from math import prod

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, number
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, node_dtype, shape

aten = torch.ops.aten

LARGEST_TABLE = 2**22
"""Elements of a table of places and elements."""


def _reduced(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, index, source = bound["self"], bound["index"], bound["src"]
    if not node_dtype(node).is_floating_point or len(shape(index)) != len(shape(x)) or not shape(x):
        return None
    axis, kind, own = bound["dim"] % len(shape(x)), bound["reduce"], bound["include_self"]
    if kind in ("sum", "mean"):
        return lambda: _mean_or_sum(node, axis, kind, own)
    others = [a == b == c for a, b, c in zip(shape(x), shape(index), shape(source), strict=True)]
    del others[axis]
    if not all(others) or prod(shape(index)) * shape(x)[axis] > LARGEST_TABLE:
        return None
    return lambda: _by_table(node, axis, kind, own)


def _mean_or_sum(node: fx.Node, axis: int, kind: str, own: bool) -> fx.Node:
    bound = arguments(node)
    x, index, source = bound["self"], bound["index"], _counted(node)
    ones = add_parameter(node, f"{node.name}_ones", torch.ones(shape(index), dtype=node_dtype(node)))
    zeros = add_parameter(node, f"{node.name}_zeros", torch.zeros(shape(x), dtype=node_dtype(node)))
    count = emit(node, aten.scatter_add.default, (zeros, axis, index, ones))
    if not own:
        x = emit(node, aten.where.self, (emit(node, aten.gt.Scalar, (count, 0.5)), zeros, x))
    total = emit(node, aten.scatter_add.default, (x, axis, index, source))
    if kind == "sum":
        return total
    count = emit(node, aten.add.Tensor, (count, 1.0)) if own else emit(node, aten.clamp.default, (count, 1.0))
    return emit(node, aten.div.Tensor, (total, count))


def _counted(node: fx.Node) -> fx.Node:
    """Insert the elements that have a place: there may be others after them."""
    source: fx.Node = arguments(node)["src"]
    for axis, size in enumerate(shape(arguments(node)["index"])):
        if shape(source)[axis] != size:
            source = emit(node, aten.slice.Tensor, (source, axis, 0, size))
    return source


def _by_table(node: fx.Node, axis: int, kind: str, own: bool) -> fx.Node:
    """The axis of elements after that of places, in a table of one axis more."""
    bound = arguments(node)
    x, index, source = bound["self"], bound["index"], _counted(node)
    steps = torch.arange(shape(x)[axis])
    steps = steps.reshape([-1 if other == axis else 1 for other in range(len(shape(x)) + 1)])
    places = add_parameter(node, f"{node.name}_places", steps)
    here = emit(node, aten.eq.Tensor, (emit(node, aten.unsqueeze.default, (index, axis)), places))
    elements = emit(node, aten.unsqueeze.default, (source, axis))
    neutral = {"prod": 1.0, "amax": torch.finfo(torch.float32).min, "amin": torch.finfo(torch.float32).max}[kind]
    table = emit(node, aten.where.self, (here, elements, number(node, neutral)))
    if kind == "prod":
        best = emit(node, aten.prod.dim_int, (table, axis + 1))
    else:
        best = emit(node, {"amax": aten.amax, "amin": aten.amin}[kind].default, (table, [axis + 1]))
    if own:
        both = {"amax": aten.maximum.default, "amin": aten.minimum.default, "prod": aten.mul.Tensor}[kind]
        return emit(node, both, (x, best))
    counted = emit(node, aten.amax.default, (emit(node, aten.to.dtype, (here, node_dtype(node))), [axis + 1]))
    return emit(node, aten.where.self, (emit(node, aten.gt.Scalar, (counted, 0.5)), best, x))


FORMS: dict[object, Form] = {aten.scatter_reduce.two: _reduced}
