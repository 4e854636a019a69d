"""Results that are an output of the graph, and that an operator reads."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import BINARY, REDUCTIONS, Case, File, ints, numbers, plain

SHAPE = (1, 8, 7, 8)
LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
WITH_CONSTANT = ("ADD", "SUB", "MUL", "DIV", "MAXIMUM")
OTHERS = ("RELU", "TANH", "SOFTMAX", "RESHAPE")

Step = Callable[[File, int], int]


def shown_and_read() -> Iterator[Case]:
    """Each of a few operators, then each; what is between them is an output as well."""
    steps = dict(_steps())
    firsts = [name for name in steps if name not in REDUCTIONS]
    for (first, second), times in product(product(firsts, steps), (1, 2)):
        form = f"{first}, shown, then {second}{', read twice' * (times - 1)}"
        yield Case(first.partition(" ")[0], form, _chain(steps[first], steps[second], times))


def _chain(first: Step, second: Step, times: int) -> Callable[[File], int]:
    def make(file: File) -> int:
        between = first(file, file.tensor(SHAPE))
        file.shown.append(between)
        if times > 1:
            file.shown.append(file.emit("TANH", [between], SHAPE))
        return second(file, between)

    return make


def _steps() -> Iterator[tuple[str, Step]]:
    for code in BINARY:
        if code != "POW":
            yield f"{code} of two", _of_two(code)
    for code, extent in product(WITH_CONSTANT, ((8,), ())):
        yield f"{code} with constant {'8' if extent else 'scalar'}", _with_constant(code, extent)
    yield from ((code, _layer(code)) for code in LAYERS)
    yield from ((code, _other(code)) for code in OTHERS)
    yield from ((code, _reduction(code)) for code in REDUCTIONS)


def _of_two(code: str) -> Step:
    return lambda file, x: file.emit(code, [x, file.tensor(SHAPE)], SHAPE, BINARY[code]())


def _with_constant(code: str, extent: tuple[int, ...]) -> Step:
    values = np.asarray(numbers(*extent, positive=True))
    return lambda file, x: file.emit(code, [x, file.tensor(values)], SHAPE, BINARY[code]())


def _layer(code: str) -> Step:
    made: dict[str, tuple[tuple[int, ...], Any]] = {
        "CONV_2D": ((8, 1, 1, 8), schema.Conv2DOptionsT(**plain())),
        "DEPTHWISE_CONV_2D": ((1, 3, 3, 8), schema.DepthwiseConv2DOptionsT(depthMultiplier=1, **plain())),
        "FULLY_CONNECTED": ((8, 8), schema.FullyConnectedOptionsT(keepNumDims=True)),
    }
    weight, options = made[code]

    def step(file: File, x: int) -> int:
        return file.emit(code, [x, file.tensor(numbers(*weight)), file.tensor(numbers(8))], SHAPE, options)

    return step


def _other(code: str) -> Step:
    def step(file: File, x: int) -> int:
        if code == "RESHAPE":
            options = schema.ReshapeOptionsT(newShape=list(SHAPE))
            return file.emit(code, [x, file.tensor(ints(*SHAPE))], SHAPE, options)
        return file.emit(code, [x], SHAPE, schema.SoftmaxOptionsT(beta=1.0) if code == "SOFTMAX" else None)

    return step


def _reduction(code: str) -> Step:
    kept = (1, 1, 1, 8)
    return lambda file, x: file.emit(code, [x, file.tensor(ints(1, 2))], kept, schema.ReducerOptionsT(keepDims=True))
