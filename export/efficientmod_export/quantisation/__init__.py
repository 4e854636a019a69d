"""Rounding a program's weights to int8, and what they multiply. What is not exact is here, not among the transforms."""

from efficientmod_export.quantisation._grid import grid_scales, in_steps
from efficientmod_export.quantisation._inputs import layers_with_float_inputs, steps_of
from efficientmod_export.quantisation._mixed import layers_in_float
from efficientmod_export.quantisation._rounding import row_scales, to_least_output_error, to_nearest
from efficientmod_export.quantisation._runs import in_256_steps
from efficientmod_export.quantisation._transfer import LayerWeights, layer_weights, with_weights
from efficientmod_export.quantisation._weights import (
    Rounded,
    RoundedLayer,
    round_to_nearest,
    round_weights,
    rounded_layers,
)

__all__ = [
    "LayerWeights",
    "Rounded",
    "RoundedLayer",
    "grid_scales",
    "in_256_steps",
    "in_steps",
    "layer_weights",
    "layers_in_float",
    "layers_with_float_inputs",
    "round_to_nearest",
    "round_weights",
    "rounded_layers",
    "row_scales",
    "steps_of",
    "to_least_output_error",
    "to_nearest",
    "with_weights",
]
