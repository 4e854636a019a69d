"""Constant folding: a node whose inputs are all constants becomes a constant; so does a Shape or Size.

The values are computed by ONNX's reference implementation of each operator. Only one is computed here, where runtimes
round differently from the reference: the pixels that a nearest Resize reads.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from efficientmod_mobile.errors import ConversionError

from ._graph import Array, Graph, Node

_LARGEST = 1 << 26
"""Elements of all folded values together. Beyond it, nodes with constant inputs stay in the graph."""

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
"""Operators for which the reference and runtimes differ; a Resize with aligned corners is another."""

_DEFAULTS = {"mode": "nearest", "keep_aspect_ratio_policy": "stretch"}
_FLOOR = {**_DEFAULTS, "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
"""The attributes of a Resize that PyTorch exports for its mode "nearest"."""


def fold_constants(graph: Graph, prepare: Callable[[Node], None] | None = None) -> int:
    """Fold in one pass in topological order; return the number of removed nodes. `prepare` is called first, on each."""
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
    return _nearest(graph, node) or _reference(graph, node)


def _shape_or_size(node: Node, graph: Graph) -> Array:
    shape = graph.shape(node.inputs[0])
    if node.operator == "Size":
        return np.asarray(prod(shape), dtype=np.int64)
    start, end = node.attributes.get("start", 0), node.attributes.get("end")
    if not isinstance(start, int) or not isinstance(end, int | None):
        raise ConversionError(
            f"Shape {node.name!r} has bounds that are not integers; the ONNX file is damaged.", code="inconsistent_onnx"
        )
    return np.asarray(shape[start:end], dtype=np.int64)


def _elements(graph: Graph, name: str) -> int:
    return prod(graph.types[name].shape)


def _nearest(graph: Graph, node: Node) -> dict[str, Array] | None:
    """A Resize that reads pixel floor(i * before / after), in float32 as in PyTorch and LiteRT; None for another one.

    The reference divides i by a scale, which can give a neighbouring pixel where the result is close to an integer.
    """
    attributes = {**_DEFAULTS, **node.attributes}
    if node.operator != "Resize" or any(attributes.get(key) != value for key, value in _FLOOR.items()):
        return None
    array, shape = graph.constants[node.inputs[0]], graph.shape(node.outputs[0])
    if not array.ndim or 0 in (*array.shape, *shape):
        return None
    ratios = np.divide(shape, array.shape)
    scales = graph.constants.get(node.input(2))
    if scales is not None and scales.size:
        stated = np.ones(array.ndim)
        stated[list(node.ints("axes")) or slice(None)] = scales
        if not np.allclose(stated, ratios, rtol=1e-6):
            return None
    places = [
        np.minimum(np.arange(after, dtype=np.float32) * np.float32(before / after), before - 1).astype(np.int64)
        for before, after in zip(array.shape, shape, strict=True)
    ]
    return {node.outputs[0]: array[np.ix_(*places)]}


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
    except Exception:  # an operator without a reference stays in the graph, and its lowering decides on it
        return None
    outputs = {name: np.asarray(value) for name, value in zip(node.outputs, values, strict=True) if name}
    if any(array.shape != graph.types[name].shape for name, array in outputs.items()):
        raise ConversionError(
            f"{node.operator} {node.name!r} does not have the shape that the ONNX model states.",
            code="inconsistent_onnx",
        )
    return outputs
