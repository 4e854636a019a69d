"""Activations that are several operators in ONNX become one.

Mul(x, HardSigmoid(x; 1/6, 1/2))                -> HardSwish(x)
Mul(x, Div(Clip(Add(x, 3), 0, 6), 6))           -> HardSwish(x)     and with the Div (or a Mul by 1/6) last
Div(Clip(Add(x, 3), 0, 6), 6)                   -> HardSigmoid(x; 1/6, 1/2)
Mul(Mul(x, Add(Erf(Div(x, sqrt 2)), 1)), 1/2)   -> Gelu(x)          in any order of the factors
Reciprocal(Sqrt(x)), Div(1, Sqrt(x))            -> Rsqrt(x)
Div(y, Sqrt(x))                                 -> Mul(y, Rsqrt(x)) where x is smaller than y
"""

from math import prod, sqrt

import numpy as np

from .._graph import Graph, Node


def form_activations(graph: Graph) -> int:
    """Apply all; return the number of changes."""
    rules = {
        "Mul": (_hard_sigmoid, _hard_swish, _hard_swish_scaled_last, _gelu),
        "Div": (_hard_sigmoid, _hard_swish_scaled_last, _rsqrt),
        "Reciprocal": (_rsqrt,),
    }
    return sum(any(rule(graph, node) for rule in rules.get(node.operator, ())) for node in list(graph.nodes))


def number(graph: Graph, name: str) -> float | None:
    """The value of a constant of one element."""
    array = graph.constant(name)
    return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None


def is_number(graph: Graph, name: str, expected: float) -> bool:
    """Whether a value is the constant `expected` to a relative 1e-5: some networks have such numbers in six digits."""
    found = number(graph, name)
    return found is not None and bool(np.isclose(found, expected, rtol=1e-5, atol=1e-12))


def scaled(graph: Graph, name: str, factor: float) -> str | None:
    """x, where the value is x times a constant factor: Mul(x, factor) or Div(x, 1 / factor)."""
    if (node := graph.writer(name, "Mul")) is not None:
        for source, other in (node.inputs, node.inputs[::-1]):
            if is_number(graph, other, factor):
                return source
    if (node := graph.writer(name, "Div")) is not None and is_number(graph, node.inputs[1], 1 / factor):
        return node.inputs[0]
    return None


def shifted(graph: Graph, name: str, term: float) -> str | None:
    """x, where the value is x plus a constant term."""
    if (node := graph.writer(name, "Add")) is not None:
        for source, other in (node.inputs, node.inputs[::-1]):
            if is_number(graph, other, term):
                return source
    return None


def _becomes(graph: Graph, node: Node, operator: str, x: str, **attributes: float | str) -> bool:
    """Turn a node into an operator on x, unless broadcasting with a constant gives the result another shape than x."""
    if graph.shape(x) != graph.shape(node.outputs[0]):
        return False
    graph.become(node, operator, [x], **attributes)
    return True


def _gate(graph: Graph, name: str) -> str | None:
    """x, where the value is min(max(x + 3, 0), 6)."""
    node = graph.writer(name, "Clip")
    if node is None or not is_number(graph, node.input(1), 0.0) or not is_number(graph, node.input(2), 6.0):
        return None
    return shifted(graph, node.inputs[0], 3.0)


def _hard_sigmoid(graph: Graph, node: Node) -> bool:
    source = scaled(graph, node.outputs[0], 1 / 6)
    x = _gate(graph, source) if source is not None else None
    return x is not None and _becomes(graph, node, "HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _hard_swish(graph: Graph, node: Node) -> bool:
    for x, other in (node.inputs, node.inputs[::-1]):
        gate = graph.writer(other, "HardSigmoid")
        if gate is None or gate.inputs[0] != x:
            continue
        slope, offset = gate.number("alpha", 0.2), gate.number("beta", 0.5)
        if np.isclose(slope, 1 / 6, rtol=1e-5) and np.isclose(offset, 0.5, rtol=1e-5):
            return _becomes(graph, node, "HardSwish", x)
    return False


def _hard_swish_scaled_last(graph: Graph, node: Node) -> bool:
    source = scaled(graph, node.outputs[0], 1 / 6)
    product = graph.writer(source, "Mul") if source is not None else None
    if product is None:
        return False
    for x, other in (product.inputs, product.inputs[::-1]):
        if _gate(graph, other) == x:
            return _becomes(graph, node, "HardSwish", x)
    return False


def _gelu(graph: Graph, node: Node) -> bool:
    """Match the product of x, 1/2 and 1 + erf(x / sqrt 2), in any association; x may be a product itself."""
    for whole in ("", *node.inputs):
        x = _gelu_argument(graph, _factors(graph, node.outputs[0], 2, whole))
        if x is not None:
            return _becomes(graph, node, "Gelu", x, approximate="none")
    return False


def _gelu_argument(graph: Graph, factors: list[str]) -> str | None:
    """x, where the factors are x, 1/2 and 1 + erf(x / sqrt 2)."""
    halves = [name for name in factors if is_number(graph, name, 0.5)]
    bells = [name for name in factors if (one := shifted(graph, name, 1.0)) and graph.writer(one, "Erf")]
    rest = [name for name in factors if name not in halves + bells]
    if len(halves) != 1 or len(bells) != 1 or len(rest) != 1:
        return None
    inside = graph.writer(shifted(graph, bells[0], 1.0) or "", "Erf")
    if inside is None or scaled(graph, inside.inputs[0], 1 / sqrt(2)) != rest[0]:
        return None
    return rest[0]


def _factors(graph: Graph, name: str, depth: int, whole: str) -> list[str]:
    """The factors of a value and, `depth` times, those of the factors; `whole` is not factored."""
    node = graph.writer(name, "Mul") if depth and name != whole else None
    if node is None:
        return [name]
    return [factor for part in node.inputs for factor in _factors(graph, part, depth - 1, whole)]


def _rsqrt(graph: Graph, node: Node) -> bool:
    root = graph.writer(node.inputs[-1], "Sqrt")
    if root is None:
        return False
    source = root.inputs[0]
    if node.operator == "Reciprocal" or is_number(graph, node.inputs[0], 1.0):
        if graph.shape(node.outputs[0]) != graph.shape(source):
            return False
        graph.become(node, "Rsqrt", [source])
        return True
    if prod(graph.shape(source)) >= prod(graph.shape(node.inputs[0])):
        return False
    inverse = graph.add(node, "Rsqrt", [source], graph.shape(source))
    graph.become(node, "Mul", [node.inputs[0], inverse])
    return True
