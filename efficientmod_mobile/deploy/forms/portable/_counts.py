"""Numbers of elements, by comparisons.

count_nonzero(x, axes)   =  sum(x != 0, axes)
isclose(x, y, r, a)      =  (|x - y| <= a + r |y|) or x = y            the second for infinities
histc(x, n, low, high)_i =  sum(floor((x - low) / (high - low) n) = i)     of x within the bounds; high is in the last
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, node_dtype

aten = torch.ops.aten

_MOST_BINS = 256


def _count(node: fx.Node) -> Write:
    bound = arguments(node)
    axes = bound["dim"]

    def write() -> fx.Node:
        differs = emit(node, aten.ne.Scalar, (bound["self"], 0))
        if axes is None:
            return emit(node, aten.sum.default, (differs,))
        return emit(node, aten.sum.dim_IntList, (differs, [axes] if isinstance(axes, int) else list(axes)))

    return write


def _close(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, y = bound["self"], bound["other"]
    if bound["equal_nan"] or not (node_dtype(x).is_floating_point and node_dtype(y).is_floating_point):
        return None

    def write() -> fx.Node:
        distance = emit(node, aten.abs.default, (emit(node, aten.sub.Tensor, (x, y)),))
        size = emit(node, aten.mul.Tensor, (emit(node, aten.abs.default, (y,)), bound["rtol"]))
        near = emit(node, aten.le.Tensor, (distance, emit(node, aten.add.Tensor, (size, bound["atol"]))))
        return emit(node, aten.logical_or.default, (near, emit(node, aten.eq.Tensor, (x, y))))

    return write


def _histogram(node: fx.Node) -> Write | None:
    bound = arguments(node)
    count, low, high = bound["bins"], float(bound["min"]), float(bound["max"])
    if not low < high or count > _MOST_BINS or not node_dtype(node).is_floating_point:
        return None

    def write() -> fx.Node:
        x = emit(node, aten.reshape.default, (bound["self"], [-1, 1]))
        inside = emit(
            node,
            aten.logical_and.default,
            (emit(node, aten.ge.Scalar, (x, low)), emit(node, aten.le.Scalar, (x, high))),
        )
        place = emit(node, aten.div.Tensor, (emit(node, aten.sub.Tensor, (x, low)), high - low))
        place = emit(node, aten.floor.default, (emit(node, aten.mul.Tensor, (place, float(count))),))
        place = emit(node, aten.clamp.default, (place, None, count - 1.0))
        bins = add_parameter(node, f"{node.name}_bins", torch.arange(count, dtype=node_dtype(node))[None])
        hits = emit(node, aten.logical_and.default, (emit(node, aten.eq.Tensor, (place, bins)), inside))
        return emit(node, aten.sum.dim_IntList, (emit(node, aten.to.dtype, (hits, node_dtype(node))), [0]))

    return write


FORMS: dict[object, Form] = {
    **dict.fromkeys((aten.count_nonzero.default, aten.count_nonzero.dim_IntList), _count),
    aten.isclose.default: _close,
    aten.histc.default: _histogram,
}
