"""Pooling with windows that some runtime lacks.

    avg_pool2d(x), windows cut at the border   =  avg_pool2d(pad(x)) * (window / elements that count)
    avg_pool2d(x), divided by d                =  avg_pool2d(pad(x)) * (window / d)
    adaptive_avg_pool2d(x)                     =  A_h x A_w^T                        windows of several lengths
    adaptive_max_pool2d(x)                     =  the maximum of each row of windows, then of each column;
                                                  of volumes, of each slice first
    max_pool2d(x), dilated                     =  max over the taps t of x[s i + d t - p], one axis after the other

A tap in the padding is replaced by another of the same window, which changes no maximum.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.forms._form import Form, Write, constant, pair
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import matrix_of, taken
from efficientmod_mobile.deploy.program import along, arguments, emit, shape

aten = torch.ops.aten


def _average(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image = bound["self"]
    if len(shape(image)) != 4:
        return None
    kernel, padding = pair(bound["kernel_size"]), pair(bound["padding"])
    stride = pair(bound["stride"] or kernel)
    divisor = bound["divisor_override"]
    # How far the windows reach behind the padding: with ceil_mode only.
    ends = [
        max((after - 1) * step + window - size - pad, 0)
        for after, step, window, size, pad in zip(
            shape(node)[2:], stride, kernel, shape(image)[2:], padding, strict=True
        )
    ]
    if divisor is None and all(end <= pad for end, pad in zip(ends, padding, strict=True)):
        return None
    counts = [
        _counted(shape(image)[2 + axis], shape(node)[2 + axis], kernel[axis], stride[axis], padding[axis], bound)
        for axis in (0, 1)
    ]

    def write() -> fx.Node:
        (down, right) = ends
        sides = [padding[1], right, padding[0], down]
        x = emit(node, aten.constant_pad_nd.default, (image, sides, 0.0)) if any(sides) else image
        mean = emit(node, aten.avg_pool2d.default, (x, kernel, stride, [0, 0], False, True))
        window = kernel[0] * kernel[1]
        if divisor is not None:
            return emit(node, aten.mul.Tensor, (mean, window / divisor))
        factor = window / torch.outer(*counts)
        return emit(node, aten.mul.Tensor, (mean, constant(node, "window", factor[None, None])))

    return write


def _counted(size: int, after: int, window: int, step: int, pad: int, bound: dict[str, object]) -> Tensor:
    """How many elements of each window along an axis count: those of the image, or of the padding too."""
    starts = torch.arange(after, dtype=torch.float64) * step - pad
    low, high = (-pad, size + pad) if bound["count_include_pad"] else (0, size)
    return (starts + window).clamp(max=high) - starts.clamp(min=low)


def _adaptive_average(node: fx.Node) -> Write | None:
    image = node.all_input_nodes[0]
    before, after = shape(image)[2:], shape(node)[2:]
    if len(before) != 2 or after == (1, 1) or not any(old % new for old, new in zip(before, after, strict=True)):
        return None

    def write() -> fx.Node:
        x = image
        for axis in sorted((0, 1), key=lambda axis: after[axis] / before[axis]):
            if after[axis] != before[axis]:
                x = along(node, x, 2 + axis, _mean_matrix(before[axis], after[axis]))
        return x

    return write


def _mean_matrix(before: int, after: int) -> Tensor:
    return matrix_of(lambda rows: aten.adaptive_avg_pool2d.default(rows[None, :, None], [1, after])[0, :, 0], before)


def adaptive_maximum(node: fx.Node) -> Write | None:
    """The first result of an adaptive maximum, whose second has no reader."""
    source, index = node.args
    if not isinstance(source, fx.Node) or len(source.users) > 1:
        return None
    axes = _ADAPTIVE_MAXIMA.get(source.target)
    if axes is None or index != 0 or len(shape(node)) != 2 + axes:
        return None
    (image,) = source.all_input_nodes
    before, after = shape(image)[2:], shape(node)[2:]
    if after == (1, 1):
        return None

    def write() -> fx.Node:
        sizes = list(shape(image))
        x = image
        if axes == 3:
            x = emit(node, aten.reshape.default, (x, [*sizes[:3], sizes[3] * sizes[4]]))
            x = _maxima(node, x, 2, _windows(before[0], after[0]))
            x = emit(node, aten.reshape.default, (x, [sizes[0], sizes[1] * after[0], *sizes[3:]]))
        for axis, (old, new) in enumerate(zip(before[-2:], after[-2:], strict=True)):
            x = _maxima(node, x, 2 + axis, _windows(old, new))
        return x if axes < 3 else emit(node, aten.reshape.default, (x, list(shape(node))))

    return write


_ADAPTIVE_MAXIMA: dict[object, int] = {
    aten.adaptive_max_pool1d.default: 1,
    aten.adaptive_max_pool2d.default: 2,
    aten.adaptive_max_pool3d.default: 3,
}
"""The axes of their windows."""


def _windows(before: int, after: int) -> list[tuple[int, int]]:
    """Where each window along an axis starts and ends."""
    return [(place * before // after, -((place + 1) * before // -after)) for place in range(after)]


def _maxima(node: fx.Node, x: fx.Node, axis: int, bounds: Sequence[tuple[int, int]]) -> fx.Node:
    lengths = {end - start for start, end in bounds}
    if len(lengths) == 1 and all(bounds[i][1] == bounds[i + 1][0] for i in range(len(bounds) - 1)):
        return _maximum(node, x, axis, lengths.pop())
    parts = []
    for start, end in bounds:
        part = emit(node, aten.slice.Tensor, (x, axis, start, end))
        parts.append(_maximum(node, part, axis, end - start))
    return emit(node, aten.cat.default, (parts, axis))


def _maximum(node: fx.Node, x: fx.Node, axis: int, length: int) -> fx.Node:
    """Of each run of `length` elements along an axis."""
    if length == 1:
        return x
    if length == shape(x)[axis]:
        return emit(node, aten.amax.default, (x, [axis], True))
    if len(shape(x)) == 3:
        return emit(node, aten.max_pool1d.default, (x, [length], [length]))
    window = [length if axis == place else 1 for place in (2, 3)]
    return emit(node, aten.max_pool2d.default, (x, window, window))


def _dilated_maximum(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image: fx.Node = bound["self"]
    axes = 2 if node.target == aten.max_pool2d.default else 1
    kernel, padding, dilation = (_sizes(bound[name], axes) for name in ("kernel_size", "padding", "dilation"))
    stride = _sizes(bound["stride"] or kernel, axes)
    if set(dilation) == {1} or len(shape(image)) != 2 + axes:
        return None

    def write() -> fx.Node:
        x: fx.Node = image
        for axis in range(axes):
            size = shape(x)[2 + axis]
            taps = _taps(size, shape(node)[2 + axis], kernel[axis], stride[axis], padding[axis], dilation[axis])
            parts = [taken(node, x, 2 + axis, places) for places in taps]
            x = parts[0]
            for part in parts[1:]:
                x = emit(node, aten.maximum.default, (x, part))
        return x

    return write


def _sizes(given: Sequence[int], axes: int) -> list[int]:
    """A number for each axis, from one for all or from as many."""
    return list(given) if len(given) == axes else list(given) * axes


def _taps(size: int, after: int, window: int, step: int, pad: int, dilation: int) -> list[list[int]]:
    """For each tap of the windows the place that it reads; one in the padding reads what a neighbouring tap reads."""
    taps: list[list[int]] = [[] for _ in range(window)]
    for index in range(after):
        places = [index * step - pad + tap * dilation for tap in range(window)]
        inside = [place for place in places if 0 <= place < size]
        for tap, place in enumerate(places):
            # Those inside are a run, so that the nearest one is its first or its last.
            taps[tap].append(min(max(place, inside[0]), inside[-1]))
    return taps


FORMS: dict[object, Form] = {
    aten.avg_pool2d.default: _average,
    aten.adaptive_avg_pool2d.default: _adaptive_average,
    aten.max_pool2d.default: _dilated_maximum,
    aten.max_pool1d.default: _dilated_maximum,
}
