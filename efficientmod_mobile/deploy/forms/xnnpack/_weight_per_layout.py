"""A weight that layers of different layouts share is stored once for each layout, and once more where it is returned.

    f(x, w), g(y, w), w  =  f(x, w), g(y, w'), w''        w', w'' copies of w

ExecuTorch's serialiser for XNNPACK stores one tensor per parameter, in the layout that its first reader wants, and the
other readers read it as if it were in theirs. A parameter that a delegate reads, the network cannot return.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.program import add_parameter, arguments, is_call, tensor_of

aten = torch.ops.aten

_LAYERS = (
    aten.conv1d.default,
    aten.conv2d.default,
    aten.conv2d.padding,
    aten.conv_transpose1d.default,
    aten.conv_transpose2d.input,
    aten.linear.default,
)


@dataclass(frozen=True)
class Shared:
    """A parameter, its readers with each other layout than the first reader's, and what returns it."""

    parameter: fx.Node
    others: tuple[tuple[fx.Node, ...], ...]


@register
class WeightPerLayout(Transform[Shared]):
    """Store a weight once for each kind of layer that reads it, and once where it is returned."""

    name: ClassVar[str] = "weight_per_layout"

    def check(self, node: fx.Node) -> Shared | None:
        """Match a parameter that is the weight of layers of several kinds, or is read and returned."""
        if node.op != "get_attr" or len(node.users) < 2:
            return None
        kinds: dict[tuple[Any, ...], list[fx.Node]] = {}
        for user in node.users:
            if is_call(user, *_LAYERS) and arguments(user)["weight"] is node:
                kinds.setdefault(_kind(user), []).append(user)
        others = [*list(kinds.values())[1:], *([user] for user in node.users if user.op == "output")]
        return Shared(node, tuple(map(tuple, others))) if others else None

    def rewrite(self, match: Shared) -> None:
        """Give each further kind a copy."""
        held = tensor_of(match.parameter)
        if held is None:
            raise AssertionError(f"{match.parameter.name} is no parameter")
        for readers in match.others:
            copy = add_parameter(readers[0], str(match.parameter.target), held.clone())
            for reader in readers:
                reader.replace_input_with(match.parameter, copy)


def _kind(layer: fx.Node) -> tuple[Any, ...]:
    """What the layout of a layer's weight depends on."""
    return layer.target, arguments(layer).get("groups", 1)
