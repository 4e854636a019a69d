"""Channels-last parts of a network become channels-first: linear layers become 1x1 convolutions, permutes cancel.

    linear(permute(v), W, b)  = permute(conv1x1(v, W, b))        if v is (N, C, H, W) with the channels at axis 1
    op(permute(v), ...)       = permute(op(v, ...))              op elementwise
    mean(permute(v), dims)    = squeeze(mean(v, the same axes in v))
    slice(permute(v), dim)    = permute(slice(v, the same axis in v))     also split, chunk, select, unbind
    softmax, product with a broadcast tensor or constant: in the same way
    permute(linear(x, W, b))  = conv1x1(permute(x), W, b)        if the permute moves the channels to axis 1
    permute(permute(v))       = v, or one permute

An operator whose input has a layout (see `analysis/_layout.py`) is applied to the value of the layout instead, and the
layout is applied to its result. Reshapes and permutes remain only before operators that need them. The rules do not
depend on a particular network; a network without permutes is not changed.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    BINARY,
    ELEMENTWISE,
    Layout,
    Refuse,
    chain_length,
    constants_of,
    is_move,
    layout_of,
    own_layout,
    slice_of,
)
from efficientmod_mobile.deploy.forms.channels_first import _slice_rules  # noqa: F401 - registers its rules
from efficientmod_mobile.deploy.forms.channels_first._rules import RULES, Rewrite, convolution
from efficientmod_mobile.deploy.program import is_call, only_user, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class Plan:
    """The rewriting that a rule found."""

    write: Rewrite


@register
class ChannelsFirst(Transform[Plan]):
    """Move operators from channels-last tensors to the channels-first ones that they were permuted from."""

    name: ClassVar[str] = "channels_first"

    def check(self, node: fx.Node) -> Plan | Refuse | None:
        """Match an operator with a permuted input, a chain of moves that can be shorter, or a permuted layer."""
        if any(_is_empty(tensor) for tensor in (node, *node.all_input_nodes)):
            return None  # a layout has no axes of length 0
        found = _hoist(node) or _shorten(node) if is_move(node) else _move(node)
        return Plan(found) if callable(found) else found

    def rewrite(self, match: Plan) -> None:
        """Apply the operator to the value, and the layout to its result."""
        match.write()


def _is_empty(node: fx.Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.numel() == 0


def _move(node: fx.Node) -> Rewrite | Refuse | None:
    """Apply an operator to the value of its input's layout; for two inputs, to the first that a rule accepts."""
    function = RULES.get(node.target)
    found = [] if function is None else [function(node, layout) for layout in _input_layouts(node)]
    return next((plan for plan in found if callable(plan)), found[0] if found else None)


def _input_layouts(node: fx.Node) -> list[Layout]:
    """The layouts of the inputs that reorder elements and have the result's shape.

    For elementwise operators also those that only reshape, since the reshape may cancel with a later one.
    """
    part = slice_of(node)
    inputs = [part.source] if part else node.all_input_nodes[: 2 if is_call(node, *BINARY) else 1]
    computed = [source for source in inputs if source.op != "get_attr" and isinstance(source.meta["val"], Tensor)]
    layouts = [(source, layout_of(source)) for source in computed]
    if is_call(node, *BINARY):
        layouts = [(source, layout) for source, layout in layouts if layout.shape == shape(node)]
    through_reshapes = is_call(node, *ELEMENTWISE, aten.softmax.int)
    return [
        layout for source, layout in layouts if layout.reorders or (through_reshapes and layout.value is not source)
    ]


def _shorten(node: fx.Node) -> Rewrite | None:
    layout = layout_of(node)
    if len(layout.moves()) >= chain_length(node, layout.value):
        return None
    return lambda: replace(node, layout.write(node))


def _hoist(node: fx.Node) -> Rewrite | None:
    """Exchange a linear layer and the permute after it that moves its channels to axis 1."""
    layout = layout_of(node)
    linear = layout.value
    if not is_call(linear, aten.linear.default) or len(layout.groups) != 4 or not layout.reorders:
        return None
    x = linear.args[0]
    channels = layout.value_groups[-1]
    if not channels or layout.groups[1] != channels or not isinstance(x, fx.Node) or not _leads_to(linear, node):
        return None
    if _is_empty(x):
        return None
    if isinstance(constants_of(linear), Refuse) or not layout_of(x).reorders:
        return None
    positions = layout.atoms[: len(layout.atoms) - len(channels)]
    spread = (layout_of(x).reshaped((*positions, shape(x)[-1]))) or own_layout(x).reshaped((*positions, shape(x)[-1]))
    if spread is None:
        return None
    order = [axis for group in layout.groups for axis in ((len(positions),) if group == channels else group)]
    size = (layout.shape[0], shape(x)[-1], *layout.shape[2:])
    moved = spread.permuted(order).reshaped(size)
    if moved is None:
        return None
    return lambda: replace(node, convolution(node, linear, moved.write(node)))


def _leads_to(first: fx.Node, last: fx.Node) -> bool:
    """Whether a chain of nodes, each the only user of the previous one, leads from the first to the last."""
    node: fx.Node | None = first
    while node is not None and node is not last:
        node = only_user(node)
    return node is last
