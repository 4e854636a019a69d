"""How cuts of an axis, repetitions and joins along one work on the tensor behind their input's layout.

    cut(permute(v), dim) = permute(cut(v, the dim's axis in v))

Where the dim is only the outer part of the value's axis (the 3 of an axis that holds 3 * heads * width channels), the
cut is one of the whole axis, in steps of what lies within.
"""

import math
import operator

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis import Cut, Layout, Refuse, cut_of, layout_of
from efficientmod_mobile.deploy.forms.channels_first._rules import Rewrite, rule
from efficientmod_mobile.deploy.program import arguments, emit, replace, shape

aten = torch.ops.aten


@rule(operator.getitem, aten.slice.Tensor, aten.select.int)
def _cut(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    cut = cut_of(node)
    group = layout.groups[cut.axis] if cut else ()
    if cut is None or not group:
        return None
    axis = next(index for index, atoms in enumerate(layout.value_groups) if group[0] in atoms)
    atoms = layout.value_groups[axis]
    if group != atoms[: len(group)]:
        return Refuse(f"it cuts the inner part of an axis of {layout.value.name}")
    inner = math.prod(layout.atoms[atom] for atom in atoms[len(group) :])

    def write() -> None:
        bounds = (axis, cut.start * inner, (cut.start + cut.length) * inner)
        new = emit(node, aten.slice.Tensor, (layout.value, *bounds), like=node)
        replace(node, _after(layout, new, cut).write(node))

    return write


def _after(layout: Layout, new: fx.Node, cut: Cut) -> Layout:
    """The layout of what is left: the cut axis is one atom, or none where one element is left."""
    group = layout.groups[cut.axis]
    first, kept = group[0], int(cut.length > 1)
    atoms = (*layout.atoms[:first], *((cut.length,) * kept), *layout.atoms[first + len(group) :])
    moved = kept - len(group)
    groups = [
        ((first,) * kept) if axis == cut.axis else tuple(atom + moved if atom > first else atom for atom in other)
        for axis, other in enumerate(layout.groups)
    ]
    if cut.drops:
        del groups[cut.axis]
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
def _join(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    tensors, dim = arguments(node)["tensors"], arguments(node)["dim"]
    axis = layout.value_axis(dim)
    if axis is None:
        return Refuse("it joins along a part of an axis")
    layouts = [layout_of(tensor) for tensor in tensors]
    if any(_apart_from(other, dim) != _apart_from(layout, dim) for other in layouts):
        return Refuse("it joins tensors that lie in different ways")

    def write() -> None:
        new = emit(node, aten.cat.default, ([other.value for other in layouts], axis), like=node)
        replace(node, layout.resized(new, axis).write(node))

    return write


def _apart_from(layout: Layout, dim: int) -> tuple[object, ...]:
    """All of a layout but how long one axis of the tensor is: the sizes of the value's other axes and atoms."""
    axis, group = layout.value_axis(dim), layout.groups[dim]
    atoms = tuple(size for atom, size in enumerate(layout.atoms) if atom not in group)
    sizes = tuple(size for index, size in enumerate(shape(layout.value)) if index != axis)
    return axis, layout.groups, atoms, sizes
