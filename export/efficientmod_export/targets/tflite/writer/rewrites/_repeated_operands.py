"""Products with a repeated operand need no Tile: after a split of the repeated axis they broadcast.

    Mul(a, Tile(b, r))  ->  Reshape(Mul(Reshape(a), Reshape(b)))

with an axis r * d of a split to (r, d), and the axis d of b to (1, d); and the same for Add, Sub and Div.
"""

from .._graph import Graph, Node, Shape
from ._identities import BROADCASTING

_MOST_AXES = 8
"""The most axes of TFLite's RESHAPE."""


def broadcast_tiles(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_broadcast(graph, node) for node in list(graph.nodes) if node.operator in BROADCASTING)


def _broadcast(graph: Graph, node: Node) -> bool:
    result = graph.shape(node.outputs[0])
    for index, name in enumerate(node.inputs):
        tile = graph.writer(name, "Tile")
        other = node.inputs[1 - index]
        if tile is None or not graph.is_private(name) or graph.shape(name) != result or graph.shape(other) != result:
            continue
        source = tile.inputs[0]
        split, single = _split(graph.shape(source), result)
        if len(split) > _MOST_AXES:
            continue
        operands = [graph.add_reshape(node, other, split), graph.add_reshape(node, source, single)]
        product = graph.add(node, node.operator, operands if index else operands[::-1], split)
        graph.become_reshape(node, product)
        return True
    return False


def _split(source: Shape, result: Shape) -> tuple[Shape, Shape]:
    """The shapes of both operands after the repeated axes are split."""
    split: list[int] = []
    single: list[int] = []
    for before, after in zip(source, result, strict=True):
        if before != after:
            split.append(after // before)
            single.append(1)
        split.append(before)
        single.append(before)
    return tuple(split), tuple(single)
