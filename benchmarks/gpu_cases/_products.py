"""Sums over axes and products of matrices, and weights in half precision."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import (
    ACTIVATIONS,
    REDUCTIONS,
    SHAPES,
    Case,
    File,
    Operand,
    Shape,
    axes_of,
    ints,
    numbers,
    plain,
    single,
    text,
)


def reductions() -> Iterator[Case]:
    for code, shape, keep in product(REDUCTIONS, SHAPES, (True, False)):
        for axes in axes_of(len(shape)):
            kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
            result = kept if keep else tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
            form = f"{text(shape)} over {list(axes)}{' kept' * keep}"
            yield single(code, form, [shape, ints(*axes)], result, schema.ReducerOptionsT(keepDims=keep))
    for shape in SHAPES:
        yield single("SOFTMAX", text(shape), [shape], shape, schema.SoftmaxOptionsT(beta=1.0))


def products() -> Iterator[Case]:
    for shape, (name, kind) in product(SHAPES, ACTIVATIONS.items()):
        for keep in (True, False):
            result = (*shape[:-1], 9) if keep else (prod(shape) // 6, 9)
            options = schema.FullyConnectedOptionsT(keepNumDims=keep, fusedActivationFunction=kind)
            operands = [shape, numbers(9, 6), numbers(9)]
            yield single("FULLY_CONNECTED", f"{text(shape)} by 9x6{' kept' * keep}, {name}", operands, result, options)
    for shape, width in (((7, 6), 42), ((5, 7, 6), 42), ((1, 5, 7, 6), 210), ((7, 6), 3), ((5, 7, 6), 3)):
        operands = [shape, numbers(9, width), numbers(9)]
        result = (prod(shape) // width, 9)
        yield single(
            "FULLY_CONNECTED", f"{text(shape)} by 9x{width}", operands, result, schema.FullyConnectedOptionsT()
        )
    for left, right in (((3, 2), (2, 32768)), ((3, 2), (2, 32772)), ((3, 32772), (32772, 2)), ((32772, 2), (2, 3))):
        result, form = (left[0], right[1]), f"{text(left)} by {text(right)}"
        yield single("BATCH_MATMUL", form, [left, right], result, schema.BatchMatMulOptionsT())
    yield from _batched()


def _batched() -> Iterator[Case]:
    batches: tuple[tuple[Shape, Shape], ...] = (
        ((), ()), ((5,), (5,)), ((1,), (1,)), ((5,), ()), ((5,), (1,)), ((1,), (5,)), ((1, 5), (1, 5)),
        ((2, 5), (2, 5)), ((2, 5), (1, 5)), ((2, 5), (2, 1)), ((1, 5), (2, 5)), ((2, 5), ()), ((2, 5), (5,)),
        ((1, 2, 5), (1, 2, 5)),
    )  # fmt: skip
    for (left, right), across, down in product(batches, (False, True), (False, True)):
        one = (*left, 6, 7) if across else (*left, 7, 6)
        other = (*right, 9, 6) if down else (*right, 6, 9)
        result = (*np.broadcast_shapes(left, right), 7, 9)
        for pair in ((one, other), (numbers(*one), other), (one, numbers(*other))):
            options = schema.BatchMatMulOptionsT(adjX=across, adjY=down)
            form = f"{text(pair[0])} by {text(pair[1])}{', adjX' * across}{', adjY' * down}"
            yield single("BATCH_MATMUL", form, pair, result, options)


def halves() -> Iterator[Case]:
    """Weights in half precision, behind the operator that widens them."""
    readers: tuple[tuple[str, Sequence[Operand], int, Shape, Any], ...] = (
        ("ADD", [(5, 7, 6)], 1, (5, 7, 6), schema.AddOptionsT()),
        ("MUL", [(1, 8, 7, 6)], 1, (1, 8, 7, 6), schema.MulOptionsT()),
        ("FULLY_CONNECTED", [(7, 6), numbers(9)], 1, (7, 9), schema.FullyConnectedOptionsT()),
        ("BATCH_MATMUL", [(5, 7, 6)], 1, (5, 7, 9), schema.BatchMatMulOptionsT()),
        ("CONV_2D", [(1, 8, 7, 6), numbers(9)], 1, (1, 8, 7, 9), schema.Conv2DOptionsT(**plain())),
        ("DEPTHWISE_CONV_2D", [(1, 8, 7, 6), numbers(6)], 1, (1, 8, 7, 6), schema.DepthwiseConv2DOptionsT(
            depthMultiplier=1, **plain())),
        ("TRANSPOSE_CONV", [ints(1, 16, 14, 9), (1, 8, 7, 6), numbers(9)], 1, (1, 16, 14, 9),
         schema.TransposeConvOptionsT(strideH=2, strideW=2)),
        ("PRELU", [(1, 8, 7, 6)], 1, (1, 8, 7, 6), None),
        ("CONCATENATION", [(5, 7, 6)], 1, (5, 14, 6), schema.ConcatenationOptionsT(axis=1)),
    )  # fmt: skip
    weights = {
        "ADD": (5, 7, 6), "MUL": (7, 6), "FULLY_CONNECTED": (9, 6), "BATCH_MATMUL": (5, 6, 9), "CONV_2D": (9, 3, 3, 6),
        "DEPTHWISE_CONV_2D": (1, 3, 3, 6), "TRANSPOSE_CONV": (9, 3, 3, 6), "PRELU": (7, 6), "CONCATENATION": (5, 7, 6),
    }  # fmt: skip
    for code, operands, place, result, options in readers:
        yield Case("DEQUANTIZE", f"weight of {code}", _widened(code, operands, place, weights[code], result, options))


def _widened(
    code: str, operands: Sequence[Operand], place: int, weight: Shape, result: Shape, options: Any
) -> Callable[[File], int]:
    def make(file: File) -> int:
        half = file.tensor(numbers(*weight).astype(np.float16))
        wide = file.emit("DEQUANTIZE", [half], weight, schema.DequantizeOptionsT())
        tensors = [file.tensor(operand) for operand in operands]
        return file.emit(code, [*tensors[:place], wide, *tensors[place:]], result, options)

    return make
