"""Layers that read and give levels in eight bits, and what moves levels, as int8-static files have them.

The processor computes them in integers, a GPU in floating point, and rounds behind the layer. A result in the middle
between two levels may become either.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from math import sqrt
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import ACTIVATIONS, PADDINGS, SHAPES, Case, File, Shape, ints, numbers, plain, text
from gpu_cases._int8 import STEP, ZERO, on_a_grid
from gpu_cases._windows import window

ONE_LEVEL = 1e-2
"""A fraction of the range, of which a level is 1/100 at most."""
SPANS = {"RELU6": 6.0, "RELU_N1_TO_1": 2.0}
"""Of results that an activation bounds, the range: of it a level is more."""

Step = Callable[[File, int], int]


def int8_layers() -> Iterator[Case]:
    for taken in ((7, 6), (1, 6), (5, 7, 6), (1, 7, 6), (1, 8, 7, 6), (5, 8, 7, 6), (7, 8)):
        for name, activation in ACTIVATIONS.items():
            options = schema.FullyConnectedOptionsT(keepNumDims=len(taken) > 2, fusedActivationFunction=activation)
            layer = _layer("FULLY_CONNECTED", (9, taken[-1]), (*taken[:-1], 9), options)
            yield _case("FULLY_CONNECTED", f"{text(taken)}, {name}", taken, layer, taken[-1], SPANS.get(name))
    for taken in ((1, 8, 7, 8), (5, 8, 7, 8), (1, 9, 7, 6)):
        yield from _convolutions(taken)
    yield _case("CONV_2D", "1x8x7x8 twice in turn", (1, 8, 7, 8), _two_layers, 8)


def _convolutions(taken: Shape) -> Iterator[Case]:
    for side, step, spread, padding in ((1, 1, 1, "VALID"), (3, 1, 1, "SAME"), (3, 2, 1, "VALID"), (3, 1, 2, "SAME")):
        for inputs in (taken[-1], 4, 1):
            if taken[-1] % inputs:
                continue
            for name, activation in ACTIVATIONS.items():
                spaced = {"strideH": step, "strideW": step, "dilationHFactor": spread, "dilationWFactor": spread}
                options = schema.Conv2DOptionsT(**spaced, padding=PADDINGS[padding], fusedActivationFunction=activation)
                height, width = (window(extent, side, step, spread, padding) for extent in taken[1:3])
                result = (taken[0], height, width, 24)
                layer = _layer("CONV_2D", (24, side, side, inputs), result, options)
                groups = taken[-1] // inputs
                form = f"{text(taken)}, {side}x{side}, stride {step}, dilation {spread}, {padding}, {groups} groups"
                yield _case("CONV_2D", f"{form}, {name}", taken, layer, side**2 * inputs, SPANS.get(name))


def int8_moves() -> Iterator[Case]:
    """Between two layers, since the writer moves them to the levels there only."""
    for shape in SHAPES:
        rank = len(shape)
        for axis in range(rank):
            pads = np.zeros((rank, 2), np.int32)
            pads[axis] = 2, 1
            padded = tuple(extent + 3 * (place == axis) for place, extent in enumerate(shape))
            yield _moved("PAD", f"(2, 1) along {axis}", shape, padded, pads, schema.PadOptionsT())
        for order in list(permutations(range(rank)))[1:6]:
            turned = tuple(shape[axis] for axis in order)
            yield _moved("TRANSPOSE", f"to {list(order)}", shape, turned, ints(*order), schema.TransposeOptionsT())
        for other in dict.fromkeys(((-1,), (*shape[:1], -1), (*shape, 1))):
            known = [extent for extent in other if extent > 0]
            whole = tuple(extent if extent > 0 else int(np.prod(shape) // np.prod(known)) for extent in other)
            options = schema.ReshapeOptionsT(newShape=list(whole))
            yield _moved("RESHAPE", f"to {text(whole)}", shape, whole, ints(*whole), options)


def _moved(code: str, form: str, shape: Shape, result: Shape, argument: Any, options: Any) -> Case:
    def make(file: File) -> int:
        levels = _levels(file, file.tensor(shape), shape, STEP)
        moved = file.emit(code, [levels, file.tensor(argument)], result, options, np.int8)
        _on(file, moved, STEP)
        return file.emit("DEQUANTIZE", [moved], result, schema.DequantizeOptionsT(), np.float32)

    return Case(code, f"{text(shape)} in int8, {form}", make, tolerance=ONE_LEVEL)


def _case(code: str, form: str, taken: Shape, layer: Step, terms: int, span: float | None = None) -> Case:
    """`terms` are those of each sum, by which the step of the result's grid goes; `span` is the results' range."""
    step = sqrt(terms) / 16

    def make(file: File) -> int:
        result = layer(file, _grid(file, file.tensor(taken), taken, STEP))
        return _grid(file, result, file.builder.tensors[result].shape, step)

    tolerance = ONE_LEVEL if span is None else 1.01 * step / span
    return Case(code, f"{form}, int8", make, weights="int8-static", tolerance=tolerance)


def _layer(code: str, weight: Shape, result: Shape, options: Any) -> Step:
    def step(file: File, given: int) -> int:
        operands: Sequence[Any] = (on_a_grid(weight), numbers(weight[0]))
        return file.emit(code, [given, *map(file.tensor, operands)], result, options)

    return step


def _two_layers(file: File, given: int) -> int:
    shape = (1, 8, 7, 8)
    layer = _layer("CONV_2D", (8, 1, 1, 8), shape, schema.Conv2DOptionsT(**plain()))
    return layer(file, _grid(file, layer(file, given), shape, sqrt(8) / 16))


def _grid(file: File, value: int, shape: Shape, step: float) -> int:
    """The value rounded to a grid."""
    levels = _levels(file, value, shape, step)
    return file.emit("DEQUANTIZE", [levels], shape, schema.DequantizeOptionsT(), np.float32)


def _levels(file: File, value: int, shape: Shape, step: float) -> int:
    levels = file.emit("QUANTIZE", [value], shape, schema.QuantizeOptionsT(), np.int8)
    _on(file, levels, step)
    return levels


def _on(file: File, levels: int, step: float) -> None:
    file.builder.tensors[levels].scales = np.array([step], np.float32)
    file.builder.tensors[levels].zero = ZERO
