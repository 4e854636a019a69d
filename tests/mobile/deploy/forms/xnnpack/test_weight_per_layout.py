"""A parameter that several kinds of readers share is stored once for each."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import WeightPerLayout

from ...conftest import Transformed

SHAPE = (2, 4, 5, 7)


class Shares(nn.Module):
    def __init__(self, function: Callable[["Shares", Tensor], object]) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.randn(4, 4, 3, 3), requires_grad=False)

    def forward(self, x: Tensor) -> object:
        return self.function(self, x)


SHARED: dict[str, tuple[Callable[[Shares, Tensor], object], int]] = {
    "two kinds of layers": (lambda n, x: F.conv_transpose2d(F.conv2d(x, n.weight), n.weight), 2),
    "a layer, and returned": (lambda n, x: (F.conv2d(x, n.weight), n.weight), 2),
    "a product, and returned": (lambda n, x: (x.mean() * n.weight, n.weight), 2),
    "all": (lambda n, x: (F.conv_transpose2d(F.conv2d(x, n.weight), n.weight), n.weight), 3),
    "one kind": (lambda n, x: F.conv2d(F.conv2d(x, n.weight), n.weight), 1),
}


@pytest.mark.parametrize(("function", "copies"), SHARED.values(), ids=SHARED)
def test_each_kind_has_its_own(transformed: Transformed, function: Callable[..., object], copies: int) -> None:
    result = transformed(Shares(function), SHAPE, (WeightPerLayout(),), keep_weights=True)
    held = {str(node.target) for node in result.program.graph.find_nodes(op="get_attr")}
    assert len(held) == copies
