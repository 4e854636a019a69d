"""A transposed convolution in groups becomes convolutions without zeros in their weights.

Depthwise, one for each phase (a, b) of the stride s, since a pixel of the result depends on every s-th tap only:

    ConvTranspose(x, W)  ->  DepthToSpace(Concat(Conv(x, W[a', b']), ...); DCR)

    y[s q + a] = sum over t of x[q + d - t] W[k + s t]      k = (a + pad) % s,   d = (a + pad) // s

and for other groups, where they are large, one for each group:

    ConvTranspose(x, W)  ->  Concat(ConvTranspose(Cut(x), W[group]), ...)

TFLite's TRANSPOSE_CONV has no groups; as one dense weight, a depthwise one of 256 channels is 256 times the work.
"""

from itertools import product

import numpy as np

from .._graph import Array, Graph, Node
from ._slices import cut

_LONGEST_STRIDE = 8
"""The largest stride s; there are s * s convolutions."""
_LARGE = 1 << 16
"""The elements of a dense weight, with the zeros between its groups, above which each group gets its own operator."""
_LANES = 4
"""Channels that XNNPACK computes at once; with fewer in a group, the zeros cost no more."""


def split_transposed(graph: Graph) -> int:
    """Apply both; return the number of changes."""
    return sum(_split(graph, node) for node in list(graph.nodes) if node.operator == "ConvTranspose")


def _split(graph: Graph, node: Node) -> bool:
    weight, group = graph.constant(node.inputs[1]), int(node.number("group", 1))
    inputs = graph.shape(node.inputs[0])[1]
    constant = weight is not None and (not node.input(2) or node.inputs[2] in graph.constants)
    if weight is None or not constant or weight.ndim != 4 or group < 2 or inputs % group or weight.shape[0] != inputs:
        return False
    if group == inputs and _has_phases(graph, node, weight):
        _into_phases(graph, node, weight)
    elif weight.size * group > _LARGE and weight.shape[1] >= _LANES:
        _into_groups(graph, node, weight, group)
    else:
        return False
    return True


def _has_phases(graph: Graph, node: Node, weight: Array) -> bool:
    """Whether the stride is small and the same along both axes, and the padding is stated in numbers."""
    (stride, across), kernel = node.ints("strides", (1, 1)), weight.shape[2:]
    pads, more = node.ints("pads", (0, 0, 0, 0)), node.ints("output_padding", (0, 0))
    plain = node.ints("dilations", (1, 1)) == (1, 1) and node.ints("kernel_shape", kernel) == kernel
    stated = node.attributes.get("auto_pad", "NOTSET") == "NOTSET" and "output_shape" not in node.attributes
    if not plain or not stated or across != stride or not 1 < stride <= _LONGEST_STRIDE:
        return False
    if any(not 0 <= pad < size for pad, size in zip(pads, (*kernel, *kernel), strict=True)):
        return False
    sides = zip(graph.shape(node.inputs[0])[2:], kernel, pads[:2], pads[2:], more, strict=True)
    reached = tuple((extent - 1) * stride + size - before - after + rest for extent, size, before, after, rest in sides)
    return reached == graph.shape(node.outputs[0])[2:]


def _into_phases(graph: Graph, node: Node, weight: Array) -> None:
    stride = node.ints("strides")[0]
    batch, channels, *result = graph.shape(node.outputs[0])
    counts = [-(-size // stride) for size in result]
    sides = zip(
        weight.shape[2:], node.ints("pads", (0, 0, 0, 0)), graph.shape(node.inputs[0])[2:], counts, strict=False
    )
    rows, columns = (
        [_taps(kernel, stride, place + pad, extent, count) for place in range(stride)]
        for kernel, pad, extent, count in sides
    )
    filters = weight.reshape(channels, 1, *weight.shape[2:])
    # One more row and column of zeros, to which the index -1 of missing taps refers.
    filters = np.pad(filters, ((0, 0), (0, 0), (0, 1), (0, 1)))
    phases = []
    for (down, top, bottom), (right, before, after) in product(rows, columns):
        taps = graph.add_constant(filters[:, :, down][:, :, :, right], f"{node.outputs[0]}/taps")
        operands, pads = [node.inputs[0], taps, *node.inputs[2:]], (top, before, bottom, after)
        shape, group = (batch, channels, *counts), weight.shape[0]
        phases.append(graph.add(node, "Conv", operands, shape, pads=pads, group=group))
    joined = graph.add(node, "Concat", phases, (batch, channels * stride**2, *counts), axis=1)
    whole = (batch, channels, *(count * stride for count in counts))
    image = graph.add(node, "DepthToSpace", [joined], whole, blocksize=stride, mode="DCR")
    for axis in (2, 3):
        if graph.shape(image)[axis] > result[axis - 2]:
            image = cut(graph, node, image, axis, 0, result[axis - 2])
    graph.become(node, "Identity", [image])


def _taps(kernel: int, stride: int, place: int, extent: int, count: int) -> tuple[list[int], int, int]:
    """The taps of a phase along one axis, in the order of a convolution, and the padding on both sides.

    Where a padding would be negative, there are taps of zero instead, with the index -1.
    """
    taps = list(range(place % stride, kernel, stride))[::-1]
    before, after = len(taps) - 1 - place // stride, count + place // stride - extent
    taps = [-1] * -before + taps + [-1] * -after
    return taps, max(before, 0), max(after, 0)


def _into_groups(graph: Graph, node: Node, weight: Array, group: int) -> None:
    batch, outputs, *extents = graph.shape(node.outputs[0])
    inputs = weight.shape[0] // group
    parts = []
    for place in range(group):
        mine = slice(place * inputs, (place + 1) * inputs)
        source = cut(graph, node, node.inputs[0], 1, mine.start, mine.stop)
        names = [graph.add_constant(weight[mine], f"{node.outputs[0]}/group")]
        if node.input(2):
            bias = np.split(graph.constants[node.inputs[2]], group)[place]
            names.append(graph.add_constant(bias, f"{node.outputs[0]}/bias"))
        attributes, shape = {**node.attributes, "group": 1}, (batch, outputs // group, *extents)
        parts.append(graph.add(node, "ConvTranspose", [source, *names], shape, **attributes))
    graph.become(node, "Concat", parts, axis=1)
