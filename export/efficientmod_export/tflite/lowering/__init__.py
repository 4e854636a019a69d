"""Lowerings from ONNX's operators to TFLite's: one file for each family, one function for each operator.

To add one, write the function beside its kin and register it with `lowers`; a new file is named in the imports below.
"""

from . import (
    _activations,
    _composed,
    _convolution,
    _elementwise,
    _gather,
    _linear,
    _norms,
    _pooling,
    _reductions,
    _resize,
    _selection,
    _transposed,
    _views,
    _where,
)
from ._registry import LOWERINGS, Context, Operand, lowers

__all__ = ["LOWERINGS", "Context", "Operand", "lowers"]

FAMILIES = (
    _activations,
    _composed,
    _convolution,
    _elementwise,
    _gather,
    _linear,
    _norms,
    _pooling,
    _reductions,
    _resize,
    _selection,
    _transposed,
    _views,
    _where,
)
