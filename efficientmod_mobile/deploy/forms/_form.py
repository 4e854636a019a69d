"""The type of an operator's form, the transform that writes the forms of a table, and the helpers that they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform
from efficientmod_mobile.deploy.program import add_parameter, emit, node_dtype, replace, shape

aten = torch.ops.aten

Write = Callable[[], fx.Node]
"""Inserts the operators of the supported form before the node; returns the one that replaces the node."""
Form = Callable[[fx.Node], Write | None]
"""Returns how to write a node in a supported form; None if it is supported already, or if there is no such form."""


@dataclass(frozen=True)
class Written:
    """An operation, and the function that inserts its supported form."""

    node: fx.Node
    write: Write


class Forms(Transform[Written]):
    """Write operators in the supported forms of a table."""

    forms: ClassVar[Mapping[object, Form]]

    def check(self, node: fx.Node) -> Written | None:
        """Match an operator of the table that is supported only in another form."""
        form = self.forms.get(node.target) if node.op == "call_function" else None
        write = form(node) if form else None
        return Written(node, write) if write else None

    def rewrite(self, match: Written) -> None:
        """Replace the operator by its supported form."""
        replace(match.node, match.write())


def reshaped(node: fx.Node, x: fx.Node) -> fx.Node:
    """Insert a reshape of x to the node's shape, if it differs."""
    return x if shape(x) == shape(node) else emit(node, aten.reshape.default, (x, list(shape(node))))


def constant(node: fx.Node, role: str, value: Tensor) -> fx.Node:
    """Add a parameter in the node's dtype, named `<node>_<role>`."""
    return add_parameter(node, f"{node.name}_{role}", value.to(node.meta["val"].dtype))


def number(node: fx.Node, value: float) -> fx.Node:
    """Add a parameter without axes, of the node's dtype."""
    return add_parameter(node, f"{node.name}_number", torch.tensor(value, dtype=node_dtype(node)))


def pair(sizes: list[int]) -> list[int]:
    """Height and width, from one number for both or from two."""
    return list(sizes) if len(sizes) == 2 else list(sizes) * 2
