"""Which layers of a program with rounded weights read float inputs, although the runtime could round these to int8.

Rounding the inputs of all layers adds errors of unlike size: a layer that reads a few large values among many small
ones costs most of it. Each layer's share is measured: the mean square change of the network's outputs where only this
layer reads rounded inputs. The shares of independent errors add up. Layers are left with float inputs, those with the
most error for each multiplication first, until the sum of the others is at most half of what the weights cost, or until
these layers have a tenth of the multiplications.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_export.quantisation._grid import grid_scales
from efficientmod_export.quantisation._weights import rounded_layers
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of

PICTURES = 3
"""On which the shares are measured; more change their order little."""

OF_WEIGHTS = 0.5
"""Of the mean square error by the weights: what the rounded inputs may add to it, 1.8 dB."""

OF_MULTIPLICATIONS = 0.1
"""What may be computed in float, at most."""

LEVELS = 255


@dataclass(frozen=True)
class Share:
    """A layer's node, the mean square error that its rounded inputs cause, and its multiplications."""

    node: str
    error: float
    multiplications: int


def in_256_steps(x: Tensor, dims: Sequence[int] = ()) -> Tensor:
    """Values rounded to a grid of 256 steps from the least to the largest, with a point at 0: one grid for all of them,
    or one for each slice along `dims`.
    """
    low = (x.amin(tuple(dims), keepdim=True) if dims else x.min()).clamp(max=0.0)
    high = (x.amax(tuple(dims), keepdim=True) if dims else x.max()).clamp(min=0.0)
    step = (high - low) / LEVELS
    step = torch.where(step > 0, step, torch.ones_like(step))
    return torch.round(x / step) * step


def layers_with_float_inputs(exact: Program, rounded: Program, inputs: Sequence[tuple[Tensor, ...]]) -> frozenset[str]:
    """The names of these layers' nodes in `rounded`, which has the nodes of `exact`."""
    chosen = inputs[:: max(1, len(inputs) // PICTURES)][:PICTURES]
    runs = [_Run(rounded, given) for given in chosen]
    with torch.no_grad():
        expected = [exact.graph_module(*given) for given in chosen]
    by_weights = sum(_difference(one, run.outputs) for one, run in zip(expected, runs, strict=True))
    shares = [
        Share(node.name, sum(run.with_rounded_input(node) for run in runs), _multiplications(node))
        for node in rounded_layers(rounded)
    ]
    return _costliest(shares, OF_WEIGHTS * by_weights)


def steps_of(program: Program, layers: Collection[str]) -> frozenset[float]:
    """The steps of the rows of these layers' weights, by which a converter finds the layers in another graph."""
    held = [layer_of(node) for node in program.graph.nodes if node.name in layers]
    found = [grid_scales(layer.weight.detach().numpy()) for layer in held if isinstance(layer, Layer)]
    return frozenset(step for steps in found if steps is not None for step in steps.tolist())


def _costliest(shares: Sequence[Share], allowed: float) -> frozenset[str]:
    left = sum(share.error for share in shares)
    most = OF_MULTIPLICATIONS * sum(share.multiplications for share in shares)
    found: set[str] = set()
    for share in sorted(shares, key=lambda share: share.error / share.multiplications, reverse=True):
        if left <= allowed:
            break
        if share.multiplications <= most:
            found.add(share.node)
            left, most = left - share.error, most - share.multiplications
    return frozenset(found)


def _multiplications(node: fx.Node) -> int:
    layer = layer_of(node)
    if not isinstance(layer, Layer):
        raise TypeError(f"{node.name} is no layer of its own weights")
    return int(node.meta["val"].numel()) // layer.out_channels * layer.weight.numel()


class _Run:
    """The values of one run of a program, and what changes in the outputs where one layer reads rounded inputs."""

    def __init__(self, program: Program, given: tuple[Tensor, ...]) -> None:
        self._interpreter = fx.Interpreter(program.graph_module, garbage_collect_values=False)
        self._nodes = list(program.graph.nodes)
        with torch.no_grad():
            self.outputs: tuple[Tensor, ...] = self._interpreter.run(*given)
        self._values: dict[fx.Node, Any] = dict(self._interpreter.env)

    def with_rounded_input(self, layer: fx.Node) -> float:
        """The mean square difference of the outputs; only what depends on the layer is computed again."""
        described = layer_of(layer)
        if not isinstance(described, Layer):
            raise TypeError(f"{layer.name} is no layer of its own weights")
        source = described.input
        dims = (-1,) if described.kind == "linear" else ()
        changed: dict[fx.Node, Any] = {}
        with torch.no_grad():
            for node in self._nodes[self._nodes.index(layer) :]:
                if node is layer:
                    given = {**self._values, source: in_256_steps(self._values[source], dims)}
                elif any(read in changed for read in node.all_input_nodes):
                    given = {**self._values, **changed}
                else:
                    continue
                self._interpreter.env = given
                changed[node] = self._interpreter.run_node(node)
        outputs = next((value for node, value in changed.items() if node.op == "output"), self.outputs)
        return _difference(self.outputs, outputs)


def _difference(these: Sequence[Tensor], those: Sequence[Tensor]) -> float:
    """The mean square difference of the floating-point outputs, each as a fraction of its mean square."""
    return sum(
        float((one - other).double().square().sum() / one.double().square().sum().clamp(min=1e-30))
        for one, other in zip(these, those, strict=True)
        if one.is_floating_point()
    )
