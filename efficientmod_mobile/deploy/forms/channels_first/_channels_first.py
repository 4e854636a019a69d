"""Channels-last stretches of a network become channels-first: linear layers are 1x1 convolutions, permutes meet.

    linear(permute(v), W, b)  = permute(conv1x1(v, W, b))        where v has the channels at axis 1, and is (N, C, H, W)
    op(permute(v), ...)       = permute(op(v, ...))              op element by element
    mean(permute(v), dims)    = squeeze(mean(v, the dims' axes in v))
    cut(permute(v), dim)      = permute(cut(v, the dim's axis in v))      cut: split, chunk, slice, select, unbind
    softmax, product with a broadcast tensor or constant: alike
    permute(linear(x, W, b))  = conv1x1(permute(x), W, b)        where the permute puts the channels at axis 1
    permute(permute(v))       = v, or one permute

A tensor's layout (how reshapes and permutes made it, see `_layout`) travels with it past each operator that can work
on the tensor behind it. Written out again are only the reshapes and permutes that an operator insists on. Nothing
here knows of a particular network; where no permute is, nothing changes.
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
    cut_of,
    is_move,
    layout_of,
    own_layout,
)
from efficientmod_mobile.deploy.forms.channels_first import _slice_rules  # noqa: F401 - registers its rules
from efficientmod_mobile.deploy.forms.channels_first._rules import RULES, Rewrite, convolution
from efficientmod_mobile.deploy.program import is_call, only_user, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class Plan:
    """What a rule found, ready to be written."""

    write: Rewrite


@register
class ChannelsFirst(Transform[Plan]):
    """Move operators from channels-last tensors to the channels-first ones that they were permuted from."""

    name: ClassVar[str] = "channels_first"

    def check(self, node: fx.Node) -> Plan | Refuse | None:
        """Match an operator whose input is permuted, a chain of moves that can be shorter, a layer that is permuted."""
        if any(_is_empty(tensor) for tensor in (node, *node.all_input_nodes)):
            return None  # a layout has no axes of length 0
        found = _hoist(node) or _shorten(node) if is_move(node) else _move(node)
        return Plan(found) if callable(found) else found

    def rewrite(self, match: Plan) -> None:
        """Write the operator on the tensor behind, and its result's layout."""
        match.write()


def _is_empty(node: fx.Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.numel() == 0


def _move(node: fx.Node) -> Rewrite | Refuse | None:
    """Move an operator behind its input's layout; one of two inputs behind the other's, whichever can be."""
    function = RULES.get(node.target)
    found = [] if function is None else [function(node, layout) for layout in _input_layouts(node)]
    return next((plan for plan in found if callable(plan)), found[0] if found else None)


def _input_layouts(node: fx.Node) -> list[Layout]:
    """The layouts to work behind: of inputs that reorder elements and have the result's own shape.

    What works element by element moves behind a mere reshape too, since the reshape may meet another.
    """
    cut = cut_of(node)
    inputs = [cut.source] if cut else node.all_input_nodes[: 2 if is_call(node, *BINARY) else 1]
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
    """Move a linear layer behind the permute that puts its channels at axis 1."""
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
    """Whether a chain of nodes, each the only reader of the one before, leads from the first to the last."""
    node: fx.Node | None = first
    while node is not None and node is not last:
        node = only_user(node)
    return node is last
