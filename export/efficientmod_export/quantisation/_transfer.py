"""The rounded weights of a program apart from it, as they travel between processes."""

from collections.abc import Mapping

import torch
from torch import Tensor

from efficientmod_export.quantisation._weights import rounded_layers
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.analysis import Layer, layer_of

LayerWeights = Mapping[str, tuple[Tensor, Tensor | None]]
"""By the name of a layer's node its weight and bias."""


def layer_weights(program: Program) -> LayerWeights:
    """Those of every layer that can be rounded."""
    layers = {node.name: layer_of(node) for node in rounded_layers(program)}
    return {name: (layer.weight, layer.bias) for name, layer in layers.items() if isinstance(layer, Layer)}


def with_weights(program: Program, weights: LayerWeights) -> Program:
    """The program in float32 with these in the place of its own. Raises ValueError where its layers are others."""
    changed = to_dtype(program, torch.float32)
    layers = {node.name: layer_of(node) for node in rounded_layers(changed)}
    if layers.keys() != weights.keys():
        raise ValueError("the layers are not those of the program")
    for name, layer in layers.items():
        weight, bias = weights[name]
        if isinstance(layer, Layer):
            layer.write(weight, bias)
    changed.graph_module.recompile()
    return changed
