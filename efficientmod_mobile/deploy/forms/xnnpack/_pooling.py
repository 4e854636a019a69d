"""Pooling for XNNPACK, whose average pooling does not count the padding.

    avg_pool2d(x), padding counted     =  avg_pool2d(pad(x)), nothing padded
    adaptive_avg_pool2d(x, (H/p, W/q)) =  avg_pool2d(x) with windows of p x q
    mean over H x W                    =  mean over W of (mean over H)           for a large image
    amax(x, (2, 3))                    =  max_pool2d(x) with one window of H x W
    upsample_nearest2d(x), f times     =  each pixel's channels repeated f times, then each row of pixels

XNNPACK accumulates pixels one by one in float32: a sum of n terms then has an error of up to n units in the last place,
the mean of the means of columns one of up to H + W. (Higham 1993, "The accuracy of floating
point summation".)
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, pair, reshaped
from efficientmod_mobile.deploy.forms._untile import tiled
from efficientmod_mobile.deploy.program import arguments, emit, is_call, shape

aten = torch.ops.aten

_LARGE = 1024
"""Pixels. Up to this number the error of the sum is no larger than that of the layers around it."""


def _average(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image = bound["self"]
    kernel, padding = pair(bound["kernel_size"]), pair(bound["padding"])
    stride = pair(bound["stride"] or kernel)
    if bound["divisor_override"] is not None or len(shape(image)) != 4:
        return None
    rests = [
        (size + 2 * pad - window) % step
        for size, pad, window, step in zip(shape(image)[2:], padding, kernel, stride, strict=True)
    ]
    if (bound["ceil_mode"] and any(rests)) or not (bound["ceil_mode"] or bound["count_include_pad"]):
        return None
    outside = bound["count_include_pad"] and any(padding)

    def write() -> fx.Node:
        x, inside = image, padding
        if outside:
            sides = [padding[1], padding[1], padding[0], padding[0]]
            x, inside = emit(node, aten.constant_pad_nd.default, (image, sides, 0.0)), [0, 0]
        return emit(node, aten.avg_pool2d.default, (x, kernel, stride, inside, False, False))

    return write


def _adaptive_average(node: fx.Node) -> Write | None:
    image = node.all_input_nodes[0]
    if len(shape(node)) != 4:
        return None
    if shape(node)[2:] == (1, 1):
        return lambda: global_mean(node, image)
    window = _window(image, node)
    if window is None:
        return None
    return lambda: emit(node, aten.avg_pool2d.default, (image, window, window, [0, 0], False, False))


def _window(image: fx.Node, node: fx.Node) -> list[int] | None:
    """Height and width of the windows that tile the image; None if they differ or overlap."""
    sizes = list(zip(shape(image)[2:], shape(node)[2:], strict=True))
    return None if any(size % count for size, count in sizes) else [size // count for size, count in sizes]


def global_mean(node: fx.Node, image: fx.Node) -> fx.Node:
    """Insert the mean (N, C, 1, 1) over an image's pixels; for a large image, first over each column."""
    if _is_large(image):
        window = [shape(image)[2], 1]
        image = emit(node, aten.avg_pool2d.default, (image, window, window, [0, 0], False, False))
    return emit(node, aten.mean.dim, (image, [2, 3], True))


def mean_of_image(node: fx.Node) -> Write | None:
    """The form of a mean over height and width; None if XNNPACK's own is as accurate."""
    image = node.all_input_nodes[0]
    if len(shape(node)) == 4 and not _is_large(image):
        return None
    return lambda: reshaped(node, global_mean(node, image))


def _is_large(image: fx.Node) -> bool:
    height, width = shape(image)[2:]
    return height * width > _LARGE and min(height, width) > 1


def _amax(node: fx.Node) -> Write | None:
    (image,) = node.all_input_nodes
    axes = sorted(axis % len(shape(image)) for axis in arguments(node)["dim"])
    if axes == [2, 3]:
        return _maximum(node, image)
    if arguments(node)["keepdim"] or not axes:
        return None
    # The delegate keeps the axes, and its partitioner fails where they are to go.
    return lambda: reshaped(node, emit(node, aten.amax.default, (image, axes, True)))


def adaptive_maximum(node: fx.Node) -> Write | None:
    """The form of the first result of an adaptive maximum; None for any other `getitem`."""
    source, index = node.args
    if not is_call(source, aten.adaptive_max_pool2d.default) or index != 0:
        return None
    return _maximum(node, source.all_input_nodes[0])  # type: ignore[union-attr]


def _maximum(node: fx.Node, image: fx.Node) -> Write | None:
    if len(shape(image)) != 4 or shape(node)[2:] not in ((), (1, 1)) or not image.meta["val"].is_floating_point():
        return None
    window = list(shape(image)[2:])
    return lambda: reshaped(node, emit(node, aten.max_pool2d.default, (image, window, window)))


def _nearest(node: fx.Node) -> Write | None:
    image = node.all_input_nodes[0]
    _, channels, height, width = shape(image)
    tall, wide = shape(node)[2] // height, shape(node)[3] // width
    if shape(node)[2:] != (tall * height, wide * width) or channels == 1:
        return None

    def write() -> fx.Node:
        last = emit(node, aten.permute.default, (image, [0, 2, 3, 1]))
        pixels = emit(node, aten.reshape.default, (last, [-1, channels]))
        rows = emit(node, aten.reshape.default, (tiled(node, pixels, 1, wide), [-1, wide * width * channels]))
        whole = [-1, tall * height, wide * width, channels]
        larger = emit(node, aten.reshape.default, (tiled(node, rows, 1, tall), whole))
        return emit(node, aten.permute.default, (larger, [0, 3, 1, 2]))

    return write


FORMS: dict[object, Form] = {
    aten.avg_pool2d.default: _average,
    aten.adaptive_avg_pool2d.default: _adaptive_average,
    aten.amax.default: _amax,
    aten.upsample_nearest2d.vec: _nearest,
    aten.upsample_nearest2d.default: _nearest,
}
