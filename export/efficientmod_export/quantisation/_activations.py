"""Activations on grids that are chosen beforehand, from what calibration pictures give: the form `int8-static`.

What a layer with rounded weights reads, and where the file stores it what the layer gives, is rounded to one of 256
values,

    r(x) = s (clamp(round(x / s) + z, -128, 127) - z)          s = h (b - a) / 255, z = round(-128 - h a / s)

in the program itself, so that a file is held against a program that rounds as it does. [a, b] is what the calibration
pictures give, with 0 in it. Others exceed it, in EfficientMod-s by up to a half, and what is clamped costs more than
steps that are larger by h = 1.25.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_export.quantisation._grid import grid_scales
from efficientmod_export.quantisation._weights import rounded_layers
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.program import arguments, emit, is_call, only_user

aten = torch.ops.aten

LOWEST, HIGHEST = -128, 127
"""Of the levels."""

HEADROOM = 1.25
"""Of the range that the calibration pictures give. For EfficientMod-s, with 16 of them, on 31 others: 1.0 17.8 dB, 1.25
20.5 dB, 1.5 20.1 dB, 2.0 17.4 dB.
"""

_ACTIVATIONS = (aten.relu.default, aten.hardtanh.default, aten.clamp.default)
"""What a runtime computes within the layer before."""

_LEAST_HALF = torch.finfo(torch.float16).smallest_normal

Grid = tuple[float, int]
"""Step and zero point."""


@dataclass(frozen=True)
class StaticPrograms:
    """A program whose layers with weights on a grid read rounded values, and `stored`, the same without this rounding.

    The first can be exported, but not edited: its new operators have no transforms.
    """

    program: Program
    stored: Program


def with_static_activations(program: Program, inputs: Sequence[tuple[Tensor, ...]], *, results: bool) -> StaticPrograms:
    """Choose the grids on these inputs. With `results` layers give rounded values too, and their biases are whole
    numbers of the steps of the products s_a s: what a product of integers has. The last layers are left out then: what
    they give varies most from picture to picture.
    """
    changed = to_dtype(program, torch.float32)
    described = [layer_of(node) for node in rounded_layers(changed)]
    last = _last_layers(changed) if results else set()
    layers = [layer for layer in described if isinstance(layer, Layer) and _on_grid(layer) and layer.node not in last]
    read = {layer.input: None for layer in layers}
    given = {_with_activation(layer.node): None for layer in layers} if results else {}
    grids = _grids(changed, [*(read | given)], inputs)
    if results:
        for layer in layers:
            _round_bias(layer, grids[layer.input][0])
    changed.graph_module.recompile()
    stored = to_dtype(changed, torch.float32)
    for node, grid in grids.items():
        _round(node, grid, None if node in given else [layer.node for layer in layers if layer.input is node])
    changed.graph_module.recompile()
    return StaticPrograms(changed, stored)


def _last_layers(program: Program) -> set[fx.Node]:
    """The layers behind which there is no other."""
    before: set[fx.Node] = set()
    for node in reversed(list(program.graph.nodes)):
        if any(is_layer(user) or user in before for user in node.users):
            before.add(node)
    return {node for node in program.graph.nodes if is_layer(node) and node not in before}


def _round_bias(layer: Layer, step: float) -> None:
    scales = grid_scales(layer.weight.detach().numpy())
    if layer.bias is None or scales is None:
        return
    steps = torch.from_numpy(scales).double() * step
    layer.write(layer.weight, (torch.round(layer.bias.double() / steps) * steps).to(layer.bias.dtype))


def grids_in(program: Program) -> frozenset[Grid]:
    """The grids to which a program rounds activations."""
    target = _operators().quantize_per_tensor.default
    rounding = [arguments(node) for node in program.graph.nodes if node.target is target]
    return frozenset((float(one["scale"]), int(one["zero_point"])) for one in rounding)


def _on_grid(layer: Layer) -> bool:
    return grid_scales(layer.weight.detach().numpy()) is not None


def _with_activation(node: fx.Node) -> fx.Node:
    reader = only_user(node)
    return reader if reader is not None and is_call(reader, *_ACTIVATIONS) else node


def _grids(program: Program, nodes: Sequence[fx.Node], inputs: Sequence[tuple[Tensor, ...]]) -> dict[fx.Node, Grid]:
    watched = _Watching(program, nodes)
    with torch.no_grad():
        for given in inputs:
            watched.run(*given)
    return {node: grid_of(*watched.ranges[node]) for node in nodes}


class _Watching(fx.Interpreter):
    """Keeps the least and largest value of these nodes, 0 among them."""

    def __init__(self, program: Program, nodes: Sequence[fx.Node]) -> None:
        super().__init__(program.graph_module)
        self.ranges = dict.fromkeys(nodes, (0.0, 0.0))

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if n in self.ranges:
            least, largest = self.ranges[n]
            self.ranges[n] = min(least, float(value.min())), max(largest, float(value.max()))
        return value


def grid_of(least: float, largest: float) -> Grid:
    """The grid for values seen in this range."""
    step = HEADROOM * (largest - least) / (HIGHEST - LOWEST)
    if step <= 0:
        return 1.0, 0
    stored = torch.float16 if step >= _LEAST_HALF else torch.float32
    step = float(torch.tensor(step, dtype=stored))  # as files store it
    return step, max(LOWEST, min(HIGHEST, round(LOWEST - HEADROOM * least / step)))


def _round(node: fx.Node, grid: Grid, readers: Sequence[fx.Node] | None) -> None:
    """Let these readers of a node read it rounded; None for all of them."""
    decomposed = _operators()
    step = (*grid, LOWEST, HIGHEST, torch.int8)
    users = list(node.users) if readers is None else readers
    levels = emit(node.next, decomposed.quantize_per_tensor.default, (node, *step), like=node)
    rounded = emit(levels.next, decomposed.dequantize_per_tensor.default, (levels, *step), like=node)
    for user in users:
        user.replace_input_with(node, rounded)


def _operators() -> "torch._ops._OpNamespace":
    """PyTorch's operators for quantised tensors, which exist once this module is imported."""
    import torch.ao.quantization.fx

    return torch.ops.quantized_decomposed
