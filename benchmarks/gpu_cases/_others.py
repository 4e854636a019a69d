"""Files of other writers: operators that the writer here never emits, types, and outputs of the graph that are inputs
of it or one tensor twice.

The files are made with the builder here, and then an operator in them gets another name, or a tensor another type.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

from gpu_cases._case import Case, File, Operand, Shape, ints, numbers, plain
from gpu_cases._int8 import ROUNDED, on_a_grid

SHAPE = (1, 4, 6, 8)
_SAME = {
    "L2_NORMALIZATION": schema.L2NormOptionsT,
    "LOCAL_RESPONSE_NORMALIZATION": lambda: schema.LocalResponseNormalizationOptionsT(
        radius=2, bias=1.0, alpha=1e-4, beta=0.75
    ),
    "LOG_SOFTMAX": schema.LogSoftmaxOptionsT,
    "RELU_0_TO_1": None,
    "SIGN": None,
    "ZEROS_LIKE": None,
}
"""Of one operand, its shape kept."""
_TYPES = ("FLOAT16", "INT16", "UINT8", "FLOAT64")


def others() -> Iterator[Case]:
    for code, options in _SAME.items():
        yield _named(code, "1x4x6x8", [SHAPE], SHAPE, options and options())
    yield _named("SQUEEZE", "1x4x6x8", [SHAPE], SHAPE[1:], schema.SqueezeOptionsT(squeezeDims=[0]))
    axis = np.asarray(0, np.int32)
    yield _named("EXPAND_DIMS", "4x6x8 along 0", [SHAPE[1:], axis], SHAPE, schema.ExpandDimsOptionsT())
    yield _named("BROADCAST_TO", "1x1x6x8 to 1x4x6x8", [(1, 1, 6, 8), ints(*SHAPE)], SHAPE, version=2)
    yield _named("SHAPE", "1x4x6x8", [SHAPE], (4,), schema.ShapeOptionsT(outType=2), dtype=np.int32)
    yield _named("RANK", "1x4x6x8", [SHAPE], (), dtype=np.int32)
    yield from _blocks()
    yield from _sums()
    yield _named("FLOOR_DIV", "1x4x6x8 twice", [SHAPE, SHAPE], SHAPE, schema.FloorDivOptionsT())
    yield _named("SQUARED_DIFFERENCE", "1x4x6x8 twice", [SHAPE, SHAPE], SHAPE, schema.SquaredDifferenceOptionsT())
    along = np.asarray(3, np.int32)
    yield _named("CUMSUM", "1x4x6x8 along 3", [SHAPE, along], SHAPE, schema.CumsumOptionsT())
    yield _named("REVERSE_V2", "1x4x6x8 along 2", [SHAPE, ints(2)], SHAPE, schema.ReverseV2OptionsT())
    options = schema.ReverseSequenceOptionsT(seqDim=1, batchDim=0)
    yield _named("REVERSE_SEQUENCE", "1x4x6x8, 3 along 1", [SHAPE, ints(3)], SHAPE, options)
    options = schema.ReducerOptionsT(keepDims=True)
    yield _named("REDUCE_PROD", "1x4x6x8 along 3", [SHAPE, ints(3)], (1, 4, 6, 1), options)
    place = ints(0, 1, 0, 0)
    options = schema.DynamicUpdateSliceOptionsT()
    yield _named("DYNAMIC_UPDATE_SLICE", "1x2x6x8 into 1x4x6x8", [SHAPE, (1, 2, 6, 8), place], SHAPE, options)
    options = schema.SoftmaxOptionsT(beta=2.0)
    yield _named("SOFTMAX", "1x4x6x8, beta 2", [SHAPE], SHAPE, options)
    options = schema.Pool2DOptionsT(padding=1, strideW=2, strideH=2, filterWidth=2, filterHeight=2)
    yield _named("L2_POOL_2D", "1x4x6x8, 2x2", [SHAPE], (1, 2, 3, 8), options)
    yield from map(_through, _TYPES)
    yield _levels_of_16_bits()
    yield _own()
    yield from map(_grouped_points, (2, 1))
    yield Case("ABS", "1x4x6x8, shown twice", _shown_twice)
    yield Case("ABS", "1x4x6x8, its input shown", _handed_through)
    yield Case("CONCATENATION", "1x4x6x8 and 1x4x0x8", _nothing)


def _blocks() -> Iterator[Case]:
    parts, sizes = (4, 2, 3, 8), (ints(2, 2), np.zeros((2, 2), np.int32))
    yield _named("SPACE_TO_BATCH_ND", "1x4x6x8, 2x2", (SHAPE, *sizes), parts, schema.SpaceToBatchNDOptionsT())
    yield _named("BATCH_TO_SPACE_ND", "4x2x3x8, 2x2", (parts, *sizes), SHAPE, schema.BatchToSpaceNDOptionsT())


def _sums() -> Iterator[Case]:
    for terms in ((SHAPE, SHAPE), (SHAPE, SHAPE, SHAPE)):
        yield _named("ADD_N", f"1x4x6x8, {len(terms)} times", terms, SHAPE, schema.AddNOptionsT())


def _named(
    code: str,
    form: str,
    operands: Sequence[Operand],
    result: Shape,
    options: Any = None,
    *,
    dtype: type[np.generic] = np.float32,
    version: int = 1,
) -> Case:
    """A case of an operator that the builder does not know: the place of another is its."""

    def make(file: File) -> int:
        return file.emit("TANH", [file.tensor(item) for item in operands], result, options, dtype)

    return Case(code, form, make, change=lambda model: _rename(model, code, version))


def _rename(model: Any, code: str, version: int = 1) -> None:
    """Give the first operator another name."""
    number = getattr(schema.BuiltinOperator, code)
    first = model.operatorCodes[model.subgraphs[0].operators[0].opcodeIndex]
    first.builtinCode, first.deprecatedBuiltinCode, first.version = number, min(number, 127), version


def _through(name: str) -> Case:
    number = getattr(schema.TensorType, name)

    def make(file: File) -> int:
        there, back = schema.CastOptionsT(inDataType=0, outDataType=number), schema.CastOptionsT(inDataType=number)
        between = file.emit("CAST", [file.tensor(SHAPE)], SHAPE, there, np.int32)
        return file.emit("CAST", [between], SHAPE, back, np.float32)

    return Case("CAST", f"1x4x6x8 to {name.lower()} and back", make, tolerance=1e-3, change=_typed(number))


def _typed(number: int) -> Callable[[Any], None]:
    """Give what the first operator computes another type."""

    def change(model: Any) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.operators[0].outputs[0]].type = number

    return change


def _levels_of_16_bits() -> Case:
    def make(file: File) -> int:
        levels = file.emit("QUANTIZE", [file.tensor(SHAPE)], SHAPE, schema.QuantizeOptionsT(), np.int8)
        file.builder.tensors[levels].scales = np.array([1e-3], np.float32)
        return file.emit("DEQUANTIZE", [levels], SHAPE, schema.DequantizeOptionsT(), np.float32)

    def change(model: Any) -> None:
        _typed(schema.TensorType.INT16)(model)
        for code in model.operatorCodes:
            code.version = 3 if code.builtinCode == schema.BuiltinOperator.DEQUANTIZE else code.version

    return Case("QUANTIZE", "1x4x6x8 in 16 bits, then DEQUANTIZE", make, change=change)


def _own() -> Case:
    """Of those that no schema has, one that the processor's interpreter brings."""

    def make(file: File) -> int:
        return file.emit("TANH", [file.tensor((64, 1))], (1, 7, 9))

    def change(model: Any) -> None:
        _rename(model, "CUSTOM")
        model.operatorCodes[0].customCode = b"AudioSpectrogram"
        sizes = {"window_size": 16, "stride": 8, "magnitude_squared": True}
        model.subgraphs[0].operators[0].customOptions = np.frombuffer(flexbuffers.Dumps(sizes), np.uint8)

    return Case("AudioSpectrogram", "64x1", make, change=change)


def _grouped_points(groups: int) -> Case:
    """A dense layer of int8 weights, of which a part is left out."""
    shape, outputs, inputs = (1, 8, 7, 8), 16, 8 // groups

    def make(file: File) -> int:
        operands: list[Operand] = [shape, on_a_grid((outputs, 1, 1, 8)), numbers(outputs)]
        options = schema.Conv2DOptionsT(**plain())
        return file.emit("CONV_2D", [file.tensor(item) for item in operands], (*shape[:3], outputs), options)

    def change(model: Any) -> None:
        weight = model.subgraphs[0].tensors[model.subgraphs[0].operators[0].inputs[1]]
        weight.shape = np.array([outputs, 1, 1, inputs], np.int32)
        model.buffers[weight.buffer].data = model.buffers[weight.buffer].data[: outputs * inputs]

    form = f"1x8x7x8, 1x1, {groups} groups of {inputs} to {outputs // groups}, int8"
    return Case("CONV_2D", form, make, weights="int8-dynamic", tolerance=ROUNDED, change=change)


def _shown_twice(file: File) -> int:
    result = file.emit("ABS", [file.tensor(SHAPE)], SHAPE, schema.AbsOptionsT())
    file.shown.append(result)
    return result


def _handed_through(file: File) -> int:
    given = file.tensor(SHAPE)
    file.shown.append(given)
    return file.emit("ABS", [given], SHAPE, schema.AbsOptionsT())


def _nothing(file: File) -> int:
    given = file.tensor(SHAPE)
    options = schema.SliceOptionsT()
    none = file.emit(
        "SLICE", [given, file.tensor(ints(0, 0, 0, 0)), file.tensor(ints(1, 4, 0, 8))], (1, 4, 0, 8), options
    )
    return file.emit("CONCATENATION", [given, none], SHAPE, schema.ConcatenationOptionsT(axis=2))
