"""Blocks of r x r pixels become channels, and back, in TFLite's order; a convolution's weight is reordered for it.

    DepthToSpace(Conv(x, W, b); CRD)            ->  DepthToSpace(Conv(x, W[p], b[p]); DCR)
    Reshape(Transpose(Reshape(x)))              ->  SpaceToDepth(x)                 where the block's index is outermost
    Conv(Reshape(Transpose(Reshape(x))), W)     ->  Conv(SpaceToDepth(x), W[:, p])  where the channels of x are

With p[k C + c] = c r^2 + k, where C is the number of channels at full resolution.
"""

from .._graph import Graph, Node


def sort_shuffled(graph: Graph) -> int:
    """Apply the first; return the number of changes."""
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


def form_space_to_depth(graph: Graph) -> int:
    """Apply the second and third; return the number of changes."""
    return sum(_gather_blocks(graph, node) for node in list(graph.nodes) if node.operator == "Reshape")


def _gather_blocks(graph: Graph, last: Node) -> bool:
    move = graph.writer(last.inputs[0], "Transpose")
    first = graph.writer(move.inputs[0], "Reshape") if move else None
    if move is None or first is None or len(graph.shape(first.inputs[0])) != 4:
        return False
    batch, channels, *extents = graph.shape(first.inputs[0])
    middle, result, perm = graph.shape(first.outputs[0]), graph.shape(last.outputs[0]), move.ints("perm")
    block = middle[3] if len(middle) == 6 else 1
    rows, columns = (extent // block for extent in extents)
    split, whole = (batch, channels, rows, block, columns, block), (batch, channels * block**2, rows, columns)
    if block < 2 or middle != split or result != whole:
        return False
    if perm != (0, 3, 5, 1, 2, 4) and (perm != (0, 1, 3, 5, 2, 4) or not _sort_inputs(graph, last.outputs[0], block)):
        return False
    graph.become(last, "SpaceToDepth", [first.inputs[0]], blocksize=block)
    return True


def _sort_inputs(graph: Graph, source: str, block: int) -> bool:
    """Reorder the input channels of the only convolution that reads a value."""
    convolution = graph.only_reader(source, "Conv")
    weight = graph.constant(convolution.inputs[1]) if convolution else None
    if convolution is None or weight is None or convolution.number("group", 1) != 1:
        return False
    outputs, inputs, *kernel = weight.shape
    apart = weight.reshape(outputs, inputs // block**2, block**2, *kernel)
    name = graph.add_constant(apart.swapaxes(1, 2).reshape(weight.shape), f"{convolution.outputs[0]}/sorted")
    graph.become(convolution, "Conv", [source, name, *convolution.inputs[2:]], **convolution.attributes)
    return True
