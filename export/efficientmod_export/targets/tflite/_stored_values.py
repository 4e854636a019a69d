"""Computing with a file's stored values in float32, also where an operator would round its inputs to int8."""

from math import prod

import numpy as np

from efficientmod_export._stages import ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Configuration, Session
from efficientmod_export.targets.tflite._runtime import THREADS, LiteRt, LiteRtSession, interpreter
from efficientmod_export.targets.tflite._shown_values import pack


class StoredValues(LiteRt):
    """Opens `.tflite` files with their int8 weights as the float32 numbers that they stand for."""

    def open(self, file: ModelFile, configuration: Configuration) -> Session:
        """Load a file, its int8 weights widened."""
        with loading(file.path):
            loaded = interpreter(with_float32_weights(file.path.read_bytes()))
        return LiteRtSession(loaded, file, configuration.threads or THREADS)


def with_float32_weights(data: bytes) -> bytes:
    """The model with each int8 constant that has a scale for each index of its first axis as float32."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    for tensor in model.subgraphs[0].tensors:
        stored = model.buffers[tensor.buffer].data
        if tensor.type == schema.TensorType.INT8 and stored is not None and len(stored):
            rows = int(tensor.shape[0])
            levels = np.asarray(stored, np.uint8).view(np.int8).reshape(rows, prod(tensor.shape) // rows)
            values = levels * np.asarray(tensor.quantization.scale, np.float32)[:, None]
            model.buffers.append(schema.BufferT(data=values.reshape(-1).view(np.uint8)))
            tensor.buffer, tensor.type, tensor.quantization = len(model.buffers) - 1, schema.TensorType.FLOAT32, None
    return pack(model)
