"""The matrix of a linear operator: what it makes of the columns of the identity; and elements at constant places."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program import add_parameter, emit, shape

aten = torch.ops.aten

_FEW = 16
"""Runs of places that are worth a slice each."""


def matrix_of(operator: Callable[[Tensor], Tensor], before: int) -> Tensor:
    """The float64 matrix (after, before) of a linear operator on the rows of a matrix."""
    return operator(torch.eye(before, dtype=torch.float64)).T


def taken(node: fx.Node, x: fx.Node, axis: int, places: Sequence[int]) -> fx.Node:
    """Insert the elements of x at constant places along an axis: slices that are joined, or an `index_select`."""
    size = shape(x)[axis]
    if list(places) == list(range(size)):
        return x
    runs = _runs(places)
    if len(runs) > _FEW:
        index = add_parameter(node, f"{node.name}_places", torch.tensor(list(places)))
        return emit(node, aten.index_select.default, (x, axis, index))
    parts = [emit(node, aten.slice.Tensor, (x, axis, run.start, run.stop, run.step)) for run in runs]
    return parts[0] if len(parts) == 1 else emit(node, aten.cat.default, (parts, axis))


def _runs(places: Sequence[int]) -> list[range]:
    """Places as runs of equal steps; a step of more than one is worth a run only of three places and more."""
    runs: list[range] = []
    index = 0
    while index < len(places):
        step = places[index + 1] - places[index] if index + 1 < len(places) else 1
        end = index + 1
        while end < len(places) and places[end] - places[end - 1] == step:
            end += 1
        if step < 1 or (step > 1 and end - index < 3):
            step, end = 1, index + 1
        runs.append(range(places[index], places[end - 1] + 1, step))
        index = end
    return runs
