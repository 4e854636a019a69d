"""PyTorch's order of channels in a pixel shuffle goes into the convolution before it.

DepthToSpace(Conv(x, W, b); CRD)  ->  DepthToSpace(Conv(x, W[p], b[p]); DCR)        p[k C + c] = c r^2 + k

With r the side of a block of pixels, and C channels after the shuffle.
"""

from .._graph import Graph, Node


def sort_shuffled(graph: Graph) -> int:
    """Apply; return how often."""
    shuffles = [
        node for node in graph.nodes if node.operator == "DepthToSpace" and node.attributes.get("mode") == "CRD"
    ]
    return sum(_sort(graph, node) for node in shuffles)


def _sort(graph: Graph, node: Node) -> bool:
    source = node.inputs[0]
    convolution = graph.writer(source, "Conv") if graph.is_private(source) else None
    if convolution is None or convolution.number("group", 1) != 1:
        return False
    weights = list(filter(None, convolution.inputs[1:]))
    if any(name not in graph.constants for name in weights):
        return False
    block = int(node.number("blocksize", 1))
    names = [convolution.inputs[0]]
    for array in map(graph.constants.__getitem__, weights):
        sorted_ = array.reshape(-1, block**2, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)
        names.append(graph.add_constant(sorted_, f"{source}/sorted"))
    graph.become(convolution, "Conv", names, **convolution.attributes)
    graph.become(node, "DepthToSpace", [source], blocksize=block, mode="DCR")
    return True
