"""Values rounded to a grid of 256 steps that is chosen beforehand.

DequantizeLinear(QuantizeLinear(x, s, z), s, z)    -> Grid(x; step=s, zero=z)
"""

import numpy as np

from .._graph import Graph, Node


def form_grids(graph: Graph) -> int:
    """Apply it; return the number of changes."""
    return sum(_form(graph, node) for node in list(graph.nodes) if node.operator == "DequantizeLinear")


def _form(graph: Graph, node: Node) -> bool:
    levels = graph.writer(node.inputs[0], "QuantizeLinear")
    grid = _grid(graph, node)
    if levels is None or grid is None or grid != _grid(graph, levels):
        return False
    step, zero = grid
    graph.become(node, "Grid", [levels.inputs[0]], step=step, zero=zero)
    return True


def _grid(graph: Graph, node: Node) -> tuple[float, int] | None:
    """Step and zero point; None where they are no constants, several, or not of int8."""
    if len(node.inputs) != 3:
        return None
    step, zero = (graph.constants.get(name) for name in node.inputs[1:])
    if step is None or zero is None or step.size != 1 or zero.size != 1 or zero.dtype != np.int8:
        return None
    return float(step.reshape(())), int(zero.reshape(()))
