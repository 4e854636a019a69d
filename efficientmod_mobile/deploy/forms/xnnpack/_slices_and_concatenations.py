"""Copies of parts of tensors for XNNPACK, which supports slices and concatenations.

    split(x, sizes)[i]  =  slice(x, start_i, end_i)
    select(x, i)        =  reshape(slice(x, i, i + 1))                      also unbind(x)[i]
    x[::s]              =  avg_pool2d(x) with windows of one pixel and stride s
    expand(x) * y       =  x * y                                            products and sums broadcast
    repeat(x, n)        =  cat(x, ..., x, slice(x, 0, h), slice(x, h, 2h))  one axis after the other
    pad(x), mirrored    =  cat(x[p], ..., x[1], x, x[n - 2], ...)           or repeated: x[0], ..., x[0]
    roll(x, s)          =  cat(slice(x, n - s, n), slice(x, 0, n - s))      one axis after the other

Their results are copies of their inputs' elements; nothing is computed.
"""

import operator

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis import BINARY, slice_of
from efficientmod_mobile.deploy.forms._form import Form, Write, reshaped
from efficientmod_mobile.deploy.forms._untile import tiled
from efficientmod_mobile.deploy.forms.xnnpack._pooling import adaptive_maximum
from efficientmod_mobile.deploy.program import arguments, emit, is_call, shape

aten = torch.ops.aten

_WIDEST = 3
"""Pixels of a border, each of which becomes a slice."""


def _cut(node: fx.Node) -> Write | None:
    cut = slice_of(node)
    if cut is None:
        return adaptive_maximum(node)
    bounds = (cut.axis, cut.start, cut.start + cut.length)
    return lambda: reshaped(node, emit(node, aten.slice.Tensor, (cut.source, *bounds)))


def _strided(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image, axis, step = bound["self"], bound["dim"] % len(shape(node)), bound["step"]
    if step == 1 or len(shape(node)) != 4 or axis < 2 or not image.meta["val"].is_floating_point():
        return None
    size = shape(image)[axis]
    start, end, _ = slice(bound["start"], bound["end"]).indices(size)

    def write() -> fx.Node:
        x = image if (start, end) == (0, size) else emit(node, aten.slice.Tensor, (image, axis, start, end))
        stride = [step if axis == place else 1 for place in (2, 3)]
        return emit(node, aten.avg_pool2d.default, (x, [1, 1], stride, [0, 0], False, False))

    return write


def _expand(node: fx.Node) -> Write | None:
    source = node.all_input_nodes[0]
    for user in node.users:
        others = [factor for factor in user.all_input_nodes if factor is not node]
        if not is_call(user, *BINARY) or len(others) != 1 or shape(others[0]) != shape(user):
            return None
    return lambda: source


def _border(node: fx.Node) -> Write | None:
    """A border of repeated pixels, or of mirrored ones without the outermost."""
    bound = arguments(node)
    if bound["mode"] not in ("reflect", "replicate") or max(bound["pad"]) > _WIDEST or min(bound["pad"]) < 0:
        return None

    def write() -> fx.Node:
        x, mirrored = node.all_input_nodes[0], bound["mode"] == "reflect"
        for place, (before, after) in enumerate(zip(bound["pad"][::2], bound["pad"][1::2], strict=True)):
            axis = len(shape(x)) - 1 - place
            last = shape(x)[axis] - 1
            first = [count if mirrored else 0 for count in range(before, 0, -1)]
            rest = [last - count if mirrored else last for count in range(1, after + 1)]
            lines = [emit(node, aten.slice.Tensor, (x, axis, at, at + 1)) for at in (*first, *rest)]
            if lines:
                x = emit(node, aten.cat.default, ([*lines[:before], x, *lines[before:]], axis))
        return x

    return write


def _repeat(node: fx.Node) -> Write | None:
    (source,), counts = node.all_input_nodes, arguments(node)["repeats"]
    repeated = [axis for axis, count in enumerate(counts) if count > 1]
    if len(counts) != len(shape(source)) or any(shape(source)[axis] == 1 for axis in repeated):
        return None

    def write() -> fx.Node:
        x = source
        for axis in repeated:
            x = tiled(node, x, axis, counts[axis])
        return x

    return write


def _roll(node: fx.Node) -> Write | None:
    bound = arguments(node)
    axes = [axis % len(shape(node)) for axis in bound["dims"]]
    if not axes:
        return None

    def write() -> fx.Node:
        x = node.all_input_nodes[0]
        for axis, shift in zip(axes, bound["shifts"], strict=True):
            size = shape(x)[axis]
            if cut := -shift % size:
                parts = [emit(node, aten.slice.Tensor, (x, axis, *part)) for part in ((cut, size), (0, cut))]
                x = emit(node, aten.cat.default, (parts, axis))
        return x

    return write


FORMS: dict[object, Form] = {
    operator.getitem: _cut,
    aten.select.int: _cut,
    aten.slice.Tensor: _strided,
    aten.expand.default: _expand,
    aten.expand_as.default: _expand,
    aten.repeat.default: _repeat,
    aten.roll.default: _roll,
    aten.pad.default: _border,
}
