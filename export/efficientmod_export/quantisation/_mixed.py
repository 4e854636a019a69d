"""Which layers a file should rather keep in float, where it has room for them.

Each layer's share of the error is measured: the mean square change of the network's outputs where this layer alone has
its rounded weights, and where the file rounds inputs, a rounded input. The shares of independent errors add up. Those
with the most error for each weight are left in float, as many as the bytes suffice for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, fx

from efficientmod_export.quantisation._runs import Run, some_of, weights_of
from efficientmod_export.quantisation._weights import rounded_layers
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import arguments


@dataclass(frozen=True)
class LayerCost:
    """A layer's node, the mean square error of the outputs that its rounding causes, and its weights."""

    node: str
    error: float
    weights: int


def layer_costs(
    exact: Program, rounded: Program, inputs: Sequence[tuple[Tensor, ...]], *, round_inputs: bool
) -> tuple[LayerCost, ...]:
    """Of every layer whose weights were rounded."""
    runs = [Run(exact, given) for given in some_of(inputs)]
    others = {node.name: node for node in rounded_layers(rounded)}
    costs = []
    for node in rounded_layers(exact):
        given = _rounded_values(node, others[node.name])
        error = sum(
            run.changed_by(node, {**given, **(run.rounded_input(node) if round_inputs else {})}) for run in runs
        )
        costs.append(LayerCost(node.name, error, weights_of(node)))
    return tuple(costs)


def costliest(costs: Sequence[LayerCost], weights: int) -> frozenset[str]:
    """The nodes of the layers with the most error for each weight, which have at most this number of weights."""
    chosen: set[str] = set()
    for cost in sorted(costs, key=lambda cost: (cost.error / cost.weights, cost.node), reverse=True):
        if cost.weights <= weights:
            chosen.add(cost.node)
            weights -= cost.weights
    return frozenset(chosen)


def _rounded_values(exact: fx.Node, rounded: fx.Node) -> dict[fx.Node, Tensor]:
    layer, own, other = layer_of(rounded), arguments(exact), arguments(rounded)
    if not isinstance(layer, Layer):
        raise TypeError(f"{rounded.name} is no layer of its own weights")
    values = {own["weight"]: layer.weight}
    if other["bias"] is not None and layer.bias is not None:
        values[own["bias"]] = layer.bias
    return values
