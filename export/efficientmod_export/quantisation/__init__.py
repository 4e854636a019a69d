"""Rounding a program's weights to int8. What is not exact is here, and apart from the exact transforms."""

from efficientmod_export.quantisation._grid import grid_scales, in_steps
from efficientmod_export.quantisation._rounding import row_scales, to_least_output_error, to_nearest
from efficientmod_export.quantisation._weights import (
    Rounded,
    RoundedLayer,
    round_to_nearest,
    round_weights,
    rounded_layers,
)

__all__ = [
    "Rounded",
    "RoundedLayer",
    "grid_scales",
    "in_steps",
    "round_to_nearest",
    "round_weights",
    "rounded_layers",
    "row_scales",
    "to_least_output_error",
    "to_nearest",
]
