"""How large the products of two computed matrices are, on the program's examples, the first picture of a proof."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.program import Float64Interpreter, Program, is_call

aten = torch.ops.aten

PRODUCTS = (aten.matmul.default, aten.bmm.default)


def largest_products(program: Program) -> Mapping[fx.Node, float]:
    """The largest magnitude of each product."""
    if not any(is_call(node, *PRODUCTS) for node in program.graph.nodes):
        return {}
    watch = _Watch(program.graph_module)
    with torch.no_grad():
        watch.run(*program.examples)
    return watch.largest


class _Watch(Float64Interpreter):
    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.largest: dict[fx.Node, float] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if is_call(n, *PRODUCTS):
            self.largest[n] = float(value.abs().max())
        return value
