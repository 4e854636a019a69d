"""Two or three operators, where the second changes what is seen of the first."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import (
    BINARY,
    POSITIVE,
    REDUCTIONS,
    UNARY,
    Array,
    Case,
    File,
    Operand,
    Shape,
    axes_of,
    ints,
    numbers,
    plain,
    text,
)


def _readers(shape: Shape) -> dict[str, Callable[[File, int], int]]:
    """What reads the channels of a value together, and with them what a GPU pads them with."""
    width = shape[-1]
    found: dict[str, Callable[[File, int], int]] = {}
    if len(shape) > 1:
        reduced = (*shape[:-1], 1)
        last = ints(len(shape) - 1)
        for code in REDUCTIONS:
            found[code] = lambda file, x, code=code: file.emit(  # type: ignore[misc]
                code, [x, file.tensor(last)], reduced, schema.ReducerOptionsT(keepDims=True)
            )
        found["SOFTMAX"] = lambda file, x: file.emit("SOFTMAX", [x], shape, schema.SoftmaxOptionsT(beta=1.0))
        options = schema.FullyConnectedOptionsT(keepNumDims=True)
        found["FULLY_CONNECTED"] = lambda file, x: file.emit(
            "FULLY_CONNECTED", [x, file.tensor(numbers(9, width)), file.tensor(numbers(9))], (*shape[:-1], 9), options
        )
    if len(shape) > 2:
        other = (*shape[:-2], width, 9)
        found["BATCH_MATMUL"] = lambda file, x: file.emit(
            "BATCH_MATMUL", [x, file.tensor(other)], (*shape[:-1], 9), schema.BatchMatMulOptionsT()
        )
    if len(shape) == 4:
        found["TRANSPOSE_CONV"] = lambda file, x: file.emit(
            "TRANSPOSE_CONV",
            [file.tensor(ints(*shape[:-1], 9)), file.tensor(numbers(9, 1, 1, width)), x, file.tensor(numbers(9))],
            (*shape[:-1], 9),
            schema.TransposeConvOptionsT(strideH=1, strideW=1, padding=schema.Padding.VALID),
        )
        found["CONV_2D"] = lambda file, x: file.emit(
            "CONV_2D",
            [x, file.tensor(numbers(9, 1, 1, width)), file.tensor(numbers(9))],
            (*shape[:-1], 9),
            schema.Conv2DOptionsT(**plain()),
        )
    return found


def read_together() -> Iterator[Case]:
    """An operator on each element, then one that reads the channels together."""
    for shape in ((7, 6), (5, 7, 6), (1, 8, 7, 6), (1, 8, 7, 8)):
        for name, reader in _readers(shape).items():
            for code, options in UNARY.items():
                yield Case(code, f"{text(shape)}, then {name}", _then(code, [shape], shape, options, reader))
            for code, options in BINARY.items():
                others: tuple[Shape, ...] = (shape, (1,) * (len(shape) - 1) + shape[-1:], (*shape[:-1], 1))
                constants = [numbers(*other, positive=code in POSITIVE) for other in others]
                operands: tuple[Operand, ...] = (*others, *constants, np.asarray(1.5, np.float32))
                for other in operands:
                    pairs: tuple[tuple[Operand, Operand], ...] = ((shape, other), (other, shape))
                    for pair in pairs:
                        form = f"{text(pair[0])} with {text(pair[1])}, then {name}"
                        yield Case(code, form, _then(code, pair, shape, options, reader))


def _then(
    code: str, operands: Sequence[Operand], shape: Shape, options: Any, reader: Callable[[File, int], int]
) -> Callable[[File], int]:
    def make(file: File) -> int:
        tensors = [file.tensor(operand) for operand in operands]
        return reader(file, file.emit(code, tensors, shape, options() if options else None))

    return make


def after_a_division() -> Iterator[Case]:
    """1 / x, then an operator that leaves the channels where they are, then one that reads them together."""
    shape = (1, 8, 6, 6)
    smaller = (1, 4, 3, 6)
    stated = {"strideH": 2, "strideW": 2, "filterHeight": 2, "filterWidth": 2}
    between: dict[str, tuple[str, list[Operand], Shape, Any]] = {
        "nothing": ("", [], shape, None),
        "RELU": ("RELU", [], shape, None),
        "NEG": ("NEG", [], shape, schema.NegOptionsT()),
        "MUL": ("MUL", [numbers(6)], shape, schema.MulOptionsT()),
        "ADD": ("ADD", [np.asarray(1.0, np.float32)], shape, schema.AddOptionsT()),
        "LOGISTIC": ("LOGISTIC", [], shape, None),
        "MINIMUM": ("MINIMUM", [np.asarray(9.0, np.float32)], shape, schema.MaximumMinimumOptionsT()),
        "AVERAGE_POOL_2D": ("AVERAGE_POOL_2D", [], smaller, schema.Pool2DOptionsT(**stated)),
        "MAX_POOL_2D": ("MAX_POOL_2D", [], smaller, schema.Pool2DOptionsT(**stated)),
        "DEPTHWISE_CONV_2D": ("DEPTHWISE_CONV_2D", [numbers(1, 3, 3, 6), numbers(6)], shape,
                              schema.DepthwiseConv2DOptionsT(depthMultiplier=1, **plain())),
        "RESIZE_BILINEAR": ("RESIZE_BILINEAR", [ints(4, 3)], smaller, schema.ResizeBilinearOptionsT()),
        "SLICE": ("SLICE", [ints(0, 1, 1, 0), ints(1, 4, 3, 6)], smaller, schema.SliceOptionsT()),
        "SLICE of channels": ("SLICE", [ints(0, 0, 0, 1), ints(1, 8, 6, 5)], (1, 8, 6, 5), schema.SliceOptionsT()),
        "MEAN": ("MEAN", [ints(1, 2)], (1, 1, 1, 6), schema.ReducerOptionsT(keepDims=True)),
        "REDUCE_MAX": ("REDUCE_MAX", [ints(1, 2)], (1, 1, 1, 6), schema.ReducerOptionsT(keepDims=True)),
        "PAD": ("PAD", [np.asarray([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)], (1, 10, 8, 6), schema.PadOptionsT()),
        "GATHER": ("GATHER", [ints(2, 0, 5)], (1, 3, 6, 6), schema.GatherOptionsT(axis=1)),
        "CONCATENATION": ("CONCATENATION", [shape], (1, 16, 6, 6), schema.ConcatenationOptionsT(axis=1)),
        "CONCATENATION of channels": ("CONCATENATION", [shape], (1, 8, 6, 12), schema.ConcatenationOptionsT(axis=3)),
        "PRELU": ("PRELU", [numbers(6)], shape, None),
        "GELU": ("GELU", [], shape, schema.GeluOptionsT()),
        "HARD_SWISH": ("HARD_SWISH", [], shape, schema.HardSwishOptionsT()),
        "TANH": ("TANH", [], shape, None),
        "TRANSPOSE of channels": ("TRANSPOSE", [ints(0, 1, 3, 2)], (1, 8, 6, 6), schema.TransposeOptionsT()),
        "TRANSPOSE": ("TRANSPOSE", [ints(0, 2, 1, 3)], (1, 6, 8, 6), schema.TransposeOptionsT()),
        "RESHAPE": ("RESHAPE", [ints(1, 12, 4, 6)], (1, 12, 4, 6), schema.ReshapeOptionsT(newShape=[1, 12, 4, 6])),
        "two of RESHAPE": ("RESHAPE", [ints(1, 12, 4, 6)], (1, 12, 4, 6), None),
        "SOFTMAX": ("SOFTMAX", [], shape, schema.SoftmaxOptionsT(beta=1.0)),
    }  # fmt: skip
    for (name, step), (reader, read) in product(between.items(), _readers(shape).items()):
        yield Case("RSQRT", f"{text(shape)}, then {name}, then {reader}", _in_between(name, shape, step, reader, read))
    for code, base in (("POW", -1.3), ("POW", -0.5), ("POW", 1.3), ("DIV", 1.0)):
        number = np.asarray(base, np.float32)
        for reader, read in _readers(shape).items():
            pair = (shape, number) if code == "POW" else (number, shape)
            form = f"{text(shape)} and {base}, then {reader}"
            yield Case(code, form, _then(code, pair, shape, BINARY[code], read))


def _in_between(
    name: str, shape: Shape, step: tuple[str, list[Operand], Shape, Any], reader: str, _read: Callable[[File, int], int]
) -> Callable[[File], int]:
    code, operands, result, options = step

    def make(file: File) -> int:
        x = file.emit("RSQRT", [file.tensor(shape)], shape)
        if code:
            more = [file.tensor(operand) for operand in operands]
            made = schema.ReshapeOptionsT(newShape=list(result)) if code == "RESHAPE" else options
            x = file.emit(code, [x, *more], result, made)
        if name.startswith("two"):
            back = schema.ReshapeOptionsT(newShape=list(shape))
            x = file.emit(code, [x, file.tensor(ints(*shape))], shape, back)
        return _readers(file.builder.tensors[x].shape)[reader](file, x)

    return make


def greatest_of_sums() -> Iterator[Case]:
    for code, shape in product(REDUCTIONS, ((7, 8), (5, 7, 6), (1, 8, 7, 8), (5, 8, 7, 6))):
        for axes, other in product(axes_of(len(shape)), ("ADD", "MUL")):
            yield Case(other, f"{text(shape)} twice, then {code} over {list(axes)}", _reduced(code, shape, axes, other))


def _reduced(code: str, shape: Shape, axes: tuple[int, ...], other: str) -> Callable[[File], int]:
    def make(file: File) -> int:
        x = file.emit(other, [file.tensor(shape), file.tensor(shape)], shape, BINARY[other]())
        kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
        return file.emit(code, [x, file.tensor(ints(*axes))], kept, schema.ReducerOptionsT(keepDims=True))

    return make


def bordered() -> Iterator[Case]:
    """A border, then a window over it."""
    borders: dict[str, Any] = {
        "PAD": schema.PadOptionsT(),
        "PADV2": schema.PadV2OptionsT(),
        "MIRROR_PAD": schema.MirrorPadOptionsT(mode=schema.MirrorPadMode.REFLECT),
    }
    pads = np.asarray([[0, 0], [1, 1], [2, 0], [0, 0]], np.int32)
    windows = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D")
    for (code, options), window, before, twice in product(borders.items(), windows, ("", "RELU"), (False, True)):
        form = f"1x8x7x6{', after RELU' * bool(before)}, then {window}{', read twice' * twice}"
        more = [np.asarray(1.5, np.float32)] if code == "PADV2" else []
        yield Case(code, form, _windowed(code, [pads, *more], options, window, before, twice))


def _windowed(
    code: str, operands: Sequence[Array], options: Any, window: str, before: str, twice: bool
) -> Callable[[File], int]:
    def make(file: File) -> int:
        x = file.tensor((1, 8, 7, 6))
        x = file.emit(before, [x], (1, 8, 7, 6)) if before else x
        padded = file.emit(code, [x, *map(file.tensor, operands)], (1, 10, 9, 6), options)
        if "POOL" in window:
            made = schema.Pool2DOptionsT(padding=1, strideH=1, strideW=1, filterHeight=3, filterWidth=3)
            result = file.emit(window, [padded], (1, 8, 7, 6), made)
        else:
            weight = numbers(6, 3, 3, 6) if window == "CONV_2D" else numbers(1, 3, 3, 6)
            kind = schema.Conv2DOptionsT if window == "CONV_2D" else schema.DepthwiseConv2DOptionsT
            made = kind(padding=1, **plain())
            made.depthMultiplier = 1
            result = file.emit(window, [padded, file.tensor(weight), file.tensor(numbers(6))], (1, 8, 7, 6), made)
        if not twice:
            return result
        mean = file.emit("MEAN", [padded, file.tensor(ints(1, 2))], (1, 1, 1, 6), schema.ReducerOptionsT(keepDims=True))
        return file.emit("ADD", [result, mean], (1, 8, 7, 6), schema.AddOptionsT())

    return make


def masked() -> Iterator[Case]:
    for shape, hidden in product(((1, 3, 5, 5), (3, 5, 5), (4, 3, 5, 5)), (-100.0, -1e9, float("-inf"))):
        mask = np.where(np.tri(5), 0, hidden).astype(np.float32)

        def make(file: File, shape: Shape = shape, mask: Array = mask) -> int:
            x = file.emit("ADD", [file.tensor(shape), file.tensor(mask)], shape, schema.AddOptionsT())
            return file.emit("SOFTMAX", [x], shape, schema.SoftmaxOptionsT(beta=1.0))

        yield Case("SOFTMAX", f"{text(shape)}, hidden by {hidden}", make)
