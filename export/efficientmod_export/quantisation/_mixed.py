"""Which layers a file should rather keep in float, where it has room for them.

Each layer's share of the error is measured: the mean square change of the network's outputs where this
layer alone has its rounded weights, and where the file rounds inputs, a rounded input. Those with the most error for
each weight are left in float, as many as the bytes suffice for.
"""

from collections.abc import Sequence

from torch import Tensor, fx

from efficientmod_export.quantisation._runs import Run, some_of, weights_of
from efficientmod_export.quantisation._weights import rounded_layers
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import arguments


def layers_in_float(
    exact: Program, rounded: Program, inputs: Sequence[tuple[Tensor, ...]], weights: int, *, round_inputs: bool
) -> frozenset[str]:
    """The names of the nodes of these layers, which have at most this number of weights."""
    runs = [Run(exact, given) for given in some_of(inputs)]
    others = {node.name: node for node in rounded_layers(rounded)}
    shares: list[tuple[float, int, str]] = []
    for node in rounded_layers(exact):
        count, given = weights_of(node), _rounded_values(node, others[node.name])
        error = sum(run.changed_by(node, given) for run in runs)
        if round_inputs:
            error += sum(run.with_rounded_input(node) for run in runs)
        shares.append((error / count, count, node.name))
    chosen: set[str] = set()
    for _, count, name in sorted(shares, reverse=True):
        if count <= weights:
            chosen.add(name)
            weights -= count
    return frozenset(chosen)


def _rounded_values(exact: fx.Node, rounded: fx.Node) -> dict[fx.Node, Tensor]:
    layer, own, other = layer_of(rounded), arguments(exact), arguments(rounded)
    if not isinstance(layer, Layer):
        raise TypeError(f"{rounded.name} is no layer of its own weights")
    values = {own["weight"]: layer.weight}
    if other["bias"] is not None and layer.bias is not None:
        values[own["bias"]] = layer.bias
    return values
