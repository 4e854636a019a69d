"""Layers of int8 products for XNNPACK: the weights are stored as int8, the inputs rounded in each run.

A layer y = W x + b whose weights lie on a grid, W = s Q, becomes

    y = dequantise(Q, s) dequantise(quantise(x, r, z)) + b          r, z: step and zero point, chosen from x

XNNPACK computes this with a product of integers. Storing Q and s loses nothing. `quantisation` says which layers may be
rounded, and puts their weights on a grid.
"""

import operator

import numpy as np
import torch
from torch import fx

from efficientmod_export.quantisation import grid_scales, in_steps, rounded_layers
from efficientmod_export.targets._program import copy
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.program import add_parameter, arguments, clean, emit, set_argument, shape

aten = torch.ops.aten

STEPS = 127
LOWEST, HIGHEST = -128, 127
"""Of the inputs' levels."""

PICTURE = 4
"""The rank of a picture."""

RESHAPES = (aten.reshape.default, aten.view.default, aten.unsqueeze.default, aten.squeeze.dim, aten.flatten.using_ints)


def with_int8_layers(program: Program) -> Program:
    """A copy of the program with these layers. It can be exported, but not edited: its operators have no transforms."""
    changed = copy(program)
    chosen = rounded_layers(changed)
    in_channels_last = _channels_last(changed)
    for node in chosen:
        layer = layer_of(node)
        scales = grid_scales(layer.weight.detach().numpy()) if isinstance(layer, Layer) else None
        if not isinstance(layer, Layer) or scales is None:
            continue
        if not _is_ambiguous(shape(layer.input)):
            channels_last = layer.kind == "linear" or layer.input in in_channels_last
            _store_as_int8(layer, layer.input if channels_last else _in_channels_last(layer), scales)
        elif layer.kind == "linear" or (layer.kernel == (1, 1) and shape(layer.input)[2:] == shape(node)[2:] == (1, 1)):
            rows = _of_rows(layer)
            _store_as_int8(rows, rows.input, scales)
    clean(changed.graph_module)
    return changed


def _store_as_int8(layer: Layer, given: fx.Node, scales: "np.typing.NDArray[np.float32]") -> None:
    decomposed = _operators()
    node, name = layer.node, layer.node.name
    levels = np.rint(in_steps(layer.weight.detach().numpy(), scales)).astype(np.int8)
    stored = add_parameter(node, f"{name}_levels", torch.from_numpy(levels))
    steps = add_parameter(node, f"{name}_steps", torch.from_numpy(scales))
    zeros = add_parameter(node, f"{name}_zeros", torch.zeros(len(scales), dtype=torch.int64))
    by_row = (stored, steps, zeros, 0, -STEPS, STEPS, torch.int8)
    weight = emit(node, decomposed.dequantize_per_channel.default, by_row)
    least = torch.finfo(torch.float32).eps
    chosen = emit(node, decomposed.choose_qparams.tensor, (given, LOWEST, HIGHEST, least, torch.int8))
    step, zero = (emit(node, operator.getitem, (chosen, index)) for index in range(2))
    grid = (step, zero, LOWEST, HIGHEST, torch.int8)
    rounded = emit(node, decomposed.quantize_per_tensor.tensor, (given, *grid))
    node.replace_input_with(layer.input, emit(node, decomposed.dequantize_per_tensor.tensor, (rounded, *grid)))
    set_argument(node, "weight", weight)


def _is_ambiguous(sizes: tuple[int, ...]) -> bool:
    """Whether channels first and last are one order, so that the lowering may put a conversion behind the rounding."""
    return len(sizes) == PICTURE and (sizes[1] == 1 or sizes[2:] == (1, 1))


def _of_rows(layer: Layer) -> Layer:
    """A linear layer, or a convolution of single pixels, as a linear layer of (rows, channels)."""
    node, channels = layer.node, layer.weight.shape[1]
    rows = emit(node, aten.reshape.default, (layer.input, [-1, channels]))
    weight = add_parameter(node, f"{node.name}_rows", layer.weight.detach().flatten(1))
    linear = emit(node, aten.linear.default, (rows, weight, arguments(node).get("bias")))
    node.replace_all_uses_with(emit(node, aten.reshape.default, (linear, list(shape(node)))))
    found = layer_of(linear)
    if not isinstance(found, Layer):
        raise AssertionError(f"{linear.name} is a linear layer")
    return found


def _in_channels_last(layer: Layer) -> fx.Node:
    """The layer's input in the layout that XNNPACK computes in. ExecuTorch changes the layout of an input that is
    rounded only at the network's beginning, where it belongs to another tensor.
    """
    return emit(layer.node, aten._to_copy.default, (layer.input,), {"memory_format": torch.channels_last})


def _channels_last(program: Program) -> set[fx.Node]:
    """The pictures that ExecuTorch keeps channels last: what layers compute, and what is computed from these element by
    element; a reshape ends it.
    """
    found: set[fx.Node] = set()
    for node in program.graph.nodes:
        value = node.meta.get("val")
        if node.op != "call_function" or node.target in RESHAPES or not isinstance(value, torch.Tensor):
            continue
        if value.ndim == PICTURE and (is_layer(node) or any(source in found for source in node.all_input_nodes)):
            found.add(node)
    return found


def _operators() -> "torch._ops._OpNamespace":
    """PyTorch's operators for quantised tensors, which exist once this module is imported."""
    import torch.ao.quantization.fx

    return torch.ops.quantized_decomposed
