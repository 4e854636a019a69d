"""Pooling over windows, in NHWC.

A maximum may be padded with any element that its window already contains, so the edge is repeated: zeros would be
wrong, and XNNPACK has no operator for padding with minus infinity. Only after RELU are zeros correct, and cheaper.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Array, Shape
from .._layout import NHWC, Value
from ._broadcast import binary
from ._convolution import nhwc
from ._pad_modes import repeat_edges
from ._padding import Pads, image_of, pad_image, same_pads, window_pads
from ._registry import Context, Operand, lowers
from ._subsample import subsampled

_NONE: Pads = ((0, 0), (0, 0))
_NOT_NEGATIVE = {"Relu", "Clip", "Sigmoid", "HardSigmoid", "Softmax"}


@lowers("MaxPool")
def max_pool(
    context: Context,
    x: Operand,
    *,
    kernel_shape: tuple[int, ...],
    strides: tuple[int, ...] = (1, 1),
    pads: tuple[int, ...] = (),
    dilations: tuple[int, ...] = (1, 1),
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,  # noqa: ARG001
    storage_order: int = 0,  # noqa: ARG001
) -> Value:
    """The greatest element of each window, without the padding."""
    if tuple(dilations) != (1, 1) or len(context.node.outputs) > 1:
        raise CannotLowerError("a dilated maximum, or the indices of the maxima")
    _check_pads(pads, kernel_shape)
    image = image_of(context, context.value(x))
    asked = window_pads(image.physical[1:3], kernel_shape, strides, (1, 1), pads, auto_pad)
    same = asked == same_pads(image.physical[1:3], kernel_shape, strides, (1, 1))
    if not same or asked == _NONE:
        asked = _needed(image, _extents(context), kernel_shape, strides, asked)
        border = pad_image if _is_not_negative(context) else repeat_edges
        image = border(context, image, asked)
        same = False
    return _pool(context, "MAX_POOL_2D", image, kernel_shape, strides, same=same)


@lowers("AveragePool")
def average_pool(
    context: Context,
    x: Operand,
    *,
    kernel_shape: tuple[int, ...],
    strides: tuple[int, ...] = (1, 1),
    pads: tuple[int, ...] = (),
    dilations: tuple[int, ...] = (1, 1),
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,  # noqa: ARG001
    count_include_pad: int = 0,
) -> Value:
    """The mean of each window; the padding counts as zeros with `count_include_pad`, else not at all."""
    if tuple(dilations) != (1, 1):
        raise CannotLowerError("a dilated mean")
    _check_pads(pads, kernel_shape)
    image = image_of(context, context.value(x))
    extents = image.physical[1:3]
    asked = window_pads(extents, kernel_shape, strides, (1, 1), pads, auto_pad)
    if not count_include_pad and asked != _NONE and asked == same_pads(extents, kernel_shape, strides, (1, 1)):
        return _pool(context, "AVERAGE_POOL_2D", image, kernel_shape, strides, same=True)
    needed = _needed(image, _extents(context), kernel_shape, strides, asked)
    correction = _correction(extents, _extents(context), kernel_shape, strides, asked, padded=bool(count_include_pad))
    if needed == _NONE:
        pooled = _pool(context, "AVERAGE_POOL_2D", image, kernel_shape, strides, same=False)
    else:
        pooled = _mean_with_zeros(context, image, kernel_shape, strides, needed)
    if correction is None:
        return pooled
    return binary(context, "MUL", pooled, correction, schema.MulOptionsT())


def _check_pads(pads: Shape, kernel: Shape) -> None:
    """Refuse windows of padding alone, which have neither a maximum nor a mean."""
    if any(pad >= size for pad, size in zip(pads, (*kernel, *kernel), strict=False)):
        raise CannotLowerError(f"a padding {list(pads)} as long as the window {list(kernel)}")


def _extents(context: Context) -> Shape:
    return context.shape[2:]


def _needed(image: Value, result: Shape, kernel: Shape, strides: Shape, asked: Pads) -> Pads:
    """The padding that the windows of the result cover; with ONNX's ceil_mode it may be more, or less, than
    stated.
    """
    ends = []
    for axis in (0, 1):
        before = asked[axis][0]
        reach = (result[axis] - 1) * strides[axis] + kernel[axis]
        after = max(reach - before - image.physical[1 + axis], 0)
        if after >= kernel[axis]:
            raise CannotLowerError("a window that begins after the image's end")
        ends.append((before, after))
    return (ends[0], ends[1])


def _pool(context: Context, code: str, image: Value, kernel: Shape, strides: Shape, *, same: bool) -> Value:
    shape = tuple(context.shape[axis] for axis in NHWC)
    if kernel == (1, 1) and strides != (1, 1):
        return subsampled(context, image, shape, strides)
    options = schema.Pool2DOptionsT(
        padding=schema.Padding.SAME if same else schema.Padding.VALID,
        strideH=strides[0],
        strideW=strides[1],
        filterHeight=kernel[0],
        filterWidth=kernel[1],
    )
    return Value(context.emit(code, [context.builder.stored(image)], shape, options), shape, NHWC)


def _mean_with_zeros(context: Context, image: Value, kernel: Shape, strides: Shape, pads: Pads) -> Value:
    """The mean of windows that include zeros of the padding, as a depthwise convolution: a GPU fuses a PAD into the
    AVERAGE_POOL_2D after it, and then does not count the zeros.
    """
    shape, channels = nhwc(context.shape), image.physical[3]
    same = pads == same_pads(image.physical[1:3], kernel, strides, (1, 1))
    weight = np.full((1, *kernel, channels), 1 / (kernel[0] * kernel[1]), np.float32)
    options = schema.DepthwiseConv2DOptionsT(
        padding=schema.Padding.SAME if same else schema.Padding.VALID,
        strideH=strides[0],
        strideW=strides[1],
        dilationHFactor=1,
        dilationWFactor=1,
        depthMultiplier=1,
    )
    operands = [
        context.builder.stored(image if same else pad_image(context, image, pads)),
        context.constant(weight, "weight"),
        context.constant(np.zeros(channels, np.float32), "bias"),
    ]
    return Value(context.emit("DEPTHWISE_CONV_2D", operands, shape, options), shape, NHWC)


def _is_not_negative(context: Context) -> bool:
    writer = context.graph.writer(context.node.inputs[0])
    if writer is None or writer.operator not in _NOT_NEGATIVE:
        return False
    if writer.operator != "Clip":
        return True
    low, high = (context.graph.constant(writer.input(place)) for place in (1, 2))
    if low is None or (high is None and writer.input(2)):
        return False
    return all(bool((bound.astype(np.float64) >= 0).all()) for bound in (low, high) if bound is not None)


def _correction(
    extents: Shape, result: Shape, kernel: Shape, strides: Shape, asked: Pads, *, padded: bool
) -> Array | None:
    """The factor for each mean over a whole window of zeros and elements, (1, 1, OH, OW); None where all are 1."""
    counts = []
    for axis in (0, 1):
        before, after = asked[axis]
        low, high = (-before, extents[axis] + after) if padded else (0, extents[axis])
        starts = np.arange(result[axis]) * strides[axis] - before
        counts.append(np.minimum(starts + kernel[axis], high) - np.maximum(starts, low))
    if all((count == size).all() for count, size in zip(counts, kernel, strict=True)):
        return None
    taken = np.outer(counts[0], counts[1])
    return (kernel[0] * kernel[1] / taken).astype(np.float32)[None, None]
