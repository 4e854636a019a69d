"""What the outputs of a network change by where one layer computes otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of

PICTURES = 3
"""On which it is measured; more change the order of the layers little."""

LEVELS = 255


def some_of(inputs: Sequence[tuple[Tensor, ...]]) -> Sequence[tuple[Tensor, ...]]:
    """PICTURES of these, spread over them."""
    return inputs[:: max(1, len(inputs) // PICTURES)][:PICTURES]


def in_256_steps(x: Tensor, dims: Sequence[int] = ()) -> Tensor:
    """Values rounded to a grid of 256 steps from the least to the largest, with a point at 0: one grid for all of them,
    or one for each slice along `dims`.
    """
    low = (x.amin(tuple(dims), keepdim=True) if dims else x.min()).clamp(max=0.0)
    high = (x.amax(tuple(dims), keepdim=True) if dims else x.max()).clamp(min=0.0)
    step = (high - low) / LEVELS
    step = torch.where(step > 0, step, torch.ones_like(step))
    return torch.round(x / step) * step


class Run:
    """The values of one run of a program, and what changes in the outputs where one layer is given others."""

    def __init__(self, program: Program, given: tuple[Tensor, ...]) -> None:
        self._interpreter = fx.Interpreter(program.graph_module, garbage_collect_values=False)
        self._nodes = list(program.graph.nodes)
        with torch.no_grad():
            self.outputs: tuple[Tensor, ...] = self._interpreter.run(*given)
        self._values: dict[fx.Node, Any] = dict(self._interpreter.env)

    def rounded_input(self, node: fx.Node) -> dict[fx.Node, Tensor]:
        """What the layer reads, rounded row by row of a linear layer, else picture by picture."""
        layer = layer_of(node)
        if not isinstance(layer, Layer):
            raise TypeError(f"{node.name} is no layer of its own weights")
        dims = (-1,) if layer.kind == "linear" else ()
        return {layer.input: in_256_steps(self._values[layer.input], dims)}

    def changed_by(self, layer: fx.Node, given: Mapping[fx.Node, Tensor]) -> float:
        """The difference of the outputs where the layer is given these values; only what depends on it is computed
        again.
        """
        changed: dict[fx.Node, Any] = {}
        with torch.no_grad():
            for node in self._nodes[self._nodes.index(layer) :]:
                if node is layer:
                    self._interpreter.env = {**self._values, **given}
                elif any(read in changed for read in node.all_input_nodes):
                    self._interpreter.env = {**self._values, **changed}
                else:
                    continue
                changed[node] = self._interpreter.run_node(node)
        outputs = next((value for node, value in changed.items() if node.op == "output"), self.outputs)
        return difference(self.outputs, outputs)


def difference(these: Sequence[Tensor], those: Sequence[Tensor]) -> float:
    """The mean square difference of the floating-point outputs, each as a fraction of its mean square."""
    return sum(
        float((one - other).double().square().sum() / one.double().square().sum().clamp(min=1e-30))
        for one, other in zip(these, those, strict=True)
        if one.is_floating_point()
    )


def weights_of(node: fx.Node) -> int:
    """The number of a layer's weights."""
    layer = layer_of(node)
    if not isinstance(layer, Layer):
        raise TypeError(f"{node.name} is no layer of its own weights")
    return layer.weight.numel()
