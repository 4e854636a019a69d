"""Comparisons, truth values, choices, remainders, places of the greatest, and conversions between types.

What such an operator gives is no float32, so that a CAST follows it.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import SHAPES, Case, File, Operand, Shape, ints, numbers, single, text
from gpu_cases._elementwise import broadcasting

COMPARISONS = {
    "EQUAL": schema.EqualOptionsT,
    "GREATER": schema.GreaterOptionsT,
    "GREATER_EQUAL": schema.GreaterEqualOptionsT,
    "LESS": schema.LessOptionsT,
    "LESS_EQUAL": schema.LessEqualOptionsT,
    "NOT_EQUAL": schema.NotEqualOptionsT,
}
CONNECTIVES = {"LOGICAL_AND": schema.LogicalAndOptionsT, "LOGICAL_OR": schema.LogicalOrOptionsT}
BEST = {"ARG_MAX": schema.ArgMaxOptionsT, "ARG_MIN": schema.ArgMinOptionsT}
_TYPES = {np.dtype("f4"): 0, np.dtype("i4"): 2, np.dtype("i8"): 4, np.dtype("?"): 6}


def decisions() -> Iterator[Case]:
    for shape in SHAPES:
        for code in COMPARISONS:
            for other in broadcasting(shape):
                yield from (_compared(code, *pair) for pair in _pairs(shape, other))
        yield from (_connected(code, shape) for code in CONNECTIVES)
        yield _opposite(shape)
        yield from _chosen(shape)
        yield from _converted(shape)
        yield single("ATAN2", text(shape), [shape, shape], shape)
        for axis in range(len(shape)):
            yield from (_best(code, shape, axis, kind) for code, kind in product(BEST, _PLACES))
            counts = [1] * len(shape)
            counts[axis] = 3
            result = tuple(extent * count for extent, count in zip(shape, counts, strict=True))
            form = f"{text(shape)}, three times along {axis}"
            yield single("TILE", form, [shape, ints(*counts)], result, schema.TileOptionsT())
        for wide in (shape, (*shape[:-1], 8)):
            yield from (_greatest(wide, shown) for shown in (0, 1))


def _pairs(shape: Shape, other: Shape) -> Iterator[tuple[Operand, Operand]]:
    """Both computed, or either one constant."""
    few, many = numbers(*other), numbers(*shape)
    yield from ((shape, other), (other, shape), (shape, few), (few, shape), (other, many))


def _pair(first: Operand, second: Operand) -> str:
    return f"{text(first)} with {text(second)}"


def _as_float(file: File, tensor: int, shape: Shape, kind: np.dtype[Any]) -> int:
    options = schema.CastOptionsT(inDataType=_TYPES[kind], outDataType=_TYPES[np.dtype("f4")])
    return file.emit("CAST", [tensor], shape, options, np.float32)


def _truth(file: File, code: str, operands: Sequence[int], shape: Shape, options: Any) -> int:
    return file.emit(code, operands, shape, options, np.bool_)


def _compared(code: str, first: Operand, second: Operand) -> Case:
    """Of numbers without a fraction, of which some are equal."""

    def make(file: File) -> int:
        operands = []
        for item in (first, second):
            if isinstance(item, np.ndarray):
                operands.append(file.tensor(np.round(item)))
            else:
                operands.append(file.emit("ROUND", [file.tensor(item)], item))
        shape = np.broadcast_shapes(*(item.shape if isinstance(item, np.ndarray) else item for item in (first, second)))
        found = _truth(file, code, operands, shape, COMPARISONS[code]())
        return _as_float(file, found, shape, np.dtype("?"))

    return Case(code, f"{_pair(first, second)}, then CAST", make)


def _positive(file: File, shape: Shape) -> int:
    zero = file.tensor(np.zeros((1,), np.float32))
    return _truth(file, "GREATER", [file.tensor(shape), zero], shape, schema.GreaterOptionsT())


def _connected(code: str, shape: Shape) -> Case:
    def make(file: File) -> int:
        found = _truth(file, code, [_positive(file, shape), _positive(file, shape)], shape, CONNECTIVES[code]())
        return _as_float(file, found, shape, np.dtype("?"))

    return Case(code, f"{text(shape)} twice above 0, then CAST", make)


def _opposite(shape: Shape) -> Case:
    def make(file: File) -> int:
        found = _truth(file, "LOGICAL_NOT", [_positive(file, shape)], shape, schema.LogicalNotOptionsT())
        return _as_float(file, found, shape, np.dtype("?"))

    return Case("LOGICAL_NOT", f"{text(shape)} above 0, then CAST", make)


def _chosen(shape: Shape) -> Iterator[Case]:
    one = (1,) * len(shape)
    conditions = dict.fromkeys((shape, (*shape[:-1], 1), (*one[:-1], shape[-1])))
    others: tuple[Operand, ...] = (
        shape,
        shape[-1:],
        one,
        numbers(*shape),
        numbers(shape[-1]),
        numbers(*one),
        numbers(1),
    )
    for condition, other, turned in product(conditions, others, (False, True)):
        choices = (other, shape) if turned else (shape, other)

        def make(file: File, condition: Shape = condition, choices: tuple[Operand, ...] = choices) -> int:
            operands = [_positive(file, condition), *map(file.tensor, choices)]
            return file.emit("SELECT_V2", operands, shape, schema.SelectV2OptionsT(), np.float32)

        yield Case("SELECT_V2", f"{text(condition)} above 0, {', '.join(map(text, choices))}", make)


def _converted(shape: Shape) -> Iterator[Case]:
    for kind in (np.dtype("i4"), np.dtype("i8"), np.dtype("?")):

        def make(file: File, kind: np.dtype[Any] = kind) -> int:
            options = schema.CastOptionsT(inDataType=_TYPES[np.dtype("f4")], outDataType=_TYPES[kind])
            found = file.emit("CAST", [file.tensor(shape)], shape, options, kind.type)
            return _as_float(file, found, shape, kind)

        yield Case("CAST", f"{text(shape)} to {kind} and back", make)


_PLACES = (np.dtype("i4"), np.dtype("i8"))


def _best(code: str, shape: Shape, axis: int, kind: np.dtype[Any]) -> Case:
    result = (*shape[:axis], *shape[axis + 1 :])

    def make(file: File) -> int:
        options = BEST[code](outputType=_TYPES[kind])
        found = file.emit(code, [file.tensor(shape), file.tensor(ints(axis))], result, options, kind.type)
        return _as_float(file, found, result, kind)

    return Case(code, f"{text(shape)} along {axis}, {kind}, then CAST", make)


def _greatest(shape: Shape, shown: int) -> Case:
    count = min(shape[-1], 3)
    result = (*shape[:-1], count)

    def make(file: File) -> int:
        number = file.tensor(np.asarray(count, np.int32))
        kinds = [(result, np.float32), (result, np.int32)]
        found = file.builder.emit_several("TOPK_V2", [file.tensor(shape), number], kinds, schema.TopKV2OptionsT())
        return found[0] if shown == 0 else _as_float(file, found[1], result, np.dtype("i4"))

    return Case("TOPK_V2", f"the {count} of {text(shape)}, {('values', 'places, then CAST')[shown]}", make)
