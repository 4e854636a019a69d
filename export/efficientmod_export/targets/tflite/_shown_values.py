"""Values inside a `.tflite` file, shown as further outputs of it by copies.

A copy, not the tensor itself: a GPU joins an operator to the one that reads it, and does not write an output between
(`_gpu_limits.JOINED_RESULT`). A tensor that two operators read stays apart. The copies' names differ: LiteRT does not
take two outputs of one name, and tensors may share theirs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np


def with_shown(model: Any, indices: Sequence[int]) -> bytes:
    """The bytes of a model in the schema's object form, whose main graph has copies of these tensors as outputs behind
    its own. The model is left as it was.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    kept = graph.outputs, model.signatureDefs
    lists = (graph.tensors, graph.operators, model.buffers, model.operatorCodes)
    lengths = [len(one) for one in lists]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    code.version = 1
    try:
        if indices:
            model.operatorCodes.append(code)
        copies = [_copy(model, graph, int(index)) for index in indices]
        graph.outputs = np.array([*graph.outputs, *copies], np.int32)
        model.signatureDefs = None  # they say what the outputs were
        return pack(model)
    finally:
        graph.outputs, model.signatureDefs = kept
        for one, length in zip(lists, lengths, strict=True):
            del one[length:]


def shown_name(name: str, index: int) -> str:
    """The name of the copy of a tensor."""
    return f"{name}/shown {index}"


def _copy(model: Any, graph: Any, index: int) -> int:
    """Write a RESHAPE to the same shape, with the last of the operators' codes."""
    from ai_edge_litert import schema_py_generated as schema

    source = graph.tensors[index]
    extents = [] if source.shape is None else list(map(int, source.shape))
    buffer = schema.BufferT()
    buffer.data = np.array(extents, "<i4").view(np.uint8)
    model.buffers.append(buffer)
    shape, copy = schema.TensorT(), schema.TensorT()
    shape.name, shape.shape, shape.type = b"shape", [len(extents)], schema.TensorType.INT32
    shape.buffer = len(model.buffers) - 1
    copy.name = shown_name((source.name or b"").decode("utf-8", "replace"), index).encode()
    copy.shape, copy.type, copy.quantization = extents, source.type, source.quantization
    graph.tensors += [shape, copy]
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs = np.array([index, len(graph.tensors) - 2], np.int32)
    operator.outputs = np.array([len(graph.tensors) - 1], np.int32)
    operator.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
    operator.builtinOptions = schema.ReshapeOptionsT(newShape=extents)
    graph.operators.append(operator)
    return len(graph.tensors) - 1


def pack(model: Any) -> bytes:
    """The bytes of a TFLite model in the schema's object form."""
    import flatbuffers

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
