"""How large the products of two computed matrices are, on the program's examples, the first picture of a proof."""

from collections.abc import Mapping

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis._largest_values import largest_values
from efficientmod_mobile.deploy.program import Program

aten = torch.ops.aten

PRODUCTS = (aten.matmul.default, aten.bmm.default)


def largest_products(program: Program) -> Mapping[fx.Node, float]:
    """The largest magnitude of each product."""
    return largest_values(program, PRODUCTS, lambda _node, _read, result: result)
