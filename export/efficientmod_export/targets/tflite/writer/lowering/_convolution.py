"""Convolutions: CONV_2D and DEPTHWISE_CONV_2D, which need NHWC."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Array, Shape
from .._layout import NHWC, Value, moves
from ._linear import is_left_product, left_product
from ._padding import Pads, image_of, pad_image, same_pads, window_pads
from ._registry import Context, Operand, lowers

_LANES = 4
"""Channels that a GPU stores in one vector."""
_SAME, _VALID = schema.Padding.SAME, schema.Padding.VALID


@lowers("Conv")
def convolution(
    context: Context,
    x: Operand,
    weight: Operand,
    bias: Operand | None = None,
    *,
    strides: tuple[int, ...] = (1, 1),
    dilations: tuple[int, ...] = (1, 1),
    pads: tuple[int, ...] = (),
    group: int = 1,
    auto_pad: str = "NOTSET",
    kernel_shape: tuple[int, ...] = (),
) -> Value:
    """Convolution of (N, C, H, W) with weight (O, C / group, kh, kw)."""
    value = context.value(x)
    inputs, outputs = value.shape[1], context.shape[1]
    if inputs % group or outputs % group:
        raise CannotLowerError(f"{inputs} and {outputs} channels in {group} groups")
    weight, bias = constant_weights(weight, bias, (outputs, inputs // group), outputs, kernel_shape)
    kernel = weight.shape[2:]
    if (*kernel, *strides, group, sum(pads)) == (1, 1, 1, 1, 1, 0) and moves(value, NHWC) and is_left_product(value, 1):
        return left_product(context, value, 1, weight.reshape(weight.shape[:2]), bias)
    image = image_of(context, value)
    extents = image.physical[1:3]
    asked = window_pads(extents, kernel, strides, dilations, pads, auto_pad)
    _check_reach(extents, kernel, dilations, asked)
    padding = _SAME if asked == same_pads(extents, kernel, strides, dilations) else _VALID
    if asked == ((0, 0), (0, 0)):
        padding = _VALID
    if padding == _VALID:
        image = pad_image(context, image, asked)
    options = {
        "strideH": strides[0],
        "strideW": strides[1],
        "dilationHFactor": dilations[0],
        "dilationWFactor": dilations[1],
        "padding": padding,
    }
    channels, shape = image.physical[3], nhwc(context.shape)
    of_points = kernel == (1, 1) and outputs > channels
    if group == channels and group > 1 and not of_points:
        multiplier = weight.shape[0] // channels
        filters = weight.transpose(1, 2, 3, 0)
        made = schema.DepthwiseConv2DOptionsT(depthMultiplier=multiplier, **options)
        tensor = _emit(context, "DEPTHWISE_CONV_2D", image, filters, bias, shape, made)
    else:
        filters = _with_wide_groups(weight, group).transpose(0, 2, 3, 1)
        tensor = _emit(context, "CONV_2D", image, filters, bias, shape, schema.Conv2DOptionsT(**options))
    return Value(tensor, shape, NHWC)


def _with_wide_groups(weight: Array, group: int) -> Array:
    """The weight (O, C / group, kh, kw) of the same convolution in fewer groups, with zeros between the merged ones: on
    a GPU the input and output channels of a group must be multiples of four.
    """
    inputs, outputs = weight.shape[1], weight.shape[0] // group
    joined = next(
        count
        for count in range(1, group + 1)
        if group % count == 0 and (count == group or not (count * inputs % _LANES or count * outputs % _LANES))
    )
    if joined == 1:
        return weight
    wide = np.zeros((weight.shape[0], joined * inputs, *weight.shape[2:]), weight.dtype)
    for place in range(group):
        rows, first = slice(place * outputs, (place + 1) * outputs), place % joined * inputs
        wide[rows, first : first + inputs] = weight[rows]
    return wide


def _check_reach(extents: Shape, kernel: Shape, dilations: Shape, pads: Pads) -> None:
    """Check that the kernel fits into the padded image; where it does not, ONNX's inference may still give a pixel."""
    for extent, size, dilation, pad in zip(extents, kernel, dilations, pads, strict=True):
        if extent + sum(pad) < dilation * (size - 1) + 1:
            raise CannotLowerError(f"a kernel {list(kernel)} larger than the padded image")


def _emit(context: Context, code: str, image: Value, filters: Array, bias: Array, shape: Shape, options: object) -> int:
    operands = [
        context.builder.stored(image),
        context.constant(filters, "weight"),
        context.constant(bias, "bias"),
    ]
    return context.emit(code, operands, shape, options)


def constant_weights(
    weight: Operand, bias: Operand | None, channels: Shape, outputs: int, kernel_shape: Shape
) -> tuple[Array, Array]:
    """Weight and bias. Raises CannotLowerError where the weight is not (*channels, *kernel_shape), which ONNX's
    inference does not check.
    """
    if isinstance(weight, Value) or isinstance(bias, Value):
        raise CannotLowerError("weights that the network computes; they must be constant")
    bias = np.zeros(outputs, np.float32) if bias is None else bias
    if weight.shape != (*channels, *(kernel_shape or weight.shape[2:])) or bias.shape != (outputs,):
        raise CannotLowerError(f"a weight {list(weight.shape)} and a bias {list(bias.shape)} that do not fit")
    return weight, bias


def nhwc(shape: Shape) -> Shape:
    """The shape in memory of an image (N, C, H, W)."""
    return tuple(shape[axis] for axis in NHWC)
