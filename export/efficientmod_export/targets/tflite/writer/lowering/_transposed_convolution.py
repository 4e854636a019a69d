"""Transposed convolutions: TRANSPOSE_CONV, which has neither groups nor dilations, and other padding than ONNX.

The whole result is computed and then cropped. Groups and dilations are written as zeros in the weight; rows beyond the
whole result (ONNX's output padding) as further rows of zeros in the weight.
"""

from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Array, Shape
from .._layout import NHWC, Value
from ._convolution import constant_weights, nhwc
from ._padding import image_of
from ._registry import Context, Operand, lowers

_LARGEST = 1 << 24
"""The most elements of a weight, with its zeros."""


@lowers("ConvTranspose")
def transposed_convolution(
    context: Context,
    x: Operand,
    weight: Operand,
    bias: Operand | None = None,
    *,
    strides: tuple[int, ...] = (1, 1),
    dilations: tuple[int, ...] = (1, 1),
    pads: tuple[int, ...] = (0, 0, 0, 0),
    output_padding: tuple[int, ...] = (0, 0),
    group: int = 1,
    auto_pad: str = "NOTSET",
    kernel_shape: tuple[int, ...] = (),
    output_shape: tuple[int, ...] = (),
) -> Value:
    """Transposed convolution of (N, C, H, W) with weight (C, O / group, kh, kw)."""
    image, outputs = image_of(context, context.value(x)), context.shape[1]
    batch, *extents, inputs = image.physical
    if inputs % group or outputs % group:
        raise CannotLowerError(f"{inputs} and {outputs} channels in {group} groups")
    weight, bias = constant_weights(weight, bias, (inputs, outputs // group), outputs, kernel_shape)
    natural = [
        (extent - 1) * stride + (size - 1) * dilation + 1
        for extent, stride, size, dilation in zip(extents, strides, weight.shape[2:], dilations, strict=True)
    ]
    if output_shape or auto_pad.startswith("SAME"):
        if auto_pad.startswith("SAME") and any(output_padding):
            raise CannotLowerError(f"auto_pad {auto_pad!r} with an output padding; runtimes differ on it")
        reached = tuple(count + more for count, more in zip(natural, output_padding, strict=True))
        begins = _shared_out(reached, context.shape[2:], auto_pad)
    else:
        begins = pads[:2] if auto_pad in ("NOTSET", "") else (0, 0)
    shape = nhwc(context.shape)
    lacks = [max(begin + count - n, 0) for begin, count, n in zip(begins, shape[1:3], natural, strict=True)]
    if min(begins) < 0 or any(lack >= max(strides) + max(dilations) for lack in lacks):
        raise CannotLowerError(f"a padding {list(pads)} or output padding {list(output_padding)} out of range")
    whole = (batch, *(count + lack for count, lack in zip(natural, lacks, strict=True)), outputs)
    operands = [
        context.builder.ints(whole),
        context.constant(_spread(weight, group, dilations, lacks).transpose(1, 2, 3, 0), "weight"),
        context.builder.stored(image),
        context.constant(bias, "bias"),
    ]
    options = schema.TransposeConvOptionsT(strideH=strides[0], strideW=strides[1], padding=schema.Padding.VALID)
    tensor = context.emit("TRANSPOSE_CONV", operands, whole, options)
    if shape != whole:
        ints = context.builder.ints
        operands = [tensor, ints([0, *begins, 0]), ints(shape)]
        tensor = context.emit("SLICE", operands, shape, schema.SliceOptionsT())
    return Value(tensor, shape, NHWC)


def _shared_out(reached: Shape, wanted: Shape, auto_pad: str) -> Shape:
    """The crop at the start of each axis, for a given output shape; with SAME_UPPER an odd element is at the end."""
    totals = [max(whole - count, 0) for whole, count in zip(reached, wanted, strict=True)]
    return tuple(total // 2 if auto_pad == "SAME_UPPER" else total - total // 2 for total in totals)


def _spread(weight: Array, group: int, dilations: Shape, lacks: list[int]) -> Array:
    """The weight (C, O, kh, kw) of the same convolution without groups and dilations, with more rows and columns."""
    if group == 1 and dilations == (1, 1) and lacks == [0, 0]:
        return weight
    inputs, outputs = weight.shape[0] // group, weight.shape[1]
    kernel = [(size - 1) * step + 1 + lack for size, step, lack in zip(weight.shape[2:], dilations, lacks, strict=True)]
    shape = (weight.shape[0], outputs * group, *kernel)
    if prod(shape) > _LARGEST:
        raise CannotLowerError(f"groups or dilations that would make a weight {list(shape)}, mostly of zeros")
    spread = np.zeros(shape, weight.dtype)
    rows, columns = (slice(0, size - lack, step) for size, lack, step in zip(kernel, lacks, dilations, strict=True))
    for place in range(group):
        mine = slice(place * inputs, (place + 1) * inputs)
        spread[mine, place * outputs : (place + 1) * outputs, rows, columns] = weight[mine]
    return spread
