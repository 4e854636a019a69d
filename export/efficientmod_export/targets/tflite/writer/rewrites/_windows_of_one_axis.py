"""A window over one axis becomes a window over two, with one row.

    Conv(x, W)  ->  Reshape(Conv(Reshape(x), Reshape(W)))        (N, C, L) as (N, C, 1, L), W (O, I, k) as (O, I, 1, k)

and the same for ConvTranspose, MaxPool and AveragePool.
"""

from .._graph import Graph, Node, Shape

_WINDOWS = {"Conv", "ConvTranspose", "MaxPool", "AveragePool"}
_ROW = {"kernel_shape": 1, "strides": 1, "dilations": 1, "output_padding": 0}
"""The added axis's value of each attribute that has a number per axis."""


def widen_windows(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_widen(graph, node) for node in list(graph.nodes) if node.operator in _WINDOWS)


def _widen(graph: Graph, node: Node) -> bool:
    shape, result = graph.shape(node.inputs[0]), graph.shape(node.outputs[0])
    if len(shape) != 3 or len(node.outputs) != 1:
        return False
    inputs = [_with_row(graph, node, name) if index < 2 else name for index, name in enumerate(node.inputs)]
    attributes = {key: (_ROW[key], *node.ints(key)) if key in _ROW else value for key, value in node.attributes.items()}
    if "pads" in attributes:
        before, after = node.ints("pads")
        attributes["pads"] = (0, before, 0, after)
    image = graph.add(node, node.operator, inputs, _row(result), **attributes)
    graph.become_reshape(node, image)
    return True


def _with_row(graph: Graph, node: Node, name: str) -> str:
    return graph.add_reshape(node, name, _row(graph.shape(name)))


def _row(shape: Shape) -> Shape:
    return (*shape[:2], 1, shape[2])
