"""Operators that only change the shape become Reshape, which is the same for static shapes.

Squeeze, Unsqueeze, Flatten (x)     -> Reshape(x)
Reshape(Reshape(x))                 -> Reshape(x)
"""

from .._graph import Graph, Node

_RENAMING = {"Squeeze", "Unsqueeze", "Flatten"}


def reshapes_only(graph: Graph) -> int:
    """Apply both; return the number of changes."""
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
