"""How each operator is applied to the value of its input's layout.

One function per family of operators: it takes the node and the layout of one input, and returns the function that
rewrites the node, the reason why it cannot be rewritten, or None. The equations are in `_channels_first`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis import (
    BINARY,
    ELEMENTWISE,
    Layout,
    Refuse,
    bias_name,
    constants_of,
    layout_of,
    own_layout,
)
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace, shape, tensor_of

aten = torch.ops.aten

_NORMS = (aten.layer_norm.default, aten.rms_norm.default)

Rewrite = Callable[[], None]
Rule = Callable[[fx.Node, Layout], Rewrite | Refuse | None]
RULES: dict[Any, Rule] = {}
"""The rule of each operator."""


def rule(*targets: Any) -> Callable[[Rule], Rule]:
    """Decorator: register this function as the rule of these operators."""

    def register_rule(function: Rule) -> Rule:
        for target in targets:
            if target in RULES:
                raise ValueError(f"two rules for {target}")
            RULES[target] = function
        return function

    return register_rule


def convolution(before: fx.Node, linear: fx.Node, x: fx.Node) -> fx.Node:
    """Insert the 1x1 convolution of x (N, I, H, W) with a linear layer's weights."""
    held = constants_of(linear)
    if isinstance(held, Refuse):
        raise AssertionError(held.reason)
    name, bias = str(arguments(linear)["weight"].target), held[1]
    weight = add_parameter(before, name, held[0][:, :, None, None])
    shift = None if bias is None else add_parameter(before, bias_name(name), bias)
    return emit(before, aten.conv2d.default, (x, weight, shift), like=linear)


@rule(aten.linear.default)
def _linear(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    held = constants_of(node)
    if isinstance(held, Refuse):
        return held
    if len(shape(layout.value)) != 4 or layout.value_axis(-1) != 1:
        return None

    def write() -> None:
        new = convolution(node, node, layout.value)
        replace(node, layout.resized(new, 1).write(node))

    return write


@rule(*ELEMENTWISE)
def _elementwise(node: fx.Node, layout: Layout) -> Rewrite:
    def write() -> None:
        new = emit(node, node.target, (layout.value, *node.args[1:]), node.kwargs)
        replace(node, layout.on(new).write(node))

    return write


@rule(*BINARY)
def _binary(node: fx.Node, layout: Layout) -> Rewrite | Refuse:
    plans = [_aligned(operand, layout) for operand in node.args[:2]]
    for plan in plans:
        if isinstance(plan, Refuse):
            return plan

    def write() -> None:
        operands = [plan(node) for plan in plans]  # type: ignore[operator]
        new = emit(node, node.target, (*operands, *node.args[2:]), node.kwargs)
        replace(node, layout.on(new).write(node))

    return write


def _aligned(operand: Any, layout: Layout) -> Callable[[fx.Node], Any] | Refuse:
    """Return how to insert an operand that broadcasts to the layout's tensor, so that it broadcasts to its value."""
    if not isinstance(operand, fx.Node):
        return lambda _before: operand
    size = (1,) * (len(layout.shape) - len(shape(operand))) + shape(operand)
    kept = [axis for axis, wanted in enumerate(layout.shape) if size[axis] == wanted]
    atoms = [atom for axis in kept for atom in layout.groups[axis]]
    whole = [group for group in layout.value_groups if all(atom in atoms for atom in group)]
    if any(atom in atoms for group in layout.value_groups if group not in whole for atom in group):
        return Refuse(f"{operand.name} is broadcast along a part of an axis")
    split = own_layout(operand) if tensor_of(operand) is not None else layout_of(operand)
    sizes = tuple(layout.atoms[atom] for atom in atoms)
    pieces = split.reshaped(sizes) or own_layout(operand).reshaped(sizes)
    if pieces is None:
        raise AssertionError(f"{operand.name}: its axes are not products of the atoms that they match")
    ordered = pieces.permuted([atoms.index(atom) for atom in sorted(atoms)])
    behind = ordered.reshaped(
        tuple(
            wanted if all(atom in atoms for atom in group) else 1
            for wanted, group in zip(shape(layout.value), layout.value_groups, strict=True)
        )
    )
    if behind is None:
        raise AssertionError(f"{operand.name}: atoms do not make the value's axes")
    held = tensor_of(operand)
    if held is not None:
        return lambda before: add_parameter(before, str(operand.target), behind.apply(held))
    if behind.reorders and shape(operand) == layout.shape and not _takes_permutes(behind.value, layout.value):
        return Refuse(f"{operand.name} would have to be permuted instead")
    return behind.write


def _takes_permutes(value: fx.Node, met: fx.Node) -> bool:
    """Whether a permute of `value` can be removed: it is a linear layer, to become a convolution, and `met` is not."""
    return is_call(value, aten.linear.default) and not is_call(met, aten.linear.default)


@rule(aten.mean.dim)
def _mean(node: fx.Node, layout: Layout) -> Rewrite | Refuse | None:
    bound = arguments(node)
    rank = len(layout.groups)
    dims = sorted(dim % rank for dim in bound["dim"] or range(rank))
    atoms = {atom for dim in dims for atom in layout.groups[dim]}
    axes = [axis for axis, group in enumerate(layout.value_groups) if group and atoms.issuperset(group)]
    if sum(len(layout.value_groups[axis]) for axis in axes) != len(atoms):
        return Refuse("it averages over a part of an axis of the value")
    if not axes:
        return None  # all have length 1, and an empty list of axes would mean all axes

    def write() -> None:
        new = emit(node, aten.mean.dim, (layout.value, axes, True), {"dtype": bound["dtype"]}, like=node)
        kept = sorted(set(range(len(layout.atoms))) - atoms)
        groups = [tuple(kept.index(atom) for atom in group if atom in kept) for group in layout.groups]
        if not bound["keepdim"]:
            groups = [group for axis, group in enumerate(groups) if axis not in dims]
        replace(node, Layout(new, tuple(layout.atoms[atom] for atom in kept), tuple(groups)).write(node))

    return write


@rule(aten.softmax.int)
def _softmax(node: fx.Node, layout: Layout) -> Rewrite | None:
    axis = layout.value_axis(arguments(node)["dim"])
    if axis is None or axis != len(shape(layout.value)) - 1:
        return None  # runtimes support softmax over the last axis

    def write() -> None:
        new = emit(node, aten.softmax.int, (layout.value, axis), node.kwargs)
        replace(node, layout.on(new).write(node))

    return write


@rule(*_NORMS)
def _norm(node: fx.Node, layout: Layout) -> Refuse:
    del layout
    return Refuse(f"{node.name} normalises the last axes; write it in elementary operators first (norm_in_operators)")
