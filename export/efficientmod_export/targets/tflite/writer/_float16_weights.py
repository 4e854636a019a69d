"""Float16 weights: float16 in the file, followed by a DEQUANTIZE that XNNPACK computes once, at load.

Constants that vary along two axes or more are stored as float16: kernels, matrices, tables. They are nearly all of the
file. Vectors, such as biases and the factors of norms, stay float32, also where they are repeated along another axis;
so does a constant that float16 cannot represent: with a value beyond its range, or too many below it. In a file of int8
weights the others are float16 only where that is exact: the program has been rounded before.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ._builder import Builder, Operator, Tensor
from ._graph import Array

_LOSS = 1e-3
"""The largest error, relative to a weight's norm. Rounding to eleven bits alone causes at most half of it; the rest is
for values that underflow."""


def store_weights_as_float16(builder: Builder, *, exact: bool = False) -> None:
    """Replace the weights in place, with the DEQUANTIZE operators first in the graph; with `exact` those that lose
    nothing.
    """
    loss = 0.0 if exact else _LOSS
    widened: dict[int, int] = {}
    first: list[Operator] = []
    for operator in builder.operators:
        for tensor in operator.inputs:
            if tensor not in widened:
                widened[tensor] = _as_float16(builder, tensor, loss, first)
        operator.inputs[:] = [widened[tensor] for tensor in operator.inputs]
    builder.operators[:0] = first


def _as_float16(builder: Builder, index: int, loss: float, operators: list[Operator]) -> int:
    """The float32 tensor dequantised from a weight's float16 values; any other tensor itself."""
    tensor = builder.tensors[index]
    if tensor.data is None or tensor.data.dtype != np.float32 or not _varies_along_two_axes(tensor.data):
        return index
    values = tensor.data.astype(np.float32, copy=False)
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    if not np.linalg.norm(half - values) <= loss * np.linalg.norm(values):
        return index
    builder.tensors.append(Tensor(f"{tensor.name}/float16", tensor.shape, half.dtype, half))
    wide = builder.tensor(tensor.name, tensor.shape)
    operators.append(Operator("DEQUANTIZE", [wide - 1], [wide], schema.DequantizeOptionsT()))
    return wide


def _varies_along_two_axes(values: Array) -> bool:
    varies = (bool((values != values.take([0], axis)).any()) for axis in range(values.ndim))
    return sum(varies) > 1
