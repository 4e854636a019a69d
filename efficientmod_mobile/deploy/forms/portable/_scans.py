"""Products and running results along an axis, in as many steps as the length has binary digits.

    prod(x)      =  prod(first half * second half)
    scan(x, f)   :  y[i] = f(y[i], y[i - s]) for s = 1, 2, 4, ...         cumprod, cummax, cummin; cumsum of integers

(Hillis & Steele 1986, "Data parallel algorithms".)
"""

from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, emit, is_call, shape

aten = torch.ops.aten


def _part(node: fx.Node, x: fx.Node, axis: int, start: int, end: int) -> fx.Node:
    return emit(node, aten.slice.Tensor, (x, axis, start, end))


def _product(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x: fx.Node = bound["self"]
    whole = "dim" not in bound
    if bound["dtype"] is not None or not shape(x) or not x.meta["val"].is_floating_point():
        return None
    axis = 0 if whole else bound["dim"] % len(shape(x))

    def write() -> fx.Node:
        y = emit(node, aten.reshape.default, (x, [-1])) if whole else x
        while (size := shape(y)[axis]) > 1:
            half = size // 2
            rest = [_part(node, y, axis, 2 * half, size)] if size % 2 else []
            first, second = _part(node, y, axis, 0, half), _part(node, y, axis, half, 2 * half)
            y = emit(node, aten.mul.Tensor, (first, second))
            y = emit(node, aten.cat.default, ([y, *rest], axis)) if rest else y
        return y if bound.get("keepdim") else emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _scanned(node: fx.Node, x: fx.Node, axis: int, target: Any) -> fx.Node:
    size, step = shape(x)[axis], 1
    while step < size:
        first, moved = _part(node, x, axis, 0, step), _part(node, x, axis, 0, size - step)
        joined = emit(node, target, (_part(node, x, axis, step, size), moved))
        x, step = emit(node, aten.cat.default, ([first, joined], axis)), 2 * step
    return x


def _running(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x: fx.Node = bound["self"]
    kept = bound["dtype"] in (None, x.meta["val"].dtype)
    integers = not x.meta["val"].is_floating_point() and node.meta["val"].dtype == x.meta["val"].dtype
    if not shape(x) or not kept or (node.target == aten.cumsum.default and not integers):
        return None
    target = aten.add.Tensor if node.target == aten.cumsum.default else aten.mul.Tensor
    return lambda: _scanned(node, x, bound["dim"] % len(shape(x)), target)


def running_extreme(node: fx.Node) -> Write | None:
    """The values of a running maximum or minimum, where its places have no reader."""
    source, index = node.args
    if not isinstance(source, fx.Node) or not is_call(source, aten.cummax.default, aten.cummin.default):
        return None
    if index != 0 or len(source.users) > 1 or not shape(node):
        return None
    bound = arguments(source)
    target = aten.maximum.default if source.target == aten.cummax.default else aten.minimum.default
    return lambda: _scanned(node, bound["self"], bound["dim"] % len(shape(node)), target)


FORMS: dict[object, Form] = {
    aten.prod.default: _product,
    aten.prod.dim_int: _product,
    aten.cumprod.default: _running,
    aten.cumsum.default: _running,
}
