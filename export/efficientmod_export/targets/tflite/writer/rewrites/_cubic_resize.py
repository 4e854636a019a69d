"""A cubic resize is a product with a constant matrix along each axis.

    Resize(x)  ->  x @ A.T along W, then along H            A (after, before)

Row i of A has the weights of the four pixels around the source position p of pixel i, at distances d:

    k(d) = (a + 2) d^3 - (a + 3) d^2 + 1        d <= 1
    k(d) = a d^3 - 5 a d^2 + 8 a d - 4 a        1 < d < 2                (Keys 1981)

A pixel outside the image is the one at its edge. Antialiasing, which scales k, is not supported.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .._graph import Array, Graph, Node

Floats = NDArray[np.float64]

_PLACES: dict[str, Callable[[Floats, float, int], Floats]] = {
    "half_pixel": lambda i, scale, _extent: (i + 0.5) / scale - 0.5,
    "pytorch_half_pixel": lambda i, scale, extent: (i + 0.5) / scale - 0.5 if scale * extent > 1 else 0 * i,
    "asymmetric": lambda i, scale, _extent: i / scale,
    "align_corners": lambda i, scale, extent: i * (extent - 1) / (scale * extent - 1) if scale * extent > 1 else 0 * i,
}
"""The source position of pixel i, by ONNX's coordinate_transformation_mode."""

_LARGEST = 1 << 24
"""The most elements of a matrix, enough for sides of some thousand pixels."""

_PLAIN = {"antialias": 0, "exclude_outside": 0, "keep_aspect_ratio_policy": "stretch"}


def cubic_as_products(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_rewrite(graph, node) for node in list(graph.nodes) if node.operator == "Resize")


def _rewrite(graph: Graph, node: Node) -> bool:
    places = _PLACES.get(str(node.attributes.get("coordinate_transformation_mode", "half_pixel")))
    plain = all(node.attributes.get(name, default) == default for name, default in _PLAIN.items())
    scales = _scales(graph, node)
    if node.attributes.get("mode") != "cubic" or places is None or not plain or scales is None:
        return False
    sides = list(zip(graph.shape(node.inputs[0]), graph.shape(node.outputs[0]), strict=True))
    if any(before * after > _LARGEST for before, after in sides):
        return False
    whole = all(scale * before == after for scale, (before, after) in zip(scales, sides, strict=True))
    if node.attributes.get("coordinate_transformation_mode") == "align_corners" and not whole:
        return False  # runtimes differ on whether the scale or the sizes determine the last corner
    value, coefficient = node.inputs[0], node.number("cubic_coeff_a", -0.75)
    for axis, scale in enumerate(scales):
        before, after = graph.shape(node.inputs[0])[axis], graph.shape(node.outputs[0])[axis]
        if scale != 1:
            origins = places(np.arange(after, dtype=np.float64), scale, before)
            value = product_along(graph, node, value, axis, _matrix(origins, before, coefficient))
    graph.become(node, "Identity", [value])
    return True


def _scales(graph: Graph, node: Node) -> list[float] | None:
    """The scale of each axis, stated or derived from the sizes. None where the network computes it."""
    shapes = zip(graph.shape(node.outputs[0]), graph.shape(node.inputs[0]), strict=True)
    scales = [after / before for after, before in shapes]
    stated = graph.constant(node.input(2))
    if stated is None and node.input(2):
        return None
    if stated is not None and stated.size:
        for axis, scale in zip(node.ints("axes", range(len(scales))), stated.reshape(-1).tolist(), strict=True):
            scales[axis] = scale
    return scales


def _matrix(origins: Floats, before: int, a: float) -> Array:
    first = np.floor(origins).astype(np.int64) - 1
    matrix = np.zeros((len(origins), before))
    for tap in range(4):
        d = np.abs(origins - (first + tap))
        near, far = (a + 2) * d**3 - (a + 3) * d**2 + 1, a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
        columns = np.clip(first + tap, 0, before - 1)
        np.add.at(matrix, (np.arange(len(origins)), columns), np.where(d <= 1, near, far))
    return matrix.astype(np.float32)


def product_along(graph: Graph, node: Node, value: str, axis: int, matrix: Array) -> str:
    """Insert a product with a constant matrix (after, before) along an axis, and return its output's name."""
    shape = list(graph.shape(value))
    last = len(shape) - 1
    order = tuple({axis: last, last: axis}.get(place, place) for place in range(len(shape)))
    weight = graph.add_constant(matrix, f"{node.outputs[0]}/matrix")
    bias = graph.add_constant(np.zeros(len(matrix), np.float32), f"{node.outputs[0]}/bias")
    swapped = tuple(shape[place] for place in order)
    moved = graph.add(node, "Transpose", [value], swapped, perm=order)
    product = graph.add(node, "Linear", [moved, weight, bias], (*swapped[:-1], len(matrix)))
    shape[axis] = len(matrix)
    return graph.add(node, "Transpose", [product], tuple(shape), perm=order)
