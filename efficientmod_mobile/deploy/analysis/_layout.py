"""The effect of a chain of reshapes and permutes as a value.

A layout describes how a tensor of the network is made from another tensor, its value:

    tensor = merge(permute(split(value)))

`split` cuts the value's axes into atoms (row-major, each larger than 1), `permute` orders the atoms, `merge` joins
those of one group into one axis. Reshape, permute, transpose, flatten, squeeze and unsqueeze are of this form, and so
is every chain of them. A chain can therefore be replaced by the fewest operators that have the same effect, and only
where an operator needs the tensor itself.

Invariants: the atoms' sizes multiply to the value's axes from left to right; every atom is in one group; an axis of
size 1 is an empty group.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program import Shape, arguments, emit, is_call, shape

aten = torch.ops.aten

_RESHAPES = (
    aten.flatten.using_ints,
    aten.reshape.default,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.unflatten.int,
    aten.unsqueeze.default,
)
_PERMUTES = (aten.permute.default, aten.transpose.int)

Move = tuple[Any, list[int]]
"""A move: an operator, reshape or permute, and its list argument."""


@dataclass(frozen=True)
class Layout:
    """How a tensor is made from `value`: the sizes of the atoms, and the atoms of each axis of the tensor."""

    value: fx.Node
    atoms: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]

    @property
    def shape(self) -> Shape:
        """The tensor's shape."""
        return tuple(math.prod(self.atoms[atom] for atom in group) for group in self.groups)

    @property
    def order(self) -> tuple[int, ...]:
        """The atoms in the order of the tensor's axes, row-major."""
        return tuple(atom for group in self.groups for atom in group)

    @property
    def reorders(self) -> bool:
        """Whether elements are reordered: the layout is more than a reshape."""
        return self.order != tuple(range(len(self.atoms)))

    @property
    def value_groups(self) -> tuple[tuple[int, ...], ...]:
        """The atoms of each axis of the value."""
        return group_atoms(shape(self.value), self.atoms)

    def value_axis(self, axis: int) -> int | None:
        """The axis of the value that has the same atoms as this axis of the tensor; None if there is none."""
        group = self.groups[axis]
        axes = [index for index, atoms in enumerate(self.value_groups) if atoms == group]
        return axes[0] if group and axes else None

    def permuted(self, dims: list[int]) -> "Layout":
        """The layout of `permute(tensor, dims)`."""
        return Layout(self.value, self.atoms, tuple(self.groups[axis] for axis in dims))

    def reshaped(self, size: Shape) -> "Layout | None":
        """The layout of `reshape(tensor, size)`; None if no split of the atoms makes its axes."""
        refined, groups = self, list[tuple[int, ...]]()
        done = 0
        for wanted in size:
            group, filled = list[int](), 1
            while filled < wanted:
                atom = refined.order[done]
                left, rest = wanted // filled, refined.atoms[atom]
                if wanted % filled or (left % rest and rest % left):
                    return None
                if rest > left:
                    refined = refined._split(atom, left)
                    groups = [tuple(a + (a > atom) for a in g) for g in groups]
                    group = [a + (a > atom) for a in group]
                group.append(refined.order[done])
                filled *= refined.atoms[group[-1]]
                done += 1
            groups.append(tuple(group))
        return Layout(self.value, refined.atoms, tuple(groups))

    def _split(self, atom: int, outer: int) -> "Layout":
        """Split an atom in two: one of size `outer`, then the rest."""
        atoms = (*self.atoms[:atom], outer, self.atoms[atom] // outer, *self.atoms[atom + 1 :])
        groups = [
            tuple(half for a in group for half in ((a, a + 1) if a == atom else (a + (a > atom),)))
            for group in self.groups
        ]
        return Layout(self.value, atoms, tuple(groups))

    def on(self, value: fx.Node) -> "Layout":
        """The same layout of another value of the same shape."""
        return Layout(value, self.atoms, self.groups)

    def resized(self, value: fx.Node, axis: int) -> "Layout":
        """The same layout of a value in which `axis`, a whole axis of the tensor too, has another size."""
        old = self.value_groups[axis]
        size = shape(value)[axis]
        first = sum(len(group) for group in self.value_groups[:axis])
        new = (size,) if size > 1 else ()
        atoms = (*self.atoms[:first], *new, *self.atoms[first + len(old) :])
        moved = len(new) - len(old)
        place = next(index for index, group in enumerate(self.groups) if group == old)
        groups = [
            tuple(range(first, first + len(new)))
            if index == place
            else tuple(a + moved if a >= first + len(old) else a for a in group)
            for index, group in enumerate(self.groups)
        ]
        return Layout(value, atoms, tuple(groups))

    def moves(self) -> list[Move]:
        """The fewest reshapes and permutes that make the tensor from the value."""
        if not self.reorders:
            return _reshape(shape(self.value), self.shape)
        # Of two chains of equal length, the one that ends with the permute, which can be fused into a matrix product.
        short = [plan for plan in (self._reshape_then_permute(), self._permute_then_reshape()) if plan is not None]
        return min([*short, self._three_moves()], key=len)

    def _permute_then_reshape(self) -> list[Move] | None:
        """Permute the value's own axes, then reshape; None if that splits one of them."""
        axes = self.value_groups
        by_first = {group[0]: index for index, group in enumerate(axes) if group}
        singles = [index for index, group in enumerate(axes) if not group]
        dims, place = list[int](), 0
        for group in self.groups:
            if not group and singles:
                dims.append(singles.pop(0))
            place = 0
            while place < len(group):
                axis = by_first.get(group[place])
                if axis is None or tuple(group[place : place + len(axes[axis])]) != axes[axis]:
                    return None
                dims.append(axis)
                place += len(axes[axis])
        dims += singles
        permuted = tuple(shape(self.value)[axis] for axis in dims)
        return [(aten.permute.default, dims), *_reshape(permuted, self.shape)]

    def _reshape_then_permute(self) -> list[Move] | None:
        """Reshape the value to the tensor's axes in its own order, then permute; None if that splits an axis."""
        if any(group != tuple(range(group[0], group[0] + len(group))) for group in self.groups if group):
            return None
        ordered = sorted(range(len(self.groups)), key=lambda axis: (self.groups[axis] or (-1,), axis))
        size = tuple(self.shape[axis] for axis in ordered)
        dims = [ordered.index(axis) for axis in range(len(ordered))]
        return [*_reshape(shape(self.value), size), (aten.permute.default, dims)]

    def _three_moves(self) -> list[Move]:
        """Reshape to the longest runs of adjacent atoms, permute these, reshape."""
        runs: list[list[int]] = []
        for atom in self.order:
            if runs and runs[-1][-1] + 1 == atom:
                runs[-1].append(atom)
            else:
                runs.append([atom])
        in_value = sorted(runs)
        size = tuple(math.prod(self.atoms[atom] for atom in run) for run in in_value)
        dims = [in_value.index(run) for run in runs]
        permuted = tuple(size[axis] for axis in dims)
        return [
            *_reshape(shape(self.value), size),
            (aten.permute.default, dims),
            *_reshape(permuted, self.shape),
        ]

    def write(self, before: fx.Node) -> fx.Node:
        """Insert the moves before a node, and return the tensor."""
        node = self.value
        for target, argument in self.moves():
            node = emit(before, target, (node, argument))
        return node

    def apply(self, constant: Tensor) -> Tensor:
        """Apply the moves to a constant."""
        for target, argument in self.moves():
            constant = target(constant, argument)
        return constant


def group_atoms(size: Shape, atoms: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Assign the atoms to the axes of a tensor, from left to right."""
    groups, atom = [], 0
    for wanted in size:
        group, filled = list[int](), 1
        while filled < wanted:
            group.append(atom)
            filled *= atoms[atom]
            atom += 1
        groups.append(tuple(group))
    return tuple(groups)


def own_layout(node: fx.Node) -> Layout:
    """The identity layout of a tensor."""
    atoms = tuple(size for size in shape(node) if size > 1)
    return Layout(node, atoms, group_atoms(shape(node), atoms))


def is_move(node: object) -> bool:
    """Whether the node is a move: a reshape or a permute."""
    return is_call(node, *_RESHAPES, *_PERMUTES)


def layout_of(node: fx.Node) -> Layout:
    """The layout of the node's tensor relative to the tensor at the start of its chain of moves."""
    if not is_move(node) or not isinstance(node.args[0], fx.Node):
        return own_layout(node)
    return _moved(layout_of(node.args[0]), node) or own_layout(node)


def step_of(node: fx.Node) -> Layout:
    """The layout of a move's result relative to its input."""
    return _moved(own_layout(node.all_input_nodes[0]), node) or own_layout(node)


def chain_length(node: fx.Node, value: fx.Node) -> int:
    """The number of moves from a value to a tensor."""
    length = 0
    while node is not value:
        node, length = node.all_input_nodes[0], length + 1
    return length


def _moved(layout: Layout, node: fx.Node) -> Layout | None:
    if is_call(node, *_PERMUTES):
        return layout.permuted(_dims(node))
    return layout.reshaped(shape(node))


def _dims(node: fx.Node) -> list[int]:
    rank = len(shape(node))
    bound = arguments(node)
    if is_call(node, aten.permute.default):
        return [axis % rank for axis in bound["dims"]]
    dims = list(range(rank))
    first, second = bound["dim0"] % rank, bound["dim1"] % rank
    dims[first], dims[second] = second, first
    return dims


def _reshape(before: Shape, after: Shape) -> list[Move]:
    return [] if before == after else [(aten.reshape.default, list(after))]
