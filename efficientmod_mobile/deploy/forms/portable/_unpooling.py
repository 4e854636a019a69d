"""Unpooling by the places of a pool of square windows side by side, without places.

    max_unpool(y, places of max_pool(x))  =  y where an element of x is the first maximum of its window, 0 elsewhere

(Zeiler et al. 2011; SegNet: Badrinarayanan et al. 2017.)
"""

import operator

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, pair
from efficientmod_mobile.deploy.program import arguments, emit, is_call, node_dtype, shape

aten = torch.ops.aten

_POOLS = (aten.max_pool2d_with_indices.default,)


def _unpool(node: fx.Node) -> Write | None:
    values, places = arguments(node)["self"], arguments(node)["indices"]
    pool = places.args[0] if is_call(places, operator.getitem) else None
    if not isinstance(pool, fx.Node) or not is_call(pool, *_POOLS) or len(shape(node)) != 4:
        return None
    bound = arguments(pool)
    image, kernel = bound["self"], pair(bound["kernel_size"])
    plain = pair(bound["padding"]) == [0, 0] and pair(bound["dilation"]) == [1, 1] and not bound["ceil_mode"]
    side_by_side = kernel[0] == kernel[1] and pair(bound["stride"] or kernel) == kernel
    height, width = shape(values)[2:]
    window = kernel[0]
    # A place counts the pixels of the pooled image, so that the result has its width.
    right, bottom = shape(node)[3] - window * width, shape(node)[2] - window * height
    if not plain or not side_by_side or shape(node)[3] != shape(image)[3] or min(right, bottom) < 0:
        return None

    def write() -> fx.Node:
        greatest = emit(node, aten.max_pool2d.default, (image, kernel, kernel))
        taps = [
            _tap(node, image, row, column, window, (height, width)) for row in range(window) for column in range(window)
        ]
        parts, free = [], None
        for tap in taps:
            is_greatest = emit(node, aten.ge.Tensor, (tap, greatest))
            first = emit(node, aten.to.dtype, (is_greatest, node_dtype(values)))
            if free is not None:
                first = emit(node, aten.mul.Tensor, (first, free))
            rest = emit(node, aten.sub.Tensor, (free, first)) if free else emit(node, aten.rsub.Scalar, (first, 1.0))
            free = rest
            parts.append(emit(node, aten.unsqueeze.default, (emit(node, aten.mul.Tensor, (values, first)), 2)))
        batch, channels = shape(values)[:2]
        joined = emit(node, aten.cat.default, (parts, 2))
        blocks = emit(node, aten.reshape.default, (joined, [batch, channels * window**2, height, width]))
        y = emit(node, aten.pixel_shuffle.default, (blocks, window))
        return emit(node, aten.constant_pad_nd.default, (y, [0, right, 0, bottom], 0.0)) if right or bottom else y

    return write


def _tap(node: fx.Node, image: fx.Node, row: int, column: int, step: int, size: tuple[int, int]) -> fx.Node:
    """The elements at one place of every window."""
    x = image
    for axis, first, count in ((2, row, size[0]), (3, column, size[1])):
        x = emit(node, aten.slice.Tensor, (x, axis, first, first + (count - 1) * step + 1, step))
    return x


def pool_without_places(node: fx.Node) -> Write | None:
    """The values of a pool whose places have no reader."""
    source, index = node.args
    if not is_call(source, *_POOLS) or index != 0 or len(source.users) > 1:  # type: ignore[union-attr]
        return None
    bound = arguments(source)  # type: ignore[arg-type]
    names = ("self", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
    values = {**bound, "stride": list(bound["stride"]) or list(bound["kernel_size"])}
    return lambda: emit(node, aten.max_pool2d.default, tuple(values[name] for name in names))


FORMS: dict[object, Form] = {aten.max_unpool2d.default: _unpool}
