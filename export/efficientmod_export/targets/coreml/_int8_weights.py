"""Int8 weights in an ML program: those that lie on a grid of 255 steps in each row.

Storing them loses nothing but the rounding of the steps themselves to float16.
"""

from pathlib import Path
from typing import Any

import torch

from efficientmod_export._stages import Precision
from efficientmod_export.quantisation import STEPS, grid_scales, rounded_layers
from efficientmod_export.targets.coreml._float_constants import float_constants
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.errors import InputError

_LEAST_IOS: dict[Precision, tuple[int, str]] = {
    "int8-weights": (16, "int8 weights"),
    "int8-static": (17, "int8 activations"),
    "palette6": (16, "palettes"),
}
"""The first with `constexpr_affine_dequantize`, `quantize`, and `constexpr_lut_to_dense`."""


_LEAST_WEIGHT = STEPS * 2.0**-24


def check_ios(precision: Precision, ios: int) -> None:
    """Raise InputError for an iOS that cannot run such weights."""
    least, what = _LEAST_IOS.get(precision, (ios, ""))
    if ios < least:
        raise InputError(
            f"Core ML has {what} since iOS {least}, and the model is for iOS {ios}; "
            f"give --ios {least}, or another --precision.",
            code="unsupported_ios",
        )


def lift_least_rows(program: Program) -> None:
    """Change rows of rounded weights whose step float16 would make 0, so that all weights of a layer can be stored.

    Such a row, of a channel that training switched off, becomes zeros and one weight of 127 times float16's least
    number, 7.6e-6, which is as far from it as from 0.
    """
    for node in rounded_layers(program):
        layer = layer_of(node)
        if not isinstance(layer, Layer):
            continue
        rows = layer.weight.flatten(1)
        least = rows.abs().amax(1) < _LEAST_WEIGHT
        if least.any():
            lifted = torch.where(least[:, None], torch.zeros_like(rows), rows)
            lifted[least, 0] = _LEAST_WEIGHT
            layer.write(lifted.reshape(layer.weight.shape), layer.bias)
    program.graph_module.recompile()


def store_weights_as_int8(model: Any, path: Path) -> int:
    """Write the coremltools model, which is the package `path`, again: with these weights as int8 and a step for each
    output channel. Returns their number.
    """
    from coremltools.optimize.coreml import OpLinearQuantizerConfig, OptimizationConfig, linear_quantize_weights

    by_row = OpLinearQuantizerConfig(
        mode="linear_symmetric", dtype="int8", granularity="per_channel", weight_threshold=0
    )
    kernels = {name: one.values for name, one in float_constants(path).items() if one.is_kernel}
    on_grid = {name: values for name, values in kernels.items() if grid_scales(values) is not None}
    if on_grid:
        config = OptimizationConfig(op_name_configs=dict.fromkeys(on_grid, by_row))
        linear_quantize_weights(model, config).save(str(path))
    return sum(values.size for values in on_grid.values())
