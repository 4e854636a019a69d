"""Operators without effect are removed: f(x) = x.

    Mul(Expand(x), y)  ->  Mul(x, y)       where the result has the same shape; and Add, Sub, Div
    Where(true, x, y)  ->  x               likewise; and y for a condition that is false everywhere

Identity always, Dropout outside training; Cast to the same type; Expand, Tile, Reshape and Slice to the same shape;
Pad by nothing; Concat of one; a Transpose to the same order; Transpose(Transpose(x, p), q) = Transpose(x, p[q]).
"""

import numpy as np

from .._graph import Array, Graph, Node

BROADCASTING = {"Add", "Sub", "Mul", "Div"}
_ALWAYS = {"Identity", "Dropout"}
_BY_SHAPE = {"Cast", "Expand", "Reshape", "Slice", "Tile", "Pad"}


def drop_identities(graph: Graph) -> int:
    """Remove the identities; return their number."""
    rules = (_drop, _join, _broadcast, _choose)
    return sum(any(rule(graph, node) for rule in rules) for node in list(graph.nodes))


def _drop(graph: Graph, node: Node) -> bool:
    if (len(node.outputs) != 1 and node.operator != "Dropout") or not _is_identity(graph, node):
        return False
    del node.outputs[1:]
    if node.operator == "Dropout" and not graph.bypass_possible(node, node.inputs[0]):
        graph.become(node, "Identity", node.inputs[:1])  # it names an output that is an input
        return True
    return graph.bypass(node, node.inputs[0])


def _is_identity(graph: Graph, node: Node) -> bool:
    if node.operator == "Concat":
        return len(node.inputs) == 1
    if node.operator == "Dropout" and node.input(2) and not _is_false(graph.constant(node.input(2))):
        return False
    if node.operator in _ALWAYS:
        return all(name not in graph.outputs and not graph.readers(name) for name in node.outputs[1:])
    if node.operator in _BY_SHAPE:
        same = graph.shape(node.inputs[0]) == graph.shape(node.outputs[0])
        return same and graph.dtype(node.inputs[0]) == graph.dtype(node.outputs[0]) and not _reverses(graph, node)
    perm = node.ints("perm")
    return node.operator == "Transpose" and bool(perm) and perm == tuple(range(len(perm)))


def _is_false(flag: Array | None) -> bool:
    return flag is not None and not flag.any()


def _reverses(graph: Graph, node: Node) -> bool:
    """Whether a Slice of the whole, or a Pad that crops as much as it adds, still moves elements."""
    if node.operator == "Slice" and node.input(4):
        steps = graph.constant(node.input(4))
        return steps is None or bool((steps != 1).any())
    if node.operator == "Pad":
        pads = graph.constant(node.input(1))
        return pads is None or bool((pads != 0).any())
    return False


def _join(graph: Graph, node: Node) -> bool:
    if node.operator != "Transpose" or not node.ints("perm"):
        return False
    before = graph.writer(node.inputs[0], "Transpose")
    if before is None or not before.ints("perm"):
        return False
    first, second = before.ints("perm"), node.ints("perm")
    graph.become(node, "Transpose", [before.inputs[0]], perm=tuple(first[axis] for axis in second))
    return True


def _choose(graph: Graph, node: Node) -> bool:
    condition = graph.constant(node.inputs[0]) if node.operator == "Where" else None
    if condition is None or condition.any() != condition.all():
        return False
    chosen = node.inputs[1 if condition.all() else 2]
    if graph.shape(chosen) != graph.shape(node.outputs[0]):
        return False
    graph.become(node, "Identity", [chosen])
    return True


def _broadcast(graph: Graph, node: Node) -> bool:
    if node.operator not in BROADCASTING:
        return False
    for index, name in enumerate(node.inputs):
        expand = graph.writer(name, "Expand")
        if expand is None:
            continue
        shapes = [graph.shape(item) for item in node.inputs]
        shapes[index] = graph.shape(expand.inputs[0])
        if np.broadcast_shapes(*shapes) == graph.shape(node.outputs[0]):
            graph.become(node, node.operator, [*node.inputs[:index], expand.inputs[0], *node.inputs[index + 1 :]])
            return True
    return False
