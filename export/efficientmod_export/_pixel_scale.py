"""A network that scales pixels by itself, told when it gets normalised pictures: nothing else would show it."""

from collections.abc import Iterator

import torch
from torch import fx

from efficientmod_export._network_inputs import of_pixels_already
from efficientmod_export.bundle.contract import Input
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import arguments, is_call

aten = torch.ops.aten

_MOVES = (aten.permute.default, aten.to.dtype, aten.clone.default, aten.contiguous.default, aten.reshape.default)

DIVISORS = 127.0, 256.0
"""127.5 and 255 are usual."""


def pixels_expected(program: Program, inputs: tuple[Input, ...]) -> tuple[str, ...]:
    """A sentence for each picture that the network divides by about 255, although the bundle's are normalised."""
    nodes = program.graph.find_nodes(op="placeholder")
    return tuple(
        f"The network divides {one.name} by {divisor:g}, as if it had pixels from 0 to 255, but gets a normalised "
        f"picture; --input {one.name}=pixels:{one.shape[2]}x{one.shape[3]} gives it the pixels."
        for one, node in zip(inputs, nodes, strict=True)
        if one.preprocessing and not of_pixels_already(one.preprocessing)
        for divisor in list(_divisors(node))[:1]
    )


def _divisors(node: fx.Node) -> Iterator[float]:
    for user in node.users:
        if is_call(user, *_MOVES):
            yield from _divisors(user)
        elif is_call(user, aten.div.Tensor, aten.mul.Tensor) and arguments(user)["self"] is node:
            factor = arguments(user)["other"]
            if isinstance(factor, int | float) and factor:
                divisor = factor if is_call(user, aten.div.Tensor) else 1.0 / factor
                if DIVISORS[0] <= divisor <= DIVISORS[1]:
                    yield divisor
