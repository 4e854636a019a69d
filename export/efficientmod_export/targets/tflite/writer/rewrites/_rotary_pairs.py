"""The swap of adjacent elements in rotary embeddings becomes a product with a 2 x 2 matrix.

    Reshape(Concat(-x[..., 1::2, None], x[..., 0::2, None]))  ->  Reshape(Linear(Reshape(x), [[0, -1], [1, 0]]))

for any order and signs of the two; the last axis of the Reshape(x) has the two. Slicing single elements out of rows and
concatenating them takes XNNPACK eight times as long.
"""

import numpy as np

from .._graph import Graph, Node


def turn_pairs(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_turn(graph, node) for node in list(graph.nodes) if node.operator == "Concat")


def _turn(graph: Graph, node: Node) -> bool:
    shape = graph.shape(node.outputs[0])
    parts = [_every_other(graph, name) for name in node.inputs]
    if shape[-1] != 2 or len(parts) != 2 or parts[0] is None or parts[1] is None or parts[0][0] != parts[1][0]:
        return False
    matrix = np.zeros((2, 2), np.float32)
    for row, (_, start, sign) in enumerate(filter(None, parts)):
        matrix[row, start] = sign
    names = [graph.add_constant(array, f"{node.outputs[0]}/pairs") for array in (matrix, np.zeros(2, np.float32))]
    graph.become(node, "Linear", [graph.add_reshape(node, parts[0][0], shape), *names])
    return True


def _every_other(graph: Graph, name: str) -> tuple[str, int, int] | None:
    """x, the first of its elements, and a sign, where a value is ±x[..., first::2, None]."""
    view = graph.writer(name, "Reshape")
    if view is None or graph.shape(name) != (*graph.shape(view.inputs[0]), 1):
        return None
    negative = graph.writer(view.inputs[0], "Neg")
    cut = graph.writer(negative.inputs[0] if negative else view.inputs[0], "Cut")
    if cut is None:
        return None
    *rest, last = graph.shape(cut.inputs[0])
    start, whole = cut.ints("starts")[-1], graph.shape(cut.outputs[0]) == (*rest, last // 2)
    if not whole or last % 2 or start > 1 or cut.ints("steps") != (*(1 for _ in rest), 2):
        return None
    return cut.inputs[0], start, -1 if negative else 1
