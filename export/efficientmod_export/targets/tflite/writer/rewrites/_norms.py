"""Norms that ONNX computes with reshapes become one operator, which works on any layout of the pixels.

    Reshape(InstanceNormalization(Reshape(x, (N, G, -1)), 1, 0), s)          ->  GroupNormalize(Reshape(x, s); G)
    GroupNormalization(x, s, b)                                              ->  Add(Mul(GroupNormalize(x; G), s), b)
    InstanceNormalization(x, s, b)                                           ->  Add(Mul(GroupNormalize(x; C), s), b)
    ReduceL2(x)                                                              ->  Sqrt(ReduceSum(Mul(x, x)))

GroupNormalize(x; G) is (x - mean) / sqrt(variance + epsilon), in each of G groups of the channels (Wu and He,
arXiv:1803.08494). A scale of ones and a bias of zeros are left out.
"""

import numpy as np

from .._graph import Array, Graph, Node


def form_norms(graph: Graph) -> int:
    """Apply all; return the number of changes."""
    rules = {
        "InstanceNormalization": _from_instance,
        "GroupNormalization": _from_group,
        "ReduceL2": _from_l2,
    }
    return sum(rules[node.operator](graph, node) for node in list(graph.nodes) if node.operator in rules)


def _from_instance(graph: Graph, node: Node) -> bool:
    before, after = graph.writer(node.inputs[0], "Reshape"), graph.only_reader(node.outputs[0], "Reshape")
    if before is not None and after is not None and _from_reshaped(graph, before, node, after):
        return True
    return _from_affine(graph, node, graph.shape(node.inputs[0])[1])


def _from_reshaped(graph: Graph, before: Node, norm: Node, after: Node) -> bool:
    scale, bias = graph.constant(norm.inputs[1]), graph.constant(norm.inputs[2])
    shape, grouped = graph.shape(after.outputs[0]), graph.shape(norm.inputs[0])
    plain = scale is not None and bias is not None and bool((scale == 1).all()) and not bias.any()
    if not plain or len(grouped) != 3 or grouped[0] != shape[0] or shape[1] % grouped[1]:
        return False
    source = graph.add_reshape(after, before.inputs[0], shape)
    graph.become(after, "GroupNormalize", [source], groups=grouped[1], epsilon=norm.number("epsilon", 1e-5))
    return True


def _from_group(graph: Graph, node: Node) -> bool:
    return _from_affine(graph, node, int(node.number("num_groups", 1)))


def _from_affine(graph: Graph, node: Node, groups: int) -> bool:
    source, shape = node.inputs[0], graph.shape(node.inputs[0])
    scale, bias = graph.constant(node.inputs[1]), graph.constant(node.inputs[2])
    if scale is None or bias is None:
        return False
    norm = {"groups": groups, "epsilon": node.number("epsilon", 1e-5)}
    affine = [("Mul", scale)] if (scale != 1).any() else []
    affine += [("Add", bias)] if bias.any() else []
    if not affine:
        graph.become(node, "GroupNormalize", [source], **norm)
        return True
    value = graph.add(node, "GroupNormalize", [source], shape, **norm)
    for operator, array in affine[:-1]:
        value = graph.add(node, operator, [value, _along(graph, node, array, shape)], shape)
    operator, array = affine[-1]
    graph.become(node, operator, [value, _along(graph, node, array, shape)])
    return True


def _along(graph: Graph, node: Node, array: Array, shape: tuple[int, ...]) -> str:
    # Before opset 21, a group norm's scale is one number for each group.
    full = np.repeat(array, shape[1] // array.size)
    return graph.add_constant(full.reshape(-1, *(1,) * (len(shape) - 2)), f"{node.outputs[0]}/affine")


def _from_l2(graph: Graph, node: Node) -> bool:
    source, result = node.inputs[0], graph.shape(node.outputs[0])
    square = graph.add(node, "Mul", [source, source], graph.shape(source))
    total = graph.add(node, "ReduceSum", [square, *node.inputs[1:]], result, **node.attributes)
    graph.become(node, "Sqrt", [total])
    return True
