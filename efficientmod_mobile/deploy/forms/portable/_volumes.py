"""Windows over volumes (N, C, D, H, W) in those over images, since few runtimes have the first.

avg_pool3d(x)            =  avg_pool2d over (H, W), then over D
max_pool3d(x)            =  max_pool2d over (H, W), then over D
adaptive_avg_pool3d(x)   =  A_d, A_h, A_w along the axes
conv3d(x, W)             =  conv2d of each window of kd slices of D, with (C kd) channels and W's taps in them
conv_transpose3d(x, W)   =  see `_transposed`
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import matrix_of, taken
from efficientmod_mobile.deploy.program import add_parameter, along, arguments, emit, shape, tensor_of

aten = torch.ops.aten


def triple(sizes: Sequence[int] | int) -> list[int]:
    """Depth, height and width, from one number for all or from three."""
    given = [sizes] if isinstance(sizes, int) else list(sizes)
    return given * 3 if len(given) == 1 else given


def _pooled(node: fx.Node) -> Write | None:
    bound = arguments(node)
    volume: fx.Node = bound["self"]
    average = node.target == aten.avg_pool3d.default
    kernel, padding = triple(bound["kernel_size"]), triple(bound["padding"])
    stride = triple(bound["stride"] or kernel)
    if len(shape(volume)) != 5 or bound.get("divisor_override") is not None:
        return None
    spacing = [] if average else [triple(bound["dilation"])]
    rest = (bound["ceil_mode"], *([bound["count_include_pad"]] if average else []))
    target = aten.avg_pool2d.default if average else aten.max_pool2d.default
    batch, channels, depth, height, width = shape(volume)
    _, _, deep, tall, wide = shape(node)

    def write() -> fx.Node:
        x = emit(node, aten.reshape.default, (volume, [batch, channels * depth, height, width]))
        if (kernel[1:], stride[1:], padding[1:]) != ([1, 1], [1, 1], [0, 0]):
            sizes = (kernel[1:], stride[1:], padding[1:], *(one[1:] for one in spacing))
            x = emit(node, target, (x, *sizes, *rest))
        x = emit(node, aten.reshape.default, (x, [batch, channels, depth, tall * wide]))
        if (kernel[0], stride[0], padding[0]) != (1, 1, 0):
            sizes = ([kernel[0], 1], [stride[0], 1], [padding[0], 0], *([one[0], 1] for one in spacing))
            x = emit(node, target, (x, *sizes, *rest))
        return emit(node, aten.reshape.default, (x, [batch, channels, deep, tall, wide]))

    return write


def _adaptive_average(node: fx.Node) -> Write | None:
    volume = node.all_input_nodes[0]
    before, after = shape(volume)[-3:], shape(node)[-3:]

    def write() -> fx.Node:
        x = volume
        for axis, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                pool = partial(aten.adaptive_avg_pool1d.default, output_size=[new])
                x = along(node, x, len(shape(volume)) - 3 + axis, matrix_of(pool, old))
        return x

    return write


def _convolution(node: fx.Node) -> Write | None:
    """The windows along D as channels: (N, D', C kd, H, W), of which every group's channels stand together."""
    bound = arguments(node)
    volume, weight, bias = bound["input"], bound["weight"], bound["bias"]
    if len(shape(volume)) != 5 or isinstance(bound["padding"], str):
        return None
    stride, padding, dilation = (triple(bound[name]) for name in ("stride", "padding", "dilation"))
    batch, channels, depth, height, width = shape(volume)
    _, outputs, deep, tall, wide = shape(node)
    taps = shape(weight)[2]
    places = [index * stride[0] + tap * dilation[0] for index in range(deep) for tap in range(taps)]

    def write() -> fx.Node:
        x = emit(node, aten.permute.default, (volume, [0, 2, 1, 3, 4]))
        x = emit(node, aten.reshape.default, (x, [batch, depth, channels * height * width]))
        if padding[0]:
            x = emit(node, aten.constant_pad_nd.default, (x, [0, 0, padding[0], padding[0]], 0.0))
        x = taken(node, x, 1, places)
        x = emit(node, aten.reshape.default, (x, [batch * deep, taps * channels, height, width]))
        x = _grouped(node, x, taps, channels)
        kernel = _kernel(node, weight)
        options = (stride[1:], padding[1:], dilation[1:], bound["groups"])
        y = emit(node, aten.conv2d.default, (x, kernel, bias, *options))
        y = emit(node, aten.reshape.default, (y, [batch, deep, outputs, tall * wide]))
        y = emit(node, aten.permute.default, (y, [0, 2, 1, 3]))
        return emit(node, aten.reshape.default, (y, [batch, outputs, deep, tall, wide]))

    return write


def _kernel(node: fx.Node, weight: fx.Node) -> fx.Node:
    """Insert a kernel over images, of the weight's elements; the network may compute the weight."""
    held, transposed = tensor_of(weight), node.target != aten.conv3d.default
    if held is not None:
        kernel = (held.transpose(1, 2) if transposed else held).flatten(1, 2)
        return add_parameter(node, f"{node.name}_kernel", kernel.contiguous())
    x = emit(node, aten.transpose.int, (weight, 1, 2)) if transposed else weight
    first, second, third, *window = shape(x)
    return emit(node, aten.reshape.default, (x, [first, second * third, *window]))


def _grouped(node: fx.Node, x: fx.Node, taps: int, channels: int) -> fx.Node:
    """Channels (tap, c) as (c, tap), in which the weight has them."""
    if min(taps, channels) == 1:
        return x
    batch, _, height, width = shape(x)
    x = emit(node, aten.reshape.default, (x, [batch, taps, channels, height * width]))
    x = emit(node, aten.permute.default, (x, [0, 2, 1, 3]))
    return emit(node, aten.reshape.default, (x, [batch, channels * taps, height, width]))


def _transposed(node: fx.Node) -> Write | None:
    """Each slice of D gives kd slices, by a transposed convolution over (H, W); a matrix along D adds up what falls
    together.
    """
    bound = arguments(node)
    volume, weight, bias = bound["input"], bound["weight"], bound["bias"]
    if len(shape(volume)) != 5 or bound["groups"] != 1:
        return None
    stride, padding, more, dilation = (
        triple(bound[name]) for name in ("stride", "padding", "output_padding", "dilation")
    )
    batch, channels, depth, height, width = shape(volume)
    _, outputs, deep, tall, wide = shape(node)
    taps = shape(weight)[2]
    matrix = torch.zeros(deep, depth, taps, dtype=torch.float64)
    for place in range(depth):
        for tap in range(taps):
            slot = place * stride[0] + tap * dilation[0] - padding[0]
            if 0 <= slot < deep:
                matrix[slot, place, tap] = 1.0

    def write() -> fx.Node:
        x = emit(node, aten.permute.default, (volume, [0, 2, 1, 3, 4]))
        x = emit(node, aten.reshape.default, (x, [batch * depth, channels, height, width]))
        kernel = _kernel(node, weight)
        options = (stride[1:], padding[1:], more[1:], 1, dilation[1:])
        y = emit(node, aten.conv_transpose2d.input, (x, kernel, None, *options))
        y = emit(node, aten.reshape.default, (y, [batch, depth * taps, outputs * tall * wide]))
        y = along(node, y, 1, matrix.flatten(1))
        y = emit(node, aten.reshape.default, (y, [batch, deep, outputs, tall * wide]))
        y = emit(node, aten.permute.default, (y, [0, 2, 1, 3]))
        y = emit(node, aten.reshape.default, (y, [batch, outputs, deep, tall, wide]))
        if bias is None:
            return y
        held = emit(node, aten.reshape.default, (bias, [outputs, 1, 1, 1]))
        return emit(node, aten.add.Tensor, (y, held))

    return write


FORMS: dict[object, Form] = {
    aten.avg_pool3d.default: _pooled,
    aten.max_pool3d.default: _pooled,
    aten.adaptive_avg_pool3d.default: _adaptive_average,
    aten.conv3d.default: _convolution,
    aten.conv_transpose3d.input: _transposed,
}
