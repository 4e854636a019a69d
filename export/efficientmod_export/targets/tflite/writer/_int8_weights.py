"""Int8 weights: kernels and matrices whose rows lie on a grid of 255 steps, stored as points of it and a step per row.

Storing loses nothing: a weight that is on no such grid stays what it is. `quantisation` puts weights on one. Either a
DEQUANTIZE follows, which XNNPACK computes once, at load, or the operator itself reads int8 (`dynamic`): the runtime
then rounds the operator's input to int8 as well, with a scale that it takes from the values of each run.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export.quantisation import grid_scales, in_steps

from ._builder import Builder, Operator, Tensor

_READERS = ("CONV_2D", "FULLY_CONNECTED")
"""The operators whose weights are stored as int8; the first axis of theirs is the output channel."""

_WEIGHT = 1
"""The index of the weights among the inputs of these operators."""


def store_weights_as_int8(builder: Builder, *, dynamic: bool) -> None:
    """Replace the weights that are on a grid, in place, with the DEQUANTIZE operators first in the graph."""
    stored: dict[int, int] = {}
    first: list[Operator] = []
    for index in _weights(builder):
        tensor = builder.tensors[index]
        scales = grid_scales(tensor.data) if tensor.data is not None and tensor.dtype == np.float32 else None
        if tensor.data is None or scales is None:
            continue
        levels = np.rint(in_steps(tensor.data, scales)).astype(np.int8)
        builder.tensors.append(Tensor(f"{tensor.name}/int8", tensor.shape, levels.dtype, levels, scales))
        stored[index] = len(builder.tensors) - 1
        if not dynamic:
            wide = builder.tensor(tensor.name, tensor.shape)
            first.append(Operator("DEQUANTIZE", [stored[index]], [wide], schema.DequantizeOptionsT()))
            stored[index] = wide
    for operator in builder.operators:
        if operator.code in _READERS and operator.inputs[_WEIGHT] in stored:
            operator.inputs[_WEIGHT] = stored[operator.inputs[_WEIGHT]]
            if operator.code == "FULLY_CONNECTED" and builder.tensors[operator.inputs[_WEIGHT]].dtype == np.int8:
                operator.options.asymmetricQuantizeInputs = True
    builder.operators[:0] = first


def _weights(builder: Builder) -> list[int]:
    """The constants that operators read as weights, and that no operator reads as anything else."""
    weights: dict[int, None] = {}
    others: set[int] = set()
    for operator in builder.operators:
        for place, tensor in enumerate(operator.inputs):
            if operator.code in _READERS and place == _WEIGHT:
                weights[tensor] = None
            else:
                others.add(tensor)
    return [tensor for tensor in weights if tensor not in others]
