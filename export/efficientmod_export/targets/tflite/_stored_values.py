"""Computing with a file's stored values in float32, also where an operator would round its inputs to int8."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from efficientmod_export._stages import ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.quantisation import Grid
from efficientmod_export.targets._runtime import Configuration, Session
from efficientmod_export.targets.tflite._runtime import THREADS, LiteRt, LiteRtSession, interpreter
from efficientmod_export.targets.tflite._shown_values import pack


class StoredValues(LiteRt):
    """Opens `.tflite` files with their int8 weights, and biases, as the float32 numbers that they stand for."""

    def open(self, file: ModelFile, configuration: Configuration) -> Session:
        """Load a file, its int8 weights widened."""
        with loading(file.path):
            loaded = interpreter(with_float32_weights(file.path.read_bytes()))
        return LiteRtSession(loaded, file, configuration.threads or THREADS)


def with_float32_weights(data: bytes) -> bytes:
    """The model with each int8 constant that has a scale for each index of its first axis, and each int32 one, as
    float32, and with the values that layers of int8 read and give as what they stand for.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    for tensor in model.subgraphs[0].tensors:
        grid = tensor.quantization
        if grid is None or grid.scale is None or tensor.type not in (schema.TensorType.INT8, schema.TensorType.INT32):
            continue
        stored = model.buffers[tensor.buffer].data
        if stored is not None and len(stored):
            rows = int(tensor.shape[0])
            held = np.asarray(stored, np.uint8)
            levels = held.view(np.int8) if tensor.type == schema.TensorType.INT8 else held.view(np.int32)
            steps = np.asarray(grid.scale, np.float64)[:, None]
            values = (levels.reshape(rows, prod(tensor.shape) // rows) * steps).astype(np.float32)
            model.buffers.append(schema.BufferT(data=values.reshape(-1).view(np.uint8)))
            tensor.buffer = len(model.buffers) - 1
        tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    _drop_conversions(model)
    return pack(model)


def _drop_conversions(model: Any) -> None:
    """Remove the operators that converted between float32 and int8, whose inputs and outputs are float32 now."""
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    codes = [code.builtinCode for code in model.operatorCodes]
    between = (schema.BuiltinOperator.QUANTIZE, schema.BuiltinOperator.DEQUANTIZE)
    same: dict[int, int] = {}
    kept = []
    for operator in graph.operators:
        operator.inputs = [same.get(int(tensor), int(tensor)) for tensor in operator.inputs]
        source, result = operator.inputs[0], int(operator.outputs[0])
        converts = codes[operator.opcodeIndex] in between and graph.tensors[source].type == schema.TensorType.FLOAT32
        if converts and result not in graph.outputs:
            same[result] = source
        elif converts:
            kept.append(_copy(model, source, result))
        else:
            kept.append(operator)
    graph.operators = kept


def _copy(model: Any, source: int, result: int) -> Any:
    """A RESHAPE to the same shape."""
    from ai_edge_litert import schema_py_generated as schema

    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    code.version = 1
    model.operatorCodes.append(code)
    options = schema.ReshapeOptionsT(newShape=[int(extent) for extent in model.subgraphs[0].tensors[result].shape])
    return schema.OperatorT(
        opcodeIndex=len(model.operatorCodes) - 1,
        inputs=[source],
        outputs=[result],
        builtinOptionsType=schema.BuiltinOptions.ReshapeOptions,
        builtinOptions=options,
    )


def grids_of(path: Path) -> frozenset[Grid]:
    """The step and zero point of each value of int8 that a file's operators compute."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    tensors = [one for one in model.subgraphs[0].tensors if one.type == schema.TensorType.INT8]
    computed = [one for one in tensors if model.buffers[one.buffer].data is None]
    return frozenset((float(one.quantization.scale[0]), int(one.quantization.zeroPoint[0])) for one in computed)
