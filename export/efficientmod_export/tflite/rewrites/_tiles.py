"""Products with a repeated operand need no repetition: it is broadcasting, once the repeated axis is split.

    Mul(a, Tile(b, r))  ->  Reshape(Mul(Reshape(a), Reshape(b)))

with an axis r * d of a split to (r, d), and the axis d of b to (1, d); and the same for Add, Sub and Div.
"""

import numpy as np

from .._graph import Graph, Node, Shape

_MOST_AXES = 8
"""That TFLite's RESHAPE takes."""
_BROADCASTING = {"Add", "Sub", "Mul", "Div"}


def broadcast_tiles(graph: Graph) -> int:
    """Apply; return how often."""
    return sum(_broadcast(graph, node) for node in list(graph.nodes) if node.operator in _BROADCASTING)


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
        operands = [_reshape(graph, node, other, split), _reshape(graph, node, source, single)]
        product = graph.add(node, node.operator, operands if index else operands[::-1], split)
        target = graph.add_constant(np.asarray(result, np.int64), f"{node.outputs[0]}/shape")
        graph.become(node, "Reshape", [product, target])
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


def _reshape(graph: Graph, before: Node, source: str, shape: Shape) -> str:
    target = graph.add_constant(np.asarray(shape, np.int64), f"{source}/shape")
    return graph.add(before, "Reshape", [source, target], shape)
