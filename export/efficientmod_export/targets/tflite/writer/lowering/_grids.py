"""Values on a grid of 256 steps: QUANTIZE and DEQUANTIZE; `_int8_products` joins them with the layers between."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._layout import Value
from ._registry import Context, Operand, lowers


@lowers("Grid")
def grid(context: Context, x: Operand, *, step: float, zero: int) -> Value:
    """step (clamp(round(x / step) + zero, -128, 127) - zero)."""
    value = context.value(x)
    shape = context.builder.shape(value)
    levels = context.builder.emit("QUANTIZE", [value.tensor], shape, schema.QuantizeOptionsT(), np.int8)
    context.builder.tensors[levels].scales = np.array([step], np.float32)
    context.builder.tensors[levels].zero = zero
    wide = context.builder.emit("DEQUANTIZE", [levels], shape, schema.DequantizeOptionsT(), np.float32)
    return Value(wide, value.physical, value.layout)
