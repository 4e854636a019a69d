"""Split, Slice, Gather and negative paddings become Cut, and Cut moves before the operators that compute its input.

Cut(x; starts, stops, steps) is x[starts[0]:stops[0]:steps[0], ...], with one entry for each axis. For a Cut of one
axis, step 1:

    Split(x)                            -> Cut(x), ..., Cut(x)
    Gather(x, i) for neighbours i       -> Reshape(Cut(x))
    GatherND(x, i) along one axis       -> Gather(x, i; axis 0)
    Slice(x), some steps negative       -> Cut(Gather(x, i))
    Pad(x, p) with a number             -> Pad(Cut(x), max(p, 0))       where some of p are negative
    Cut(Transpose(x, p), axis a)        -> Transpose(Cut(x, axis p[a]), p)
    Cut(Reshape(x), axis a)             -> Reshape(Cut(x, axis c))      where c was split and a is outermost of it
    Cut(Linear(x, W, b), last axis)     -> Linear(x, Cut(W), Cut(b))    where every reader of the product is such a Cut
    Cut(Conv(x, W, b), channels)        -> Conv(x, Cut(W), Cut(b))      likewise, for an ungrouped convolution

So the three parts of a joint query, key and value product become three products, and no slice is left at run time.
"""

import numpy as np

from .._graph import Graph, Node, Shape
from .._layout import reshape_groups


def form_cuts(graph: Graph) -> int:
    """Turn Split, Slice, Gather of adjacent elements and negative paddings into Cut; return the number of changes."""
    rules = {
        "Split": _from_split,
        "Slice": _from_slice,
        "Gather": _from_gather,
        "GatherND": _to_gather,
        "Pad": _from_pad,
    }
    return sum(rules[node.operator](graph, node) for node in list(graph.nodes) if node.operator in rules)


def raise_cuts(graph: Graph) -> int:
    """Move each Cut before one operator; return the number of moves."""
    rules = {"Transpose": _over_transpose, "Reshape": _over_reshape, "Linear": _into_weights, "Conv": _into_weights}
    count = 0
    for node in list(graph.nodes):
        if node.operator == "Cut" and (axis := _only_axis(graph, node)) is not None:
            above = graph.writer(node.inputs[0])
            if above is not None and above.operator in rules:
                count += rules[above.operator](graph, node, above, axis)
    return count


def cut(graph: Graph, before: Node, source: str, axis: int, start: int, stop: int) -> str:
    """Insert a Cut of one axis and return its output."""
    shape = graph.shape(source)
    starts, stops = [0] * len(shape), list(shape)
    starts[axis], stops[axis] = start, stop
    result = (*shape[:axis], stop - start, *shape[axis + 1 :])
    return graph.add(before, "Cut", [source], result, starts=tuple(starts), stops=tuple(stops), steps=(1,) * len(shape))


def _from_split(graph: Graph, node: Node) -> bool:
    source = node.inputs[0]
    shape = graph.shape(source)
    axis = int(node.number("axis", 0)) % len(shape)
    start = 0
    if not all(node.outputs):
        return False  # the length of a part without a name is not known
    for output in list(node.outputs):
        length = graph.shape(output)[axis]
        part = cut(graph, node, source, axis, start, start + length)
        graph.rename_uses(output, part)
        start += length
    return True


def _from_slice(graph: Graph, node: Node) -> bool:
    lists = [graph.constant(name) if name else None for name in (node.input(i) for i in range(1, 5))]
    if any(name and name not in graph.constants for name in node.inputs[1:]) or lists[0] is None or lists[1] is None:
        return False
    shape = graph.shape(node.inputs[0])
    begin, end = (array.reshape(-1).tolist() for array in (lists[0], lists[1]))
    axes = list(range(len(begin))) if lists[2] is None else lists[2].reshape(-1).tolist()
    steps = [1] * len(begin) if lists[3] is None else lists[3].reshape(-1).tolist()
    chosen = [(0, extent, 1) for extent in shape]
    for axis, first, last, step in zip(axes, begin, end, steps, strict=True):
        chosen[axis] = slice(first, last, step).indices(shape[axis])
    source = node.inputs[0]
    for axis, places in enumerate(chosen):
        if places[2] < 0:
            source = _gathered(graph, node, source, axis, range(*places))
            chosen[axis] = (0, graph.shape(source)[axis], 1)
    starts, stops, strides = zip(*chosen, strict=True)
    if graph.shape(source) == graph.shape(node.outputs[0]):
        graph.become(node, "Identity", [source])
    else:
        graph.become(node, "Cut", [source], starts=starts, stops=stops, steps=strides)
    return True


def _gathered(graph: Graph, node: Node, source: str, axis: int, places: range) -> str:
    shape = graph.shape(source)
    indices = graph.add_constant(np.asarray(places, np.int64), f"{node.outputs[0]}/places")
    return graph.add(node, "Gather", [source, indices], (*shape[:axis], len(places), *shape[axis + 1 :]), axis=axis)


def _to_gather(graph: Graph, node: Node) -> bool:
    indices = graph.constant(node.inputs[1])
    if indices is None or indices.shape[-1:] != (1,) or node.number("batch_dims", 0):
        return False
    places = graph.add_constant(indices.reshape(indices.shape[:-1]), f"{node.outputs[0]}/places")
    graph.become(node, "Gather", [node.inputs[0], places], axis=0)
    return True


def _from_gather(graph: Graph, node: Node) -> bool:
    indices = graph.constant(node.inputs[1])
    source = node.inputs[0]
    if indices is None or indices.size == 0 or graph.constant(source) is not None:
        return False
    shape = graph.shape(source)
    axis = int(node.number("axis", 0)) % len(shape)
    flat = [index + (shape[axis] if index < 0 else 0) for index in map(int, indices.reshape(-1))]
    if flat[0] < 0 or flat[-1] >= shape[axis] or flat != list(range(flat[0], flat[0] + len(flat))):
        return False
    part = cut(graph, node, source, axis, flat[0], flat[0] + len(flat))
    graph.become_reshape(node, part)
    return True


def _from_pad(graph: Graph, node: Node) -> bool:
    pads, axes = (graph.constant(node.input(place)) for place in (1, 3))
    if pads is None or node.attributes.get("mode", "constant") != "constant" or not (pads < np.int64(0)).any():
        return False
    shape = graph.shape(node.inputs[0])
    starts, stops = [0] * len(shape), list(shape)
    chosen = range(len(shape)) if axes is None else axes.reshape(-1).tolist()
    for axis, (before, after) in zip(chosen, pads.reshape(2, -1).T.tolist(), strict=True):
        starts[axis], stops[axis] = max(-before, 0), shape[axis] + min(after, 0)
    lengths = tuple(stop - start for start, stop in zip(starts, stops, strict=True))
    if (node.input(3) and axes is None) or min(lengths) < 1:
        return False
    bounds = {"starts": tuple(starts), "stops": tuple(stops), "steps": (1,) * len(shape)}
    part = graph.add(node, "Cut", [node.inputs[0]], lengths, **bounds)
    rest = graph.add_constant(np.maximum(pads, 0), f"{node.outputs[0]}/pads")
    graph.become(node, "Pad", [part, rest, *node.inputs[2:]], **node.attributes)
    return True


def _only_axis(graph: Graph, node: Node) -> int | None:
    """The only axis along which a Cut of step 1 selects a part; None where there are several or none."""
    shape, result = graph.shape(node.inputs[0]), graph.shape(node.outputs[0])
    axes = [axis for axis in range(len(shape)) if shape[axis] != result[axis]]
    return axes[0] if len(axes) == 1 and node.ints("steps")[axes[0]] == 1 else None


def bounds(node: Node, axis: int) -> tuple[int, int]:
    """Start and stop of an axis in a Cut."""
    return node.ints("starts")[axis], node.ints("stops")[axis]


def _over_transpose(graph: Graph, node: Node, above: Node, axis: int) -> bool:
    perm = above.ints("perm")
    if not perm:
        return False
    part = cut(graph, node, above.inputs[0], perm[axis], *bounds(node, axis))
    graph.become(node, "Transpose", [part], perm=perm)
    return True


def _over_reshape(graph: Graph, node: Node, above: Node, axis: int) -> bool:
    source = above.inputs[0]
    shape, split = graph.shape(source), graph.shape(node.inputs[0])
    place = _outermost_of(shape, split, axis)
    if place is None:
        return False
    inner = shape[place] // split[axis]
    start, stop = bounds(node, axis)
    part = cut(graph, node, source, place, start * inner, stop * inner)
    graph.become_reshape(node, part)
    return True


def _outermost_of(shape: Shape, split: Shape, axis: int) -> int | None:
    """The axis of `shape` of which `axis` is the outermost part after the reshape to `split`; None if it is another."""
    for sources, targets in reshape_groups(shape, split):
        if axis in targets:
            return sources[0] if len(sources) == 1 and targets[0] == axis else None
    return None


def _into_weights(graph: Graph, node: Node, above: Node, axis: int) -> bool:
    product = above.outputs[0]
    channels = len(graph.shape(product)) - 1 if above.operator == "Linear" else 1
    if axis != channels or product in graph.outputs or above.number("group", 1) != 1:
        return False
    for reader in graph.readers(product):
        if reader.operator != "Cut" or _only_axis(graph, reader) != channels:
            return False
    weights = [graph.constant(name) for name in above.inputs[1:]]
    if any(weight is None for weight in weights):
        return False
    start, stop = bounds(node, axis)
    names = [
        graph.add_constant(weight[start:stop], f"{node.outputs[0]}/part") for weight in weights if weight is not None
    ]
    graph.become(node, above.operator, [above.inputs[0], *names], **above.attributes)
    return True
