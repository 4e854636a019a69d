"""How slices, repetitions and concatenations along an axis are applied to the value of their input's layout.

    slice(permute(v), dim) = permute(slice(v, the same axis in v))

If `dim` is only the outer part of an axis of the value (the 3 of an axis of 3 * heads * width channels), that axis is
sliced, with start and length multiplied by the size of the inner part.
"""

import math
import operator

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis import AxisSlice, Layout, Refuse, layout_of, slice_of
from efficientmod_mobile.deploy.forms.channels_first._rules import Rewrite, rule
from efficientmod_mobile.deploy.program import arguments, emit, replace, shape

aten = torch.ops.aten


@rule(operator.getitem, aten.slice.Tensor, aten.select.int)
def _slice(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    part = slice_of(node)
    group = layout.groups[part.axis] if part else ()
    if part is None or not group:
        return None
    axis = next(index for index, atoms in enumerate(layout.value_groups) if group[0] in atoms)
    atoms = layout.value_groups[axis]
    if group != atoms[: len(group)]:
        return Refuse(f"it slices the inner part of an axis of {layout.value.name}")
    inner = math.prod(layout.atoms[atom] for atom in atoms[len(group) :])

    def write() -> None:
        bounds = (axis, part.start * inner, (part.start + part.length) * inner)
        new = emit(node, aten.slice.Tensor, (layout.value, *bounds), like=node)
        replace(node, _after(layout, new, part).write(node))

    return write


def _after(layout: Layout, new: fx.Node, part: AxisSlice) -> Layout:
    """The layout of the slice: the sliced axis is one atom, or none if it has one element."""
    group = layout.groups[part.axis]
    first, kept = group[0], int(part.length > 1)
    atoms = (*layout.atoms[:first], *((part.length,) * kept), *layout.atoms[first + len(group) :])
    moved = kept - len(group)
    groups = [
        ((first,) * kept) if axis == part.axis else tuple(atom + moved if atom > first else atom for atom in other)
        for axis, other in enumerate(layout.groups)
    ]
    if part.drops_axis:
        del groups[part.axis]
    return Layout(new, atoms, tuple(groups))


@rule(aten.repeat.default)
def _repeat(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    counts = list(arguments(node)["repeats"])
    repeated = [axis for axis, count in enumerate(counts) if count != 1]
    if len(counts) != len(layout.groups) or len(repeated) != 1:
        return Refuse("it repeats along new or several axes")
    axis = layout.value_axis(repeated[0])
    if axis is None:
        return Refuse("it repeats a part of an axis")

    def write() -> None:
        along = [1] * len(shape(layout.value))
        along[axis] = counts[repeated[0]]
        new = emit(node, aten.repeat.default, (layout.value, along), like=node)
        replace(node, layout.resized(new, axis).write(node))

    return write


@rule(aten.cat.default)
def _concatenate(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    tensors, dim = arguments(node)["tensors"], arguments(node)["dim"]
    axis = layout.value_axis(dim)
    if axis is None:
        return Refuse("it concatenates along a part of an axis")
    layouts = [layout_of(tensor) for tensor in tensors]
    if any(_without_length(other, dim) != _without_length(layout, dim) for other in layouts):
        return Refuse("it concatenates tensors of different layouts")

    def write() -> None:
        new = emit(node, aten.cat.default, ([other.value for other in layouts], axis), like=node)
        replace(node, layout.resized(new, axis).write(node))

    return write


def _without_length(layout: Layout, dim: int) -> tuple[object, ...]:
    """A layout without the length of one axis of the tensor, to compare the layouts of tensors to concatenate."""
    axis, group = layout.value_axis(dim), layout.groups[dim]
    atoms = tuple(size for atom, size in enumerate(layout.atoms) if atom not in group)
    sizes = tuple(size for index, size in enumerate(shape(layout.value)) if index != axis)
    return axis, layout.groups, atoms, sizes
