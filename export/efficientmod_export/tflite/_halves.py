"""Weights in half precision: float16 in the file, behind a DEQUANTIZE that XNNPACK carries out once, at load.

Only the weights of convolutions and matrix products are halved: they are nearly all of the file, and for them the
runtime folds the DEQUANTIZE away. A weight beyond float16's range keeps the whole tensor in float32.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ._builder import Builder, Operator, Tensor

_READERS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}


def halve_weights(builder: Builder) -> None:
    """Replace the weights in place, with the DEQUANTIZE operators first in the graph."""
    widened: dict[int, int] = {}
    first: list[Operator] = []
    for operator in builder.operators:
        if operator.code not in _READERS:
            continue
        weight = operator.inputs[1]
        if weight not in widened:
            widened[weight] = _halve(builder, weight, first)
        operator.inputs[1] = widened[weight]
    builder.operators[:0] = first


def _halve(builder: Builder, weight: int, operators: list[Operator]) -> int:
    tensor = builder.tensors[weight]
    if tensor.data is None:
        return weight
    with np.errstate(over="ignore"):
        half = tensor.data.astype(np.float16)
    if not np.isfinite(half).all():
        return weight
    builder.tensors.append(Tensor(f"{tensor.name}/float16", tensor.shape, half.dtype, half))
    wide = builder.tensor(tensor.name, tensor.shape)
    operators.append(Operator("DEQUANTIZE", [wide - 1], [wide], schema.DequantizeOptionsT()))
    return wide
