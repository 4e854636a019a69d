"""Operators on each element, and their broadcasts."""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import ACTIVATIONS, BINARY, POSITIVE, SHAPES, UNARY, Case, Operand, Shape, numbers, single, text


def unary() -> Iterator[Case]:
    for code, options in UNARY.items():
        for shape in SHAPES:
            yield single(code, text(shape), [shape], shape, options() if options else None)
        for shape in ((5, 7, 6), (1, 8, 7, 6)):
            yield single(code, f"{text(shape)}, up to 200", [shape], shape, options() if options else None, scale=50.0)
    yield single(
        "GELU", "tanh 5x7x6, up to 200", [(5, 7, 6)], (5, 7, 6), schema.GeluOptionsT(approximate=True), scale=50.0
    )
    for slope in (-0.5, 0.0, 1.0, 1.5):
        options = schema.LeakyReluOptionsT(alpha=slope)
        yield single("LEAKY_RELU", f"5x7x6, slope {slope}", [(5, 7, 6)], (5, 7, 6), options)
    yield single("GELU", "tanh 5x7x6", [(5, 7, 6)], (5, 7, 6), schema.GeluOptionsT(approximate=True))


def broadcasting(shape: Shape) -> Iterator[Shape]:
    """The shapes that broadcast to `shape`: any axes of one element, the leading ones of these also left out."""
    seen = set()
    for count in range(len(shape) + 1):
        for axes in combinations(range(len(shape)), count):
            own = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
            for place in range(len(own)):
                if all(extent == 1 for extent in own[:place]) and own[place:] not in seen:
                    seen.add(own[place:])
                    yield own[place:]


def binary() -> Iterator[Case]:
    for code in BINARY:
        for shape in SHAPES:
            for other in broadcasting(shape):
                yield from _pairs(code, shape, other)
        yield from _both_broadcast(code)
    shapes: tuple[Shape, ...] = ((7, 6), (5, 7, 6), (5, 8, 7, 6))
    for code, (name, kind), shape in product(("ADD", "SUB", "MUL", "DIV"), ACTIVATIONS.items(), shapes):
        seconds: tuple[Operand, ...] = (shape, numbers(shape[-1], positive=code == "DIV"))
        for second in seconds:
            options = BINARY[code](fusedActivationFunction=kind)
            yield single(code, f"{text(shape)} with {text(second)}, {name}", [shape, second], shape, options)


def _pairs(code: str, shape: Shape, other: Shape) -> Iterator[Case]:
    """One of the whole shape and one that broadcasts to it: either first, either constant, or none."""
    few, many = (numbers(*own, positive=code in POSITIVE) for own in (other, shape))
    pairs: tuple[tuple[Operand, Operand], ...] = (
        (shape, few), (few, shape), (shape, other), (other, shape), (other, many),
    )  # fmt: skip
    for pair in pairs:
        yield single(code, f"{text(pair[0])} with {text(pair[1])}", pair, shape, BINARY[code]())


def _both_broadcast(code: str) -> Iterator[Case]:
    positive = code in POSITIVE
    for one, other in (((5, 1, 6), (1, 7, 6)), ((5, 1, 1, 6), (1, 8, 7, 1)), ((7, 1), (1, 6)), ((7, 1), (6,))):
        seconds: tuple[Operand, ...] = (other, numbers(*other, positive=positive))
        for second in seconds:
            form = f"{text(one)} with {text(second)}"
            yield single(code, form, [one, second], np.broadcast_shapes(one, other), BINARY[code]())
    for shape in ((5, 7, 6), (1, 8, 7, 6), (6,)):
        operands: list[Operand] = [shape, np.asarray(1.5, np.float32)]
        yield single(code, f"{text(shape)} with constant scalar", operands, shape, BINARY[code]())
        yield single(code, f"constant scalar with {text(shape)}", operands[::-1], shape, BINARY[code]())


def slopes_and_choices() -> Iterator[Case]:
    for shape in SHAPES:
        for slopes in broadcasting(shape):
            operands: list[Operand] = [shape, numbers(*slopes)]
            yield single("PRELU", f"{text(shape)} with {text(operands[1])}", operands, shape)
        condition = numbers(*shape) > 0
        choices: tuple[Operand, ...] = (shape, numbers(*shape))
        for pair in product(choices, repeat=2):
            if any(not isinstance(item, np.ndarray) for item in pair):
                form = f"{text(condition)}, {text(pair[0])}, {text(pair[1])}"
                yield single("SELECT", form, [condition, *pair], shape, schema.SelectOptionsT())
