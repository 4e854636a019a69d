"""Constant scales and shifts are folded into the convolution or product before them. With s and t for each channel:

    Mul(f(x, W, b), s)          -> f(x, s W, s b)           f: Conv, ConvTranspose or Linear
    Div(f(x, W, b), s)          -> f(x, W / s, b / s)
    Add(f(x, W, b), t)          -> f(x, W, b + t)           and Sub
    BatchNorm(f(x, W, b))       -> f(x, s W, s b + t)       s = gamma / sqrt(var + eps),  t = beta - s mean
    BatchNorm(x)                -> Add(Mul(x, s), t)        where there is none before it

A scale of one number is also folded through Transpose and Reshape. Folded in float64, then rounded once.
"""

import numpy as np
from numpy.typing import NDArray

from .._graph import Array, Graph, Node

Doubles = NDArray[np.float64]

_PRODUCTS = {"Conv", "ConvTranspose", "Linear"}
_VIEWS = {"Transpose", "Reshape"}


def fold_scales(graph: Graph) -> int:
    """Apply all; return the number of changes."""
    rules = {
        "Mul": _scale_or_shift,
        "Div": _scale_or_shift,
        "Add": _scale_or_shift,
        "Sub": _scale_or_shift,
        "BatchNormalization": _batch_norm,
    }
    return sum(rules[node.operator](graph, node) for node in list(graph.nodes) if node.operator in rules)


def _scale_or_shift(graph: Graph, node: Node) -> bool:
    for index, other in ((0, 1), (1, 0)):
        array = graph.constant(node.inputs[other])
        if array is None or array.dtype != np.float32 or (index == 1 and node.operator in ("Div", "Sub")):
            continue
        product = _product_above(
            graph, node.inputs[index], through_views=array.size == 1 and node.operator in ("Mul", "Div")
        )
        if product is None or graph.shape(node.inputs[index]) != graph.shape(node.outputs[0]):
            continue
        factor = _along_channels(graph, product, array)
        if factor is None:
            continue
        one, zero = np.ones(1), np.zeros(1)
        scale, shift = {
            "Mul": (factor, zero),
            "Div": (1.0 / factor if (factor != 0).all() else None, zero),
            "Add": (one, factor),
            "Sub": (one, -factor),
        }[node.operator]
        if scale is not None and graph.bypass_possible(node, node.inputs[index]):
            _apply(graph, product, scale, shift)
            return graph.bypass(node, node.inputs[index])
    return False


def _product_above(graph: Graph, name: str, *, through_views: bool) -> Node | None:
    """The product with constant weights that computes a value without other readers."""
    while graph.is_private(name):
        writer = graph.writer(name)
        if writer is None:
            return None
        if writer.operator == "ConvTranspose" and writer.number("group", 1) != 1:
            return None  # its weight is (C, O / group, kh, kw)
        if writer.operator in _PRODUCTS:
            constant = all(not item or item in graph.constants for item in writer.inputs[1:])
            return writer if constant else None
        if not through_views or writer.operator not in _VIEWS:
            return None
        name = writer.inputs[0]
    return None


def _along_channels(graph: Graph, product: Node, array: Array) -> Doubles | None:
    """The array as one number for each output channel (or for all); None where it varies along another axis."""
    shape = graph.shape(product.outputs[0])
    axis = len(shape) - 1 if product.operator == "Linear" else 1
    if array.size == 1:
        return array.reshape(1).astype(np.float64)
    place = axis - (len(shape) - array.ndim)
    if place < 0 or array.shape[place] != array.size or array.size != shape[axis]:
        return None
    return array.reshape(-1).astype(np.float64)


def _apply(graph: Graph, product: Node, scale: Doubles, shift: Doubles) -> None:
    weight = graph.constants[product.inputs[1]].astype(np.float64)
    axis = 1 if product.operator == "ConvTranspose" else 0
    outputs = weight.shape[axis]
    bias = graph.constants[product.inputs[2]].astype(np.float64) if product.input(2) else np.zeros(outputs)
    names = list(product.inputs[:2])
    if not (scale == 1.0).all():
        along = [1] * weight.ndim
        along[axis] = -1
        names[1] = _rounded(graph, product, "weight", weight * scale.reshape(along))
    names.append(_rounded(graph, product, "bias", np.broadcast_to(bias * scale + shift, (outputs,))))
    graph.become(product, product.operator, names, **product.attributes)


def _rounded(graph: Graph, node: Node, role: str, array: Doubles) -> str:
    return graph.add_constant(array.astype(np.float32), f"{node.outputs[0]}/{role}")


def _batch_norm(graph: Graph, node: Node) -> bool:
    arrays = [graph.constant(name) for name in node.inputs[1:5]]
    if any(array is None for array in arrays) or len(node.outputs) != 1:
        return False
    gamma, beta, mean, variance = (array.astype(np.float64) for array in arrays if array is not None)
    scale = gamma / np.sqrt(variance + node.number("epsilon", 1e-5))
    shift = beta - scale * mean
    source = node.inputs[0]
    product = _product_above(graph, source, through_views=False)
    if product is not None and product.operator != "Linear" and graph.bypass_possible(node, source):
        _apply(graph, product, scale, shift)
        return graph.bypass(node, source)
    shape = graph.shape(source)
    along = (-1, *(1,) * (len(shape) - 2))
    scaled = graph.add(node, "Mul", [source, _rounded(graph, node, "scale", scale.reshape(along))], shape)
    graph.become(node, "Add", [scaled, _rounded(graph, node, "shift", shift.reshape(along))])
    return True
