"""Paddings of windows: which of ONNX's are TFLite's SAME, and a PAD before the operator for the others.

With SAME, TFLite pads so that there are ceil(extent / stride) windows, the odd element at the end:

    total = max((ceil(extent / stride) - 1) * stride + dilation * (kernel - 1) + 1 - extent, 0),   before = total // 2

A PAD and a VALID window is what XNNPACK joins again when it plans the graph, so an inexact SAME is never a saving.
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


def window_pads(
    extents: Shape, kernel: Shape, strides: Shape, dilations: Shape, pads: tuple[int, ...], auto_pad: str
) -> Pads:
    """The padding that ONNX asks for, from its attributes; extents are (H, W)."""
    if auto_pad == "VALID":
        return ((0, 0), (0, 0))
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        totals = [_same_total(*item) for item in zip(extents, kernel, strides, dilations, strict=True)]
        if min(totals) < 0:
            raise CannotLowerError(f"auto_pad {auto_pad!r} and a stride beyond the window; runtimes disagree on it")
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
    """What TFLite pads under SAME."""
    totals = [max(_same_total(*item), 0) for item in zip(extents, kernel, strides, dilations, strict=True)]
    return ((totals[0] // 2, totals[0] - totals[0] // 2), (totals[1] // 2, totals[1] - totals[1] // 2))


def _same_total(extent: int, kernel: int, stride: int, dilation: int) -> int:
    return (-(-extent // stride) - 1) * stride + dilation * (kernel - 1) + 1 - extent


def pad_image(context: Context, image: Value, pads: Pads, number: float = 0.0) -> Value:
    """Write a PAD around an image that lies as NHWC."""
    if pads == ((0, 0), (0, 0)):
        return image
    return pad_physical(context, image, ((0, 0), *pads, (0, 0)), number)


def pad_physical(context: Context, value: Value, pads: tuple[tuple[int, int], ...], number: float) -> Value:
    """Write a PAD along physical axes."""
    if len(value.physical) > MAX_RANK:
        raise CannotLowerError(f"a padding of {len(value.physical)} axes; TFLite pads at most {MAX_RANK}")
    shape = tuple(before + extent + after for extent, (before, after) in zip(value.physical, pads, strict=True))
    operands = [context.builder.stored(value), context.builder.ints(pads)]
    padded = [axis for axis, pad in enumerate(pads) if pad != (0, 0)]
    if number == 0.0 or len(padded) == 1:
        tensor = context.emit("PAD", operands, shape, schema.PadOptionsT())
    else:
        operands.append(context.constant(np.asarray(number, dtype=np.float32), "padding"))
        tensor = context.emit("PADV2", operands, shape, schema.PadV2OptionsT())
    if number != 0.0 and len(padded) == 1:
        border = _border(shape, padded[0], pads[padded[0]], number)
        tensor = context.emit("ADD", [tensor, context.constant(border, "border")], shape, schema.AddOptionsT())
    return Value(tensor, shape, value.layout)


def _border(shape: Shape, axis: int, pad: tuple[int, int], number: float) -> Array:
    """The number on the borders of one axis and zero between them, to be added: XNNPACK has no PADV2."""
    border = np.zeros(shape[axis], np.float32)
    border[: pad[0]] = number
    border[shape[axis] - pad[1] :] = number
    return border.reshape(-1, *(1,) * (len(shape) - axis - 1))


def image_of(context: Context, value: Value) -> Value:
    """The value as NHWC; it must be (N, C, H, W)."""
    if len(value.layout) != len(NHWC):
        raise CannotLowerError(f"a window over {len(value.layout) - 2} axes; only those over two are carried")
    return context.builder.arranged(value, NHWC)
