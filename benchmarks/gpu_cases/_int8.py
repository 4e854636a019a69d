"""Values on a grid of 256 steps, and weights in eight bits: behind the operator that widens them, or read by the layer.

A processor whose layer reads them rounds what the layer takes to eight bits as well, a GPU does not.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export.quantisation import to_nearest
from gpu_cases._case import SHAPES, Array, Case, File, Operand, Shape, numbers, plain, text

ROUNDED = 3e-2
"""A fraction of the range."""

STEP, ZERO = 0.05, 3
"""Of a grid, beyond which some of the values are."""


def grids() -> Iterator[Case]:
    for shape in SHAPES:
        yield Case("QUANTIZE", f"{text(shape)}, then DEQUANTIZE", _on_grid(shape), scale=4.0)


def _on_grid(shape: Shape) -> Callable[[File], int]:
    def make(file: File) -> int:
        levels = file.emit("QUANTIZE", [file.tensor(shape)], shape, schema.QuantizeOptionsT(), np.int8)
        file.builder.tensors[levels].scales = np.array([STEP], np.float32)
        file.builder.tensors[levels].zero = ZERO
        return file.emit("DEQUANTIZE", [levels], shape, schema.DequantizeOptionsT(), np.float32)

    return make


def int8_weights() -> Iterator[Case]:
    for taken in ((7, 6), (1, 6), (5, 7, 6), (1, 7, 6), (1, 8, 7, 6), (5, 8, 7, 6)):
        options = schema.FullyConnectedOptionsT(keepNumDims=len(taken) > 2)
        yield from _layer("FULLY_CONNECTED", text(taken), taken, (9, 6), (*taken[:-1], 9), options)
    for taken in ((1, 8, 7, 8), (5, 8, 7, 8), (1, 8, 7, 6)):
        for side, step, inputs in ((1, 1, taken[-1]), (3, 1, taken[-1]), (3, 2, taken[-1]), (3, 1, 4)):
            if taken[-1] % inputs:
                continue
            options = schema.Conv2DOptionsT(**{**plain(), "strideH": step, "strideW": step})
            height, width = (-(-extent // step) for extent in taken[1:3])
            form = f"{text(taken)}, {side}x{side}, stride {step}, {taken[-1] // inputs} groups"
            result = (taken[0], height, width, 12)
            yield from _layer("CONV_2D", form, taken, (12, side, side, inputs), result, options)


def _layer(code: str, form: str, taken: Shape, weight: Shape, result: Shape, options: Any) -> Iterator[Case]:
    def make(file: File) -> int:
        operands: list[Operand] = [taken, on_a_grid(weight), numbers(weight[0])]
        return file.emit(code, [file.tensor(item) for item in operands], result, options)

    yield Case("DEQUANTIZE", f"int8 weight of {code}, {form}", make, weights="int8")
    yield Case(code, f"{form}, int8 weight", make, weights="int8-dynamic", tolerance=ROUNDED)


def on_a_grid(shape: Shape) -> Array:
    values: Array = to_nearest(torch.from_numpy(numbers(*shape))).numpy()
    return values
