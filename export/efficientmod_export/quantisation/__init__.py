"""Rounding a program's weights to int8, and what they multiply. What is not exact is here, not among the transforms."""

from efficientmod_export.quantisation._activations import Grid, StaticPrograms, grids_in, with_static_activations
from efficientmod_export.quantisation._form import Form, in_float
from efficientmod_export.quantisation._grid import grid_scales, in_steps
from efficientmod_export.quantisation._mixed import LayerCost, costliest, layer_costs
from efficientmod_export.quantisation._rounding import STEPS, row_scales, to_least_output_error, to_nearest
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
    "STEPS",
    "Form",
    "Grid",
    "LayerCost",
    "LayerWeights",
    "Rounded",
    "RoundedLayer",
    "StaticPrograms",
    "costliest",
    "grid_scales",
    "grids_in",
    "in_256_steps",
    "in_float",
    "in_steps",
    "layer_costs",
    "layer_weights",
    "round_to_nearest",
    "round_weights",
    "rounded_layers",
    "row_scales",
    "to_least_output_error",
    "to_nearest",
    "with_static_activations",
    "with_weights",
]
