"""Int8 weights in an ML program: those that lie on a grid of 255 steps in each row.

Storing them loses nothing but the rounding of the steps themselves to float16.
"""

from pathlib import Path
from typing import Any

from efficientmod_export.quantisation import grid_scales
from efficientmod_mobile.errors import InputError

LEAST_IOS = 16
"""The first that has `constexpr_affine_dequantize`."""


def check_ios(ios: int) -> None:
    """Raise InputError for an iOS that cannot run int8 weights."""
    if ios < LEAST_IOS:
        raise InputError(
            f"Core ML has int8 weights since iOS {LEAST_IOS}, and the model is for iOS {ios}; "
            f"give --ios {LEAST_IOS}, or another --precision.",
            code="unsupported_ios",
        )


def store_weights_as_int8(model: Any, path: Path) -> int:
    """Write the coremltools model, which is the package `path`, again: with these weights as int8 and a step for each
    output channel. Returns their number.
    """
    from coremltools.optimize.coreml import (
        OpLinearQuantizerConfig,
        OptimizationConfig,
        get_weights_metadata,
        linear_quantize_weights,
    )

    by_row = OpLinearQuantizerConfig(
        mode="linear_symmetric", dtype="int8", granularity="per_channel", weight_threshold=0
    )
    weights = get_weights_metadata(model, weight_threshold=0)
    on_grid = {name: weight.val for name, weight in weights.items() if grid_scales(weight.val) is not None}
    if on_grid:
        config = OptimizationConfig(op_name_configs=dict.fromkeys(on_grid, by_row))
        linear_quantize_weights(model, config).save(str(path))
    return sum(values.size for values in on_grid.values())
