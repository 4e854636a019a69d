"""Constant folding: a node whose inputs are all constants becomes a constant; so does a question about a static shape.

The values come from ONNX's own reference implementation of each operator, so that folding can add no meaning of ours.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from efficientmod_mobile.errors import ConversionError

from ._graph import Array, Graph, Node

_LARGEST = 1 << 26
"""Elements. What the network computes from constants, beyond this in all, is left to be computed."""

_RANDOM = {
    "RandomNormal",
    "RandomUniform",
    "RandomNormalLike",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
    "Dropout",
}
_BODIES = {"If", "Loop", "Scan", "SequenceMap"}
_DIFFERENT = {"LRN", "LpNormalization"}
"""Operators whose reference is not what runtimes compute; so is that of a Resize with aligned corners."""


def fold_constants(graph: Graph, prepare: Callable[[Node], None] | None = None) -> int:
    """Fold, in one pass in topological order; return how many nodes went. `prepare` sees each node first."""
    folded = 0
    room = _LARGEST
    kept: list[Node] = []
    for node in graph.nodes:
        if prepare is not None:
            prepare(node)
        values = _evaluate(graph, node, room)
        if values is None:
            kept.append(node)
            continue
        graph.constants.update(values)
        room -= sum(array.size for array in values.values())
        folded += 1
    if folded:
        graph.replace_nodes(kept)
    return folded


def _evaluate(graph: Graph, node: Node, room: int) -> dict[str, Array] | None:
    if any(graph.type(name) is None for name in (*node.inputs, *node.outputs) if name):
        return None
    if node.operator in ("Shape", "Size") and node.inputs:
        return {node.outputs[0]: _shape_or_size(node, graph)}
    foldable = node.operator not in _RANDOM | _BODIES | _DIFFERENT and "::" not in node.operator
    if node.attributes.get("coordinate_transformation_mode") == "align_corners":
        foldable = False
    constant = all(not name or name in graph.constants for name in node.inputs)
    if not foldable or not constant or sum(_elements(graph, name) for name in node.outputs if name) > room:
        return None
    return _reference(graph, node)


def _shape_or_size(node: Node, graph: Graph) -> Array:
    shape = graph.shape(node.inputs[0])
    if node.operator == "Size":
        return np.asarray(prod(shape), dtype=np.int64)
    start, end = node.attributes.get("start", 0), node.attributes.get("end")
    if not isinstance(start, int) or not isinstance(end, int | None):
        raise ConversionError(f"Shape {node.name!r} has bounds that are not integers; the ONNX file is damaged.")
    return np.asarray(shape[start:end], dtype=np.int64)


def _elements(graph: Graph, name: str) -> int:
    return prod(graph.types[name].shape)


def _reference(graph: Graph, node: Node) -> dict[str, Array] | None:
    import onnx
    from onnx.reference import ReferenceEvaluator

    attributes = {
        key: onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for key, value in node.attributes.items()
    }
    proto = onnx.helper.make_node(node.operator, node.inputs, node.outputs, name=node.name)
    proto.attribute.extend(onnx.helper.make_attribute(key, value) for key, value in attributes.items())
    try:
        evaluator = ReferenceEvaluator(proto, opsets={"": graph.opset})
        with np.errstate(all="ignore"):
            values = evaluator.run(None, {name: graph.constants[name] for name in node.inputs if name})
    except Exception:  # an operator without a reference stays in the graph, and the lowering says what it thinks of it
        return None
    outputs = {name: np.asarray(value) for name, value in zip(node.outputs, values, strict=True) if name}
    if any(array.shape != graph.types[name].shape for name, array in outputs.items()):
        raise ConversionError(f"{node.operator} {node.name!r} does not have the shape that the ONNX model states.")
    return outputs
