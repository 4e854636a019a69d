"""Sums for which TFLite or XNNPACK has no operator.

CumSum(x)             ->  x @ T along a short axis       with T[j, i] = 1 where j <= i
ReduceLogSumExp(x)    ->  m + log(sum(exp(x - m)))       with m = max(x), so that nothing overflows
"""

import numpy as np

from .._graph import Graph, Node
from ._cubic_resize import product_along

_LONGEST = 256
"""The most elements of the axis; the matrix has their square."""


def spell_out_sums(graph: Graph) -> int:
    """Apply both; return the number of changes."""
    rules = {"CumSum": _cumulative, "ReduceLogSumExp": _logarithmic}
    return sum(rules[node.operator](graph, node) for node in list(graph.nodes) if node.operator in rules)


def _cumulative(graph: Graph, node: Node) -> bool:
    axis, shape = graph.constant(node.inputs[1]), graph.shape(node.inputs[0])
    if axis is None or graph.dtype(node.inputs[0]) != np.float32:
        return False
    place = int(axis.reshape(-1)[0]) % len(shape)
    if shape[place] > _LONGEST:
        return False
    matrix = np.tri(shape[place], k=-int(node.number("exclusive", 0)), dtype=np.float32)
    if node.number("reverse", 0):
        matrix = matrix[::-1, ::-1]
    graph.become(node, "Identity", [product_along(graph, node, node.inputs[0], place, matrix)])
    return True


def _logarithmic(graph: Graph, node: Node) -> bool:
    source, axes = node.inputs[0], node.inputs[1:]
    shape = graph.shape(source)
    over = graph.constant(node.input(1))
    named = node.ints("axes") or (() if over is None else tuple(over.reshape(-1).tolist()))
    if (node.input(1) and over is None) or (node.number("noop_with_empty_axes", 0) and not named):
        return False
    chosen = {axis % len(shape) for axis in named or range(len(shape))}
    small = tuple(1 if axis in chosen else extent for axis, extent in enumerate(shape))
    attributes = {**node.attributes, "keepdims": 1}
    greatest = graph.add(node, "ReduceMax", [source, *axes], small, **attributes)
    powers = graph.add(node, "Exp", [graph.add(node, "Sub", [source, greatest], shape)], shape)
    total = graph.add(node, "ReduceSum", [powers, *axes], small, **attributes)
    logarithm = graph.add(node, "Log", [total], small)
    graph.become_reshape(node, graph.add(node, "Add", [logarithm, greatest], small))
    return True
