"""A softplus without its branch for large numbers; and Mish.

    Where(Greater(x, t), x, Softplus(x))                -> Softplus(x)
    Where(Greater(b x, t), x, Div(Softplus(b x), b))    -> Div(Softplus(b x), b)
    Mul(x, Tanh(Softplus(x)))                           -> Mish(x)

Softplus(x) - x = log(1 + exp(-x)), which for x >= t >= 15 is below half of the distance from x to the next float32.
"""

from .._graph import Graph, Node
from ._activations import number, scaled

_LEAST = 15.0
"""PyTorch's threshold is 20."""


def form_softplus(graph: Graph) -> int:
    """Apply all; return the number of changes."""
    rules = {"Where": _whole, "Mul": _mish}
    return sum(rules[node.operator](graph, node) for node in list(graph.nodes) if node.operator in rules)


def _whole(graph: Graph, node: Node) -> bool:
    condition, x, result = node.inputs
    large, division = graph.writer(condition, "Greater"), graph.writer(result, "Div")
    softplus = graph.writer(division.inputs[0] if division else result, "Softplus")
    threshold = number(graph, large.inputs[1]) if large else None
    if large is None or softplus is None or threshold is None or threshold < _LEAST:
        return False
    inside, beta = softplus.inputs[0], number(graph, division.inputs[1]) if division else None
    plain = scaled(graph, inside, beta) if beta else inside
    if large.inputs[0] != inside or plain != x or graph.shape(result) != graph.shape(node.outputs[0]):
        return False
    graph.become(node, "Identity", [result])
    return True


def _mish(graph: Graph, node: Node) -> bool:
    for x, other in (node.inputs, node.inputs[::-1]):
        tanh = graph.writer(other, "Tanh")
        softplus = graph.writer(tanh.inputs[0], "Softplus") if tanh else None
        if softplus is not None and softplus.inputs[0] == x:
            graph.become(node, "Mish", [x])
            return True
    return False
