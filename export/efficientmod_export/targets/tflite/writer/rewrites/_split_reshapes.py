"""Axes that are merged and later split again are not merged, so that their order in memory can stay.

    Reshape(Transpose(Reshape(x, s), p), t)  ->  Reshape(Transpose(Reshape(x, s'), p'), t)

where s' splits each axis of s wherever the shape of x, or t, has a border inside it, and p' moves the parts as p moved
the whole axis. The first Reshape then only splits axes of x, which is a view in any layout; a merge of channels with
rows, for example, is not.

Borders are products of extents, counted from the left: (6, 20) -> (2, 3, 20) has those of both sides, 2 | 6 | 120.
"""

from itertools import pairwise
from math import prod

from .._graph import Graph, Node, Shape


def refine_reshapes(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_refine(graph, node) for node in list(graph.nodes) if node.operator == "Reshape")


def _refine(graph: Graph, last: Node) -> bool:
    move = graph.writer(last.inputs[0], "Transpose")
    first = graph.writer(move.inputs[0], "Reshape") if move is not None else None
    if move is None or first is None or not move.ints("perm"):
        return False
    perm, middle = move.ints("perm"), graph.shape(first.outputs[0])
    before = _parts(graph.shape(first.inputs[0]), middle)
    after = _parts(graph.shape(last.outputs[0]), tuple(middle[axis] for axis in perm))
    if before is None or after is None:
        return False
    parts = [_common(before[axis], after[perm.index(axis)]) for axis in range(len(middle))]
    if any(part is None for part in parts) or all(len(part or ()) == 1 for part in parts):
        return False
    fine = [part for part in parts if part is not None]
    starts = [sum(len(part) for part in fine[:axis]) for axis in range(len(fine))]
    order = [starts[axis] + place for axis in perm for place in range(len(fine[axis]))]
    flat = tuple(extent for part in fine for extent in part)
    split = graph.add_reshape(last, first.inputs[0], flat)
    moved = graph.add(last, "Transpose", [split], tuple(flat[place] for place in order), perm=tuple(order))
    graph.become_reshape(last, moved)
    return True


def _parts(other: Shape, shape: Shape) -> list[Shape] | None:
    """Each axis of `shape`, split wherever `other`, of as many elements, has a border inside; None where none fits."""
    borders = {prod(other[:axis]) for axis in range(len(other) + 1)}
    parts: list[Shape] = []
    done = 1
    for extent in shape:
        inside = sorted(border for border in borders if done < border < done * extent)
        marks = [done, *inside, done * extent]
        if any(high % low for low, high in pairwise(marks)):
            return None
        parts.append(tuple(high // low for low, high in pairwise(marks)))
        done *= extent
    return parts


def _common(left: Shape, right: Shape) -> Shape | None:
    """One axis split at the borders of both; None where the borders are not compatible."""
    split = _parts(left, right)
    return None if split is None else tuple(extent for part in split for extent in part)
