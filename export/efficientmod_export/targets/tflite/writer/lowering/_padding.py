"""Padding of windows: TFLite's SAME where ONNX's padding equals it, and a PAD before the operator elsewhere.

With SAME, TFLite pads for ceil(extent / stride) windows, with an odd element at the end:

    total = max((ceil(extent / stride) - 1) * stride + dilation * (kernel - 1) + 1 - extent, 0),   before = total // 2

XNNPACK fuses a PAD into a following operator with VALID windows, so an inexact SAME would save nothing.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._errors import CannotLowerError
from .._graph import Array, Shape
from .._layout import NHWC, Value
from ._registry import Context

Pads = tuple[tuple[int, int], tuple[int, int]]
"""Elements (before, after) along H, and along W."""
Borders = tuple[tuple[int, int], ...]
"""Elements (before, after) along each axis."""


def window_pads(
    extents: Shape, kernel: Shape, strides: Shape, dilations: Shape, pads: tuple[int, ...], auto_pad: str
) -> Pads:
    """The padding that the ONNX attributes state; extents are (H, W)."""
    if auto_pad == "VALID":
        return ((0, 0), (0, 0))
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        totals = [_same_total(*item) for item in zip(extents, kernel, strides, dilations, strict=True)]
        if min(totals) < 0:
            raise CannotLowerError(f"auto_pad {auto_pad!r} and a stride larger than the window; runtimes differ on it")
        halves = [(total // 2, total - total // 2) for total in totals]
        if auto_pad == "SAME_LOWER":
            halves = [(after, before) for before, after in halves]
        return (halves[0], halves[1])
    if auto_pad not in ("NOTSET", ""):
        raise CannotLowerError(f"auto_pad {auto_pad!r} is not one of ONNX's")
    if any(pad < 0 for pad in pads):
        raise CannotLowerError("a padding is negative")
    top, left, bottom, right = pads or (0, 0, 0, 0)
    return ((top, bottom), (left, right))


def same_pads(extents: Shape, kernel: Shape, strides: Shape, dilations: Shape) -> Pads:
    """The padding of TFLite's SAME."""
    totals = [max(_same_total(*item), 0) for item in zip(extents, kernel, strides, dilations, strict=True)]
    return ((totals[0] // 2, totals[0] - totals[0] // 2), (totals[1] // 2, totals[1] - totals[1] // 2))


def _same_total(extent: int, kernel: int, stride: int, dilation: int) -> int:
    return (-(-extent // stride) - 1) * stride + dilation * (kernel - 1) + 1 - extent


def pad_image(context: Context, image: Value, pads: Pads, number: float = 0.0) -> Value:
    """Write a PAD around an image in NHWC."""
    if pads == ((0, 0), (0, 0)):
        return image
    return pad_physical(context, image, ((0, 0), *pads, (0, 0)), number)


def pad_physical(context: Context, value: Value, pads: Borders, number: float) -> Value:
    """Write a PAD along physical axes."""
    padded = [axis for axis, pad in enumerate(pads) if pad != (0, 0)]
    if len(padded) > 1 and padded[0] == 0 and len(pads) >= MAX_RANK:
        rest = pad_physical(context, value, ((0, 0), *pads[1:]), number)
        return pad_physical(context, rest, (pads[0], *((0, 0),) * (len(pads) - 1)), number)
    physical = tuple(before + extent + after for extent, (before, after) in zip(value.physical, pads, strict=True))
    shape, pads = as_image(value.physical, pads)
    return Value(_padded(context, context.builder.stored(value, shape), shape, pads, number), physical, value.layout)


def as_image(shape: Shape, pads: Borders) -> tuple[Shape, Borders]:
    """The shape and padding with four axes for a GPU, which needs at least three and treats the first as a batch."""
    if len(shape) == MAX_RANK and pads[0] == (0, 0):
        return shape, pads
    if len(shape) == MAX_RANK - 1 and shape[0] == 1 and pads[0] == (0, 0):
        return shape, pads
    if len(shape) >= MAX_RANK:
        shape, pads = _merged(shape, pads)
    if len(shape) > MAX_RANK:
        raise CannotLowerError(f"a padding of {len(shape)} axes; TFLite pads at most {MAX_RANK}")
    missing = MAX_RANK - len(shape)
    return (1,) * missing + shape, ((0, 0),) * missing + pads


def _merged(shape: Shape, pads: Borders) -> tuple[Shape, Borders]:
    """The same with adjacent axes merged that are not padded."""
    extents: list[int] = []
    borders: list[tuple[int, int]] = []
    for extent, pad in zip(shape, pads, strict=True):
        if borders and borders[-1] == pad == (0, 0):
            extents[-1] *= extent
        else:
            extents.append(extent)
            borders.append(pad)
    return tuple(extents), tuple(borders)


def _padded(context: Context, source: int, shape: Shape, pads: Borders, number: float) -> int:
    result = tuple(before + extent + after for extent, (before, after) in zip(shape, pads, strict=True))
    operands = [source, context.builder.ints(pads)]
    padded = [axis for axis, pad in enumerate(pads) if pad != (0, 0)]
    if number != 0.0 and len(padded) != 1:
        operands.append(context.constant(np.asarray(number, dtype=np.float32), "padding"))
        return context.emit("PADV2", operands, result, schema.PadV2OptionsT())
    tensor = context.emit("PAD", operands, result, schema.PadOptionsT())
    if number == 0.0:
        return tensor
    border = _border(result, padded[0], pads[padded[0]], number)
    return context.emit("ADD", [tensor, context.constant(border, "border")], result, schema.AddOptionsT())


def _border(shape: Shape, axis: int, pad: tuple[int, int], number: float) -> Array:
    """The number on the borders of one axis and 0 between, to be added after a PAD, since XNNPACK has no PADV2."""
    border = np.zeros(shape[axis], np.float32)
    border[: pad[0]] = number
    border[shape[axis] - pad[1] :] = number
    return border.reshape(-1, *(1,) * (len(shape) - axis - 1))


def image_of(context: Context, value: Value) -> Value:
    """The value as NHWC; it must be (N, C, H, W)."""
    if len(value.layout) != len(NHWC):
        raise CannotLowerError(f"a window over {len(value.layout) - 2} axes; only those over two are supported")
    return context.builder.arranged(value, NHWC)
