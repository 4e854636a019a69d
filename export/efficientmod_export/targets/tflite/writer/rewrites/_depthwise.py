"""A large depthwise convolution becomes a sum of small ones.

    Conv(x, W)  ->  Conv(x, W[rows 0-2]) + Conv(x, W[rows 3-5]) + Conv(x, W[row 6])       for a 7x7

XNNPACK has depthwise kernels for up to 25 taps; for a larger one it uses a grouped product of one channel each, which
takes five times as long as the three small ones together. Each part reads the rows of x that correspond to its rows of
W: where the padding of a part would be negative, those rows of x are cropped. Rows of W that read only padding are left
out.
"""

from efficientmod_mobile.deploy.forms.xnnpack import DEPTHWISE_TAPS, row_bands

from .._graph import Graph, Node
from ._slices import cut


def split_depthwise(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_split(graph, node) for node in list(graph.nodes) if node.operator == "Conv")


def _split(graph: Graph, node: Node) -> bool:
    weight = graph.constant(node.inputs[1])
    if weight is None or weight.ndim != 4 or weight.shape[1] != 1:
        return False
    rows, columns = weight.shape[2:]
    plain = node.ints("dilations", (1, 1)) == (1, 1) and node.attributes.get("auto_pad", "NOTSET") == "NOTSET"
    depthwise = node.number("group", 1) == weight.shape[0] == graph.shape(node.inputs[0])[1]
    large = columns <= DEPTHWISE_TAPS < rows * columns
    if not (large and plain and depthwise and _meets(graph, node, 0, rows)):
        return False
    met = [band for band in row_bands(rows, columns) if _meets(graph, node, *band)]
    parts = [_part(graph, node, *rows, biased=rows == met[0]) for rows in met]
    total = parts[0]
    for part in parts[1:-1]:
        total = graph.add(node, "Add", [total, part], graph.shape(node.outputs[0]))
    if parts[1:]:
        graph.become(node, "Add", [total, parts[-1]])
    else:
        graph.become(node, "Identity", [total])
    return True


def _reach(graph: Graph, node: Node, first: int, end: int) -> tuple[int, int]:
    """The rows of the padded image that rows first:end of the weight read, counted from the image's first."""
    top, stride = node.ints("pads", (0, 0, 0, 0))[0], node.ints("strides", (1, 1))[0]
    return first - top, (graph.shape(node.outputs[0])[2] - 1) * stride - top + end


def _meets(graph: Graph, node: Node, first: int, end: int) -> bool:
    begin, stop = _reach(graph, node, first, end)
    return max(begin, 0) < min(stop, graph.shape(node.inputs[0])[2])


def _part(graph: Graph, node: Node, first: int, end: int, *, biased: bool) -> str:
    """The convolution with rows first:end of the weight."""
    source = node.inputs[0]
    extent, result = graph.shape(source)[2], graph.shape(node.outputs[0])
    _, left, _, right = node.ints("pads", (0, 0, 0, 0))
    begin, stop = _reach(graph, node, first, end)
    if max(begin, 0) > 0 or min(stop, extent) < extent:
        source = cut(graph, node, source, 2, max(begin, 0), min(stop, extent))
    weight = graph.add_constant(graph.constants[node.inputs[1]][:, :, first:end], f"{node.outputs[0]}/rows")
    bias = [node.input(2)] if node.input(2) and biased else []
    return graph.add(
        node,
        "Conv",
        [source, weight, *bias],
        result,
        strides=node.ints("strides", (1, 1)),
        pads=(max(-begin, 0), left, max(stop - extent, 0), right),
        group=int(node.number("group", 1)),
    )
