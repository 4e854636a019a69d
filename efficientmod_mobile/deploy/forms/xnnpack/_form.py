"""What the forms for XNNPACK share."""

from collections.abc import Callable

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program import add_parameter, emit, shape

aten = torch.ops.aten

Write = Callable[[], fx.Node]
"""Inserts the operators of the other form before the node, and returns the one that takes the node's place."""
Form = Callable[[fx.Node], Write | None]
"""Says how to write a node otherwise; None where XNNPACK takes it as it is, or where there is no form that it takes."""


def reshaped(node: fx.Node, x: fx.Node) -> fx.Node:
    """Insert a reshape of x to the node's own shape, where it has another one."""
    return x if shape(x) == shape(node) else emit(node, aten.reshape.default, (x, list(shape(node))))


def constant(node: fx.Node, role: str, value: Tensor) -> fx.Node:
    """Hold a tensor in the node's precision, by a name that says what it is for."""
    return add_parameter(node, f"{node.name}_{role}", value.to(node.meta["val"].dtype))


def pair(sizes: list[int]) -> list[int]:
    """Height and width, where one number may stand for both."""
    return list(sizes) if len(sizes) == 2 else list(sizes) * 2
