"""The type of a form for XNNPACK, and the helpers that the forms share."""

from collections.abc import Callable

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program import add_parameter, emit, shape

aten = torch.ops.aten

Write = Callable[[], fx.Node]
"""Inserts the operators of the supported form before the node; returns the one that replaces the node."""
Form = Callable[[fx.Node], Write | None]
"""Returns how to write a node in a supported form; None if it is supported already, or if there is no such form."""


def reshaped(node: fx.Node, x: fx.Node) -> fx.Node:
    """Insert a reshape of x to the node's shape, if it differs."""
    return x if shape(x) == shape(node) else emit(node, aten.reshape.default, (x, list(shape(node))))


def constant(node: fx.Node, role: str, value: Tensor) -> fx.Node:
    """Add a parameter in the node's dtype, named `<node>_<role>`."""
    return add_parameter(node, f"{node.name}_{role}", value.to(node.meta["val"].dtype))


def pair(sizes: list[int]) -> list[int]:
    """Height and width, from one number for both or from two."""
    return list(sizes) if len(sizes) == 2 else list(sizes) * 2
