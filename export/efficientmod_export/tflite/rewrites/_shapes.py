"""Operators that only rename axes become Reshape: with static shapes they are one and the same.

Squeeze, Unsqueeze, Flatten (x)     -> Reshape(x)
Reshape(Reshape(x))                 -> Reshape(x)
"""

import numpy as np

from .._graph import Graph, Node

_RENAMING = {"Squeeze", "Unsqueeze", "Flatten"}


def reshapes_only(graph: Graph) -> int:
    """Apply both; return how often."""
    return sum(_rename(graph, node) or _join(graph, node) for node in list(graph.nodes))


def _rename(graph: Graph, node: Node) -> bool:
    if node.operator not in _RENAMING:
        return False
    return _reshape(graph, node, node.inputs[0])


def _join(graph: Graph, node: Node) -> bool:
    before = graph.writer(node.inputs[0], "Reshape") if node.operator == "Reshape" else None
    return before is not None and _reshape(graph, node, before.inputs[0])


def _reshape(graph: Graph, node: Node, source: str) -> bool:
    target = graph.add_constant(np.asarray(graph.shape(node.outputs[0]), np.int64), f"{node.outputs[0]}/shape")
    graph.become(node, "Reshape", [source, target])
    return True
