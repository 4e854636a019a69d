"""Operators that only rename axes become Reshape: with static shapes they are one and the same.

Squeeze, Unsqueeze, Flatten (x)     -> Reshape(x)
Reshape(Reshape(x))                 -> Reshape(x)
"""

from .._graph import Graph, Node

_RENAMING = {"Squeeze", "Unsqueeze", "Flatten"}


def reshapes_only(graph: Graph) -> int:
    """Apply both; return how often."""
    return sum(_rename(graph, node) or _join(graph, node) for node in list(graph.nodes))


def _rename(graph: Graph, node: Node) -> bool:
    if node.operator not in _RENAMING:
        return False
    graph.become_reshape(node, node.inputs[0])
    return True


def _join(graph: Graph, node: Node) -> bool:
    before = graph.writer(node.inputs[0], "Reshape") if node.operator == "Reshape" else None
    if before is None:
        return False
    graph.become_reshape(node, before.inputs[0])
    return True
