"""How large a program's values are, on its examples, the first picture of a proof."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program import Float64Interpreter, Program, is_call

Watched = Callable[[fx.Node, Mapping[fx.Node, Any], Tensor], Tensor]
"""What is measured of a node, given the values that it reads and its result."""


def largest_values(program: Program, operators: Sequence[Any], watched: Watched) -> Mapping[fx.Node, float]:
    """The largest magnitude of what is watched of each call of these operators, in float64."""
    if not any(is_call(node, *operators) for node in program.graph.nodes):
        return {}
    watch = _Watch(program.graph_module, operators, watched)
    with torch.no_grad():
        watch.run(*program.examples)
    return watch.largest


class _Watch(Float64Interpreter):
    def __init__(self, module: fx.GraphModule, operators: Sequence[Any], watched: Watched) -> None:
        super().__init__(module)
        self.operators, self.watched = operators, watched
        self.largest: dict[fx.Node, float] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if is_call(n, *self.operators):
            self.largest[n] = float(self.watched(n, self.env, result).abs().max())
        return result
