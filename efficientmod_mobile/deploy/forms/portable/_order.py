"""Sorting and what follows from it, by `topk`, which every runtime has; and places among constant bounds.

sort(x), argsort(x)         =  topk(x, all of them)
kthvalue(x, k)              =  the last of topk(x, k, smallest first)
median(x)                   =  kthvalue(x, (n + 1) // 2)
quantile(x, q)              =  (1 - f) s[i] + f s[i + 1],  s = sort(x),  i + f = q (n - 1)
bucketize(x, bounds)        =  sum_i (bounds_i < x), or <= to the right
"""

import operator

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, node_dtype, shape, tensor_of

aten = torch.ops.aten

_MOST_BOUNDS = 256


def _sorted(node: fx.Node, x: fx.Node, axis: int, count: int, *, descending: bool) -> fx.Node:
    return emit(node, aten.topk.default, (x, count, axis, descending, True))


def _sort(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x = bound["self"]
    axis = bound["dim"] % len(shape(x)) if shape(x) else 0
    if not all(is_call(user, operator.getitem) for user in node.users) or not shape(x):
        return None
    return lambda: _sorted(node, x, axis, shape(x)[axis], descending=bool(bound["descending"]))


def _argsort(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x = bound["self"]
    if not shape(x):
        return None
    axis = bound["dim"] % len(shape(x))

    def write() -> fx.Node:
        best = _sorted(node, x, axis, shape(x)[axis], descending=bool(bound["descending"]))
        return emit(node, operator.getitem, (best, 1))

    return write


def kth_of_axis(node: fx.Node) -> Write | None:
    """The value, or the place, of a median or of the k-th value along an axis."""
    source, index = node.args
    if not is_call(source, aten.kthvalue.default, aten.median.dim) or not isinstance(source, fx.Node):
        return None
    bound = arguments(source)
    x = bound["self"]
    axis = bound["dim"] % len(shape(x))
    k = bound.get("k", (shape(x)[axis] + 1) // 2)

    def write() -> fx.Node:
        part = emit(node, operator.getitem, (_sorted(node, x, axis, k, descending=False), index))
        last = emit(node, aten.slice.Tensor, (part, axis, k - 1, k))
        return last if bound["keepdim"] else emit(node, aten.reshape.default, (last, list(shape(node))))

    return write


def _quantile(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, q = bound["self"], float(bound["q"])
    if bound["dim"] is None or bound["interpolation"] != "linear":
        return None
    axis = bound["dim"] % len(shape(x))
    size = shape(x)[axis]
    low = min(int(q * (size - 1)), size - 1)
    fraction = q * (size - 1) - low
    high = min(low + 1, size - 1)

    def write() -> fx.Node:
        ascending = emit(node, operator.getitem, (_sorted(node, x, axis, high + 1, descending=False), 0))
        y, above = (emit(node, aten.slice.Tensor, (ascending, axis, place, place + 1)) for place in (low, high))
        if fraction:
            y, above = (
                emit(node, aten.mul.Tensor, (part, factor)) for part, factor in ((y, 1 - fraction), (above, fraction))
            )
            y = emit(node, aten.add.Tensor, (y, above))
        return y if bound["keepdim"] else emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _among(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x = bound["self"]
    held = bound["boundaries"] if "boundaries" in bound else bound["sorted_sequence"]
    bounds = tensor_of(held)
    if bounds is None or bounds.ndim != 1 or bounds.numel() > _MOST_BOUNDS or not isinstance(x, fx.Node):
        return None
    after = bool(bound["right"]) or bound.get("side") == "right"
    target = aten.ge.Tensor if after else aten.gt.Tensor

    def write() -> fx.Node:
        limits = add_parameter(node, f"{node.name}_bounds", bounds)
        passed = emit(node, target, (emit(node, aten.unsqueeze.default, (x, -1)), limits))
        counted = emit(node, aten.to.dtype, (passed, torch.int32))
        total = emit(node, aten.sum.dim_IntList, (counted, [-1]), {"dtype": torch.int32})
        return total if node_dtype(node) == torch.int32 else emit(node, aten.to.dtype, (total, node_dtype(node)))

    return write


FORMS: dict[object, Form] = {
    aten.sort.default: _sort,
    aten.sort.stable: _sort,
    aten.argsort.default: _argsort,
    aten.argsort.stable: _argsort,
    aten.quantile.scalar: _quantile,
    aten.bucketize.Tensor: _among,
    aten.searchsorted.Tensor: _among,
}
