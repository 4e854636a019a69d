"""Windows over images, and resampling."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import ACTIVATIONS, PADDINGS, Case, Operand, Shape, ints, numbers, plain, single, text


def window(extent: int, size: int, stride: int, dilation: int, padding: str) -> int:
    reach = dilation * (size - 1) + 1
    return -(-extent // stride) if padding == "SAME" else (extent - reach) // stride + 1


_WINDOWS = tuple(
    (kernel, strides, dilations, padding)
    for kernel, strides, dilations, padding in product(
        ((1, 1), (2, 2), (3, 3), (3, 1), (1, 5), (5, 5), (7, 7)),
        ((1, 1), (2, 2), (1, 2), (3, 3)),
        ((1, 1), (2, 2), (1, 2)),
        PADDINGS,
    )
    if strides == (1, 1) or dilations == (1, 1)
)


def convolutions() -> Iterator[Case]:
    for batch, (kernel, strides, dilations, padding) in product((1, 3), _WINDOWS):
        yield _convolution(batch, kernel, strides, dilations, padding)
        for multiplier in (1, 2):
            yield _convolution(batch, kernel, strides, dilations, padding, multiplier=multiplier)
    for activation in ACTIVATIONS.items():
        for multiplier in (0, 1):
            yield _convolution(1, (3, 3), (1, 1), (1, 1), "SAME", multiplier=multiplier, activation=activation)
    for batch, kernel, groups, inputs, outputs in product(
        (1, 3), ((1, 1), (3, 3)), (2, 3), (1, 2, 3, 4, 6, 8), (1, 2, 3, 4, 6, 8)
    ):
        yield _grouped(batch, kernel, groups, inputs, outputs)
    for kernel, multiplier in product(((1, 1), (3, 3), (5, 5)), (1, 2, 4, 9)):
        options = schema.DepthwiseConv2DOptionsT(depthMultiplier=multiplier, **plain())
        operands: list[Operand] = [(1, 8, 7, 1), numbers(1, *kernel, multiplier), numbers(multiplier)]
        form = f"1x8x7x1, {text(kernel)}, multiplier {multiplier}"
        yield single("DEPTHWISE_CONV_2D", form, operands, (1, 8, 7, multiplier), options)


def _grouped(batch: int, kernel: Shape, groups: int, inputs: int, outputs: int) -> Case:
    operands: list[Operand] = [
        (batch, 8, 7, groups * inputs),
        numbers(groups * outputs, *kernel, inputs),
        numbers(groups * outputs),
    ]
    form = f"{batch}x8x7x{groups * inputs}, {text(kernel)}, {groups} groups of {inputs} to {outputs}"
    return single("CONV_2D", form, operands, (batch, 8, 7, groups * outputs), schema.Conv2DOptionsT(**plain()))


def _convolution(
    batch: int,
    kernel: Shape,
    strides: Shape,
    dilations: Shape,
    padding: str,
    *,
    multiplier: int = 0,
    activation: tuple[str, int] = ("NONE", 0),
) -> Case:
    """A CONV_2D, or a DEPTHWISE_CONV_2D of so many filters a channel; channels: 6 in, 9 or 6 times that out."""
    outputs = 6 * multiplier or 9
    extents = [window(*item, padding) for item in zip((17, 15), kernel, strides, dilations, strict=True)]
    options = {
        "padding": PADDINGS[padding],
        "strideH": strides[0],
        "strideW": strides[1],
        "dilationHFactor": dilations[0],
        "dilationWFactor": dilations[1],
        "fusedActivationFunction": activation[1],
    }
    filters = numbers(1, *kernel, outputs) if multiplier else numbers(outputs, *kernel, 6)
    form = f"{batch}x17x15x6, {text(kernel)}, stride {text(strides)}, dilation {text(dilations)}, {padding}"
    form += f", multiplier {multiplier}" * (multiplier > 1)
    form += f", {activation[0]}" * (activation[0] != "NONE")
    code = "DEPTHWISE_CONV_2D" if multiplier else "CONV_2D"
    made: Any = (
        schema.DepthwiseConv2DOptionsT(depthMultiplier=multiplier, **options)
        if multiplier
        else schema.Conv2DOptionsT(**options)
    )
    return single(code, form, [(batch, 17, 15, 6), filters, numbers(outputs)], (batch, *extents, outputs), made)


def transposed() -> Iterator[Case]:
    kernels = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (3, 2), (2, 3))
    steps = ((1, 1), (2, 2), (1, 2), (2, 1), (3, 3), (4, 4))
    for batch, kernel, strides, padding in product((1, 3), kernels, steps, PADDINGS):
        extents = [
            extent * stride if padding == "SAME" else (extent - 1) * stride + max(size, stride)
            for extent, stride, size in zip((8, 7), strides, kernel, strict=True)
        ]
        result = (batch, *extents, 9)
        operands: list[Operand] = [ints(*result), numbers(9, *kernel, 6), (batch, 8, 7, 6), numbers(9)]
        options = schema.TransposeConvOptionsT(strideH=strides[0], strideW=strides[1], padding=PADDINGS[padding])
        form = f"{batch}x8x7x6, {text(kernel)}, stride {text(strides)}, {padding}"
        yield single("TRANSPOSE_CONV", form, operands, result, options)


def pools() -> Iterator[Case]:
    for code, batch, (kernel, strides, dilations, padding) in product(
        ("AVERAGE_POOL_2D", "MAX_POOL_2D"), (1, 3), _WINDOWS
    ):
        if dilations == (1, 1):
            yield _pool(code, batch, kernel, strides, padding)
    for code, activation in product(("AVERAGE_POOL_2D", "MAX_POOL_2D"), ACTIVATIONS.items()):
        yield _pool(code, 1, (3, 3), (2, 2), "SAME", activation)


def _pool(
    code: str, batch: int, kernel: Shape, strides: Shape, padding: str, activation: tuple[str, int] = ("NONE", 0)
) -> Case:
    extents = [window(*item, 1, padding) for item in zip((17, 15), kernel, strides, strict=True)]
    options = schema.Pool2DOptionsT(
        padding=PADDINGS[padding],
        strideH=strides[0],
        strideW=strides[1],
        filterHeight=kernel[0],
        filterWidth=kernel[1],
        fusedActivationFunction=activation[1],
    )
    form = f"{batch}x17x15x6, {text(kernel)}, stride {text(strides)}, {padding}"
    form += f", {activation[0]}" * (activation[0] != "NONE")
    return single(code, form, [(batch, 17, 15, 6)], (batch, *extents, 6), options)


def images() -> Iterator[Case]:
    for batch, (height, width) in product((1, 3), ((16, 14), (8, 14), (5, 4), (19, 10), (1, 1))):
        shape, result = (batch, 8, 7, 6), (batch, height, width, 6)
        for corners, centres in ((False, False), (True, False), (False, True)):
            form = f"{text(shape)} to {height}x{width}{', corners' * corners}{', centres' * centres}"
            for code, options in (
                ("RESIZE_BILINEAR", schema.ResizeBilinearOptionsT),
                ("RESIZE_NEAREST_NEIGHBOR", schema.ResizeNearestNeighborOptionsT),
            ):
                made = options(alignCorners=corners, halfPixelCenters=centres)
                yield single(code, form, [shape, ints(height, width)], result, made)
    for batch, block, depth in product((1, 3), (2, 3), (1, 2, 5)):
        deep, flat = (batch, 4, 3, depth * block**2), (batch, 4 * block, 3 * block, depth)
        options = schema.DepthToSpaceOptionsT(blockSize=block)
        yield single("DEPTH_TO_SPACE", f"{text(deep)}, block {block}", [deep], flat, options)
        options = schema.SpaceToDepthOptionsT(blockSize=block)
        yield single("SPACE_TO_DEPTH", f"{text(flat)}, block {block}", [flat], deep, options)
