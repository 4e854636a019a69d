"""Other libraries contained: their output kept from the terminal, their errors explained, their code patched."""

from efficientmod_export.foreign._coremltools_gelu import tanh_gelu
from efficientmod_export.foreign._failures import converting, loading
from efficientmod_export.foreign._quiet import quiet, terminal
from efficientmod_export.foreign._shortcuts import (
    GraphState,
    coremltools_shortcuts,
    executorch_shortcuts,
    torch_shortcuts,
)

__all__ = [
    "GraphState",
    "converting",
    "coremltools_shortcuts",
    "executorch_shortcuts",
    "loading",
    "quiet",
    "tanh_gelu",
    "terminal",
    "torch_shortcuts",
]
