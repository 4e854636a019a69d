"""Which axes of an operation's tensors are merged, and the helpers that merge them.

elementwise: adjacent axes along which the same operands are broadcast        along one axis: those before it, after it
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import prod
from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.forms.five_axes._moves import MOST
from efficientmod_mobile.deploy.program import Shape, emit, shape

aten = torch.ops.aten


def called(node: fx.Node, given: Mapping[str, Any]) -> fx.Node:
    """Insert the node's operator with these arguments, by their names in its schema."""
    target: Any = node.target
    by_place = [one.name for one in target._schema.arguments if not one.kwarg_only]
    by_name = {name: value for name, value in given.items() if name not in by_place}
    return emit(node, target, tuple(given[name] for name in by_place), by_name)


def as_shape(node: fx.Node, x: fx.Node, size: Sequence[int]) -> fx.Node:
    """Insert a reshape of x before the node, if it differs."""
    return x if shape(x) == tuple(size) else emit(node, aten.reshape.default, (x, list(size)))


def around(node: fx.Node, x: fx.Node, axis: int) -> fx.Node:
    """Insert x as (axes before, axis, axes after)."""
    size = shape(x)
    return as_shape(node, x, (prod(size[:axis]), size[axis], prod(size[axis + 1 :])))


def broadcast_together(node: fx.Node, operands: Sequence[fx.Node], result: Shape) -> list[fx.Node]:
    """Insert the operands with few axes that broadcast as before; the largest ones are repeated where they must be."""
    sizes = [(1,) * (len(result) - len(shape(one))) + shape(one) for one in operands]
    repeated: list[int] = []
    groups = _groups(sizes, result)
    while len(groups) > MOST:
        rest = [index for index in range(len(operands)) if index not in repeated]
        best = min(rest, key=lambda index: len(_groups(_with(sizes, index, result), result)))
        sizes, repeated = _with(sizes, best, result), [*repeated, best]
        groups = _groups(sizes, result)
    full = [expanded(node, one, result) if index in repeated else one for index, one in enumerate(operands)]
    return [
        as_shape(node, one, [prod(size[axis] for axis in group) for group in groups])
        for one, size in zip(full, sizes, strict=True)
    ]


def _with(sizes: list[Shape], index: int, result: Shape) -> list[Shape]:
    return [result if place == index else size for place, size in enumerate(sizes)]


def _groups(sizes: Sequence[Shape], result: Shape) -> list[list[int]]:
    """Adjacent axes along which the same operands are broadcast; axes of length 1 are dropped."""
    axes = [axis for axis, length in enumerate(result) if length != 1]
    return [list(group) for _, group in groupby(axes, key=lambda axis: [size[axis] == 1 for size in sizes])]


def expanded(node: fx.Node, x: fx.Node, result: Shape) -> fx.Node:
    """Insert x repeated to a shape that it broadcasts to: axis by axis, each as (before, axis, after)."""
    size = (1,) * (len(result) - len(shape(x))) + shape(x)
    y = x
    for axis, (have, want) in enumerate(zip(size, result, strict=True)):
        if have != want:
            before, after = prod(result[:axis]), prod(size[axis + 1 :])
            y = emit(node, aten.expand.default, (as_shape(node, y, (before, 1, after)), [before, want, after]))
    return y
