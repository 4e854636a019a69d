"""Products with a constant matrix become one operator with its bias.

MatMul(x, v)                    -> Reshape(MatMul(x, Reshape(v)))       for a vector v, on either side
MatMul(x, W)                    -> Linear(x, W.T, 0)
Gemm(x, W, b)                   -> Linear(x, alpha W.T, beta b)
Add(Linear(x, W, c), b)         -> Linear(x, W, c + b)         for b along the last axis, or a scalar
"""

import numpy as np

from .._graph import Array, Graph, Node


def form_linear(graph: Graph) -> int:
    """Apply all; return the number of changes."""
    rules = {"MatMul": _from_matmul, "Gemm": _from_gemm, "Add": _take_bias}
    return sum(rules[node.operator](graph, node) for node in list(graph.nodes) if node.operator in rules)


def _from_matmul(graph: Graph, node: Node) -> bool:
    weight = graph.constant(node.inputs[1])
    if any(len(graph.shape(name)) == 1 for name in node.inputs):
        return _widen(graph, node)
    if weight is None or weight.ndim != 2:
        return False
    return _become_linear(graph, node, weight.T, np.zeros(weight.shape[1], np.float32))


def _widen(graph: Graph, node: Node) -> bool:
    """Reshape each vector operand of a product to a matrix, and the result back."""
    shapes = [graph.shape(name) for name in node.inputs]
    rows = (1, *shapes[0]) if len(shapes[0]) == 1 else shapes[0]
    columns = (*shapes[1], 1) if len(shapes[1]) == 1 else shapes[1]
    operands = [graph.add_reshape(node, name, shape) for name, shape in zip(node.inputs, (rows, columns), strict=True)]
    batch = np.broadcast_shapes(rows[:-2], columns[:-2])
    product = graph.add(node, "MatMul", operands, (*batch, rows[-2], columns[-1]))
    graph.become_reshape(node, product)
    return True


def _from_gemm(graph: Graph, node: Node) -> bool:
    weight = graph.constant(node.inputs[1])
    bias = graph.constant(node.input(2)) if node.input(2) else np.zeros(1, np.float32)
    if weight is None or bias is None or node.number("transA", 0):
        return _spell_out(graph, node)
    weight = weight if node.number("transB", 0) else weight.T
    outputs = weight.shape[0]
    if not _is_along_outputs(bias, outputs):
        return _spell_out(graph, node)
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    scaled = weight if alpha == 1.0 else (weight.astype(np.float64) * alpha).astype(np.float32)
    shift = bias.reshape(-1).astype(np.float64) * beta
    return _become_linear(graph, node, scaled, np.broadcast_to(shift.astype(np.float32), (outputs,)))


def _spell_out(graph: Graph, node: Node) -> bool:
    """Replace a Gemm with two computed operands, or with a bias along the rows, by MatMul, Mul and Add."""
    operands = [
        graph.add(node, "Transpose", [name], graph.shape(name)[::-1], perm=(1, 0)) if node.number(flag, 0) else name
        for name, flag in zip(node.inputs[:2], ("transA", "transB"), strict=True)
    ]
    product = graph.add(node, "MatMul", operands, graph.shape(node.outputs[0]))
    terms = [_times(graph, node, product, node.number("alpha", 1.0))]
    if node.input(2):
        terms.append(_times(graph, node, node.inputs[2], node.number("beta", 1.0)))
    graph.become(node, "Add" if len(terms) > 1 else "Identity", terms)
    return True


def _times(graph: Graph, node: Node, name: str, factor: float) -> str:
    if factor == 1.0:
        return name
    constant = graph.add_constant(np.asarray(factor, np.float32), f"{node.outputs[0]}/factor")
    return graph.add(node, "Mul", [name, constant], graph.shape(name))


def _become_linear(graph: Graph, node: Node, weight: Array, bias: Array) -> bool:
    stem = node.outputs[0]
    names = [graph.add_constant(weight, f"{stem}/weight"), graph.add_constant(bias, f"{stem}/bias")]
    graph.become(node, "Linear", [node.inputs[0], *names])
    return True


def _take_bias(graph: Graph, node: Node) -> bool:
    for source, other in (node.inputs, node.inputs[::-1]):
        linear, added = graph.writer(source, "Linear"), graph.constant(other)
        if linear is None or added is None or not graph.is_private(source):
            continue
        bias = graph.constants[linear.inputs[2]]
        if not _is_along_outputs(added, bias.size) or added.ndim > len(graph.shape(source)):
            continue
        total = bias.astype(np.float64) + added.reshape(-1).astype(np.float64)
        name = graph.add_constant(total.astype(np.float32), f"{linear.outputs[0]}/bias")
        graph.become(linear, "Linear", [*linear.inputs[:2], name])
        return graph.bypass(node, source)
    return False


def _is_along_outputs(array: Array, outputs: int) -> bool:
    """Whether an array is one number, or one for each output along the last axis."""
    return array.size == 1 or (array.size == outputs and array.shape[-1] == outputs)
