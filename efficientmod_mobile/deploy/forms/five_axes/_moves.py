"""Reshapes and permutes of any number of axes, written with at most five.

A permute of n axes is a chain of permutes of at most five blocks of adjacent axes: each is the one after which the
fewest blocks are left to permute.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, permutations
from math import prod
from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis import Layout, is_move, layout_of
from efficientmod_mobile.deploy.program import add_parameter, emit, shape, tensor_of

aten = torch.ops.aten

MOST = 5
"""Axes of a tensor in Core ML."""

Move = tuple[Any, list[int]]


def can_be_short(x: fx.Node, most: int) -> bool:
    """Whether a chain of moves leads to x from a constant or from a tensor of at most so many axes."""
    value = layout_of(x).value
    if tensor_of(value) is not None or len(shape(value)) <= most:
        return True
    return is_move(value) and can_be_short(value.all_input_nodes[0], most)


def short(before: fx.Node, x: fx.Node, most: int) -> fx.Node:
    """Insert a reshape of x of few axes, made of such tensors only."""
    layout = layout_of(x)
    value, constant = layout.value, tensor_of(layout.value)
    if constant is not None:
        for target, argument in few_axes(layout):
            constant = target(constant, argument)
        return add_parameter(before, f"{value.target}_moved", constant.flatten())
    y = value if len(shape(value)) <= most else short(before, value.all_input_nodes[0], most)
    for target, argument in few_axes(layout):
        y = emit(before, target, (y, argument))
    return y


def few_axes(layout: Layout) -> list[Move]:
    """The moves from a layout's value, or from a reshape of it, to a reshape of its tensor; each has few axes."""
    current = [*range(len(layout.atoms))]
    place = {atom: index for index, atom in enumerate(layout.order)}
    moves: list[Move] = []
    while current != list(layout.order):
        blocks = _blocks([place[atom] for atom in current])
        parts, order = _best_permute(blocks)
        atoms = [[layout.order[index] for block in part for index in block] for part in parts]
        moves += [
            (aten.reshape.default, [prod(layout.atoms[atom] for atom in part) for part in atoms]),
            (aten.permute.default, list(order)),
        ]
        current = [atom for part in order for atom in atoms[part]]
    return moves


def _blocks(places: Sequence[int]) -> list[list[int]]:
    """The runs of places that follow each other."""
    blocks: list[list[int]] = []
    for place in places:
        if blocks and blocks[-1][-1] + 1 == place:
            blocks[-1].append(place)
        else:
            blocks.append([place])
    return blocks


Parts = list[list[list[int]]]


def _best_permute(blocks: list[list[int]]) -> tuple[Parts, tuple[int, ...]]:
    return min(_permutes(blocks), key=lambda plan: len(_blocks(_places(*plan))))


def _permutes(blocks: list[list[int]]) -> Iterator[tuple[Parts, tuple[int, ...]]]:
    count = min(len(blocks), MOST)
    for cuts in combinations(range(1, len(blocks)), count - 1):
        parts = [blocks[start:stop] for start, stop in pairwise((0, *cuts, len(blocks)))]
        for order in permutations(range(count)):
            yield parts, order


def _places(parts: Parts, order: tuple[int, ...]) -> list[int]:
    return [place for part in order for block in parts[part] for place in block]
