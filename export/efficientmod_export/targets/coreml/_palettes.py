"""Palettes in an ML program: weights of six bits that point into a table of 64 numbers, one table for each layer.

Rows of rounded weights share the points of their grids, not the grids' steps. So each layer is computed with the steps
outside, as a scale of its output channels that the Neural Engine applies with the bias:

    y = S Q x + b    ->    y = (S / s) (s Q x) + b          S = diag(steps), s the largest of them

Core ML has tables with a step for each row since iOS 18, but stores one table for each row then.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from efficientmod_export.quantisation import grid_scales, in_steps, rounded_layers
from efficientmod_export.targets.coreml._float_constants import FloatConstant, float_constants
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import add_parameter, emit, set_argument

aten = torch.ops.aten

COLOURS = 64
FUSING = ("common::fuse_conv_scale", "common::fuse_conv_batchnorm")
"""coremltools' passes that would put the steps back into the weights."""


def with_steps_outside(program: Program) -> None:
    """Change each layer whose rows use at most COLOURS points of their grids, in place."""
    for node in rounded_layers(program):
        layer = layer_of(node)
        if not isinstance(layer, Layer):
            continue
        weight = layer.weight.detach().numpy()
        scales = grid_scales(weight)
        if scales is None or len(np.unique(np.rint(in_steps(weight, scales)))) > COLOURS:
            continue
        levels = np.rint(in_steps(weight, scales)) * scales.max()
        _scale_outside(layer, torch.from_numpy(levels), torch.from_numpy(scales / scales.max()))
    program.graph_module.recompile()


def _scale_outside(layer: Layer, weight: torch.Tensor, scales: torch.Tensor) -> None:
    node, bias = layer.node, layer.bias
    shape = (-1, *(1,) * layer.spatial)
    layer.write(weight, None)
    set_argument(node, "bias", None)
    readers = list(node.users)
    factor = add_parameter(node, f"{node.name}_scales", scales.reshape(shape))
    result = emit(node.next, aten.mul.Tensor, (node, factor), like=node)
    if bias is not None:
        shift = add_parameter(node, f"{node.name}_shift", bias.detach().reshape(shape))
        result = emit(result.next, aten.add.Tensor, (result, shift), like=node)
    for reader in readers:
        reader.replace_input_with(node, result)


def store_palettes(model: Any, path: Path) -> int:
    """Write the coremltools model, which is the package `path`, again: with the weights of at most COLOURS numbers as
    points into a table. Returns their number.
    """
    from coremltools.optimize.coreml import OpPalettizerConfig, OptimizationConfig, palettize_weights

    few = {name: one.values for name, one in float_constants(path).items() if _is_palette(one)}
    if few:
        by_table = OpPalettizerConfig(mode="custom", lut_function=_table, weight_threshold=0)
        config = OptimizationConfig(op_name_configs=dict.fromkeys(few, by_table))
        palettize_weights(model, config).save(str(path))
    return sum(values.size for values in few.values())


def _is_palette(constant: FloatConstant) -> bool:
    """Whether a layer reads it as its kernel or matrix, of few numbers."""
    return constant.is_kernel and len(_numbers(constant.values)[0]) <= COLOURS


def _table(weight: NDArray[np.float16]) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
    """The table of a weight's numbers, and the place of each in it."""
    numbers, places = _numbers(weight)
    table = np.zeros(COLOURS, np.float16)
    table[: len(numbers)] = numbers.view(np.float16)
    return table, places.astype(np.uint8)


def _numbers(weight: NDArray[np.float16]) -> tuple[NDArray[np.uint16], NDArray[np.intp]]:
    """The different numbers, as their bits (NumPy's sort of float16 leaves some twice on processors with AVX512-FP16),
    and the place of each weight among them.
    """
    return np.unique(np.ascontiguousarray(weight).reshape(-1).view(np.uint16), return_inverse=True)
