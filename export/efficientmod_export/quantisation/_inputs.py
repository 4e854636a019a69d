"""Which layers of a program with rounded weights read float inputs, although the runtime could round these to int8.

Rounding the inputs of all layers adds errors of unlike size: a layer that reads a few large values among many small
ones costs most of it. Each layer's share is measured: the mean square change of the network's outputs where only this
layer reads rounded inputs. The shares of independent errors add up. Layers are left in float, those with the most error
for each weight first, until the sum of the others is at most half of what the weights cost, or until these layers have
0.9 % of the weights, which make the file larger.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from efficientmod_export.quantisation._grid import grid_scales
from efficientmod_export.quantisation._runs import Run, difference, some_of, weights_of
from efficientmod_export.quantisation._weights import rounded_layers
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, layer_of

OF_WEIGHTS = 0.5
"""Of the mean square error by the weights: what the rounded inputs may add to it, 1.8 dB."""

IN_FLOAT = 0.009
"""Of the rounded weights, what may stay in float, at most: 0.7 % of the size of the float file."""


@dataclass(frozen=True)
class Share:
    """A layer's node, the mean square error that its rounded inputs cause, and its weights."""

    node: str
    error: float
    weights: int


def layers_with_float_inputs(exact: Program, rounded: Program, inputs: Sequence[tuple[Tensor, ...]]) -> frozenset[str]:
    """The names of these layers' nodes in `rounded`, which has the nodes of `exact`."""
    chosen = some_of(inputs)
    runs = [Run(rounded, given) for given in chosen]
    with torch.no_grad():
        expected = [exact.graph_module(*given) for given in chosen]
    by_weights = sum(difference(one, run.outputs) for one, run in zip(expected, runs, strict=True))
    shares = [
        Share(node.name, sum(run.with_rounded_input(node) for run in runs), weights_of(node))
        for node in rounded_layers(rounded)
        if steps_of(rounded, (node.name,))  # one that was left in float reads float inputs anyway
    ]
    return _costliest(shares, OF_WEIGHTS * by_weights)


def steps_of(program: Program, layers: Collection[str]) -> frozenset[float]:
    """The steps of the rows of these layers' weights, by which a converter finds the layers in another graph."""
    held = [layer_of(node) for node in program.graph.nodes if node.name in layers]
    found = [grid_scales(layer.weight.detach().numpy()) for layer in held if isinstance(layer, Layer)]
    return frozenset(step for steps in found if steps is not None for step in steps.tolist())


def _costliest(shares: Sequence[Share], allowed: float) -> frozenset[str]:
    left = sum(share.error for share in shares)
    most = IN_FLOAT * sum(share.weights for share in shares)
    found: set[str] = set()
    for share in sorted(shares, key=lambda share: share.error / share.weights, reverse=True):
        if left <= allowed:
            break
        if share.weights <= most:
            found.add(share.node)
            left, most = left - share.error, most - share.weights
    return frozenset(found)
