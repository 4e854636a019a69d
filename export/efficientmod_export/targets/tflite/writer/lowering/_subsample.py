"""Every n-th pixel of an image."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._graph import Shape
from .._layout import NHWC, Value
from ._registry import Context


def subsampled(context: Context, image: Value, shape: Shape, strides: Shape) -> Value:
    """Every n-th row and column, from the first on, as a depthwise convolution with ones.

    XNNPACK has neither a STRIDED_SLICE with steps nor a pooling of one pixel; the product with one is exact.
    """
    channels = shape[3]
    options = schema.DepthwiseConv2DOptionsT(
        padding=schema.Padding.VALID,
        strideH=strides[0],
        strideW=strides[1],
        dilationHFactor=1,
        dilationWFactor=1,
        depthMultiplier=1,
    )
    operands = [
        context.builder.stored(image),
        context.constant(np.ones((1, 1, 1, channels), np.float32), "ones"),
        context.constant(np.zeros(channels, np.float32), "zeros"),
    ]
    return Value(context.emit("DEPTHWISE_CONV_2D", operands, shape, options), shape, NHWC)
