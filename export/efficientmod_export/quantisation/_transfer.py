"""The rounded weights of a program apart from it, as they travel between processes, and back in it."""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from efficientmod_export.quantisation._weights import in_float16, rounded_layers
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of

LayerWeights = Mapping[str, tuple[Tensor, Tensor | None]]
"""By the name of a layer's node its weight and bias."""


def layer_weights(program: Program) -> LayerWeights:
    """Those of every layer that can be rounded."""
    layers = {node.name: layer_of(node) for node in rounded_layers(program)}
    return {name: (layer.weight, layer.bias) for name, layer in layers.items() if isinstance(layer, Layer)}


def with_weights(program: Program, weights: LayerWeights) -> Program:
    """The program in float32 with these in the place of its own, and the weights of other layers rounded to float16.

    Raises ValueError where its layers are others.
    """
    changed = to_dtype(program, torch.float32)
    if {node.name for node in rounded_layers(changed)} != weights.keys():
        raise ValueError("the layers are not those of the program")
    for node in changed.graph.nodes:
        layer = layer_of(node) if is_layer(node) else None
        if isinstance(layer, Layer):
            layer.write(*weights.get(node.name, (in_float16(layer.weight), layer.bias)))
    changed.graph_module.recompile()
    return changed


def with_layers_in_float(rounded: Program, exact: Program, layers: Collection[str]) -> Program:
    """The rounded program with these layers' own weights, which become those of float16.

    The layers behind them keep what they were rounded to, for inputs that hardly differ.
    """
    own, weights = layer_weights(exact), dict(layer_weights(rounded))
    for name in layers:
        weight, bias = own[name]
        weights[name] = (in_float16(weight), bias)
    return with_weights(rounded, weights)
