"""A scale and a shift of an image's channels become one batch norm; what is no such pair is left alone."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import ScaleAndShiftAsNorm

from ..conftest import Transformed

SHAPE = (2, 4, 5, 7)


class Scaled(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function
        self.scale = nn.Parameter(torch.randn(4, 1, 1))
        self.shift = nn.Parameter(torch.randn(1, 4, 1, 1))
        self.row = nn.Parameter(torch.randn(1, 1, 7))
        self.one = nn.Parameter(torch.randn(1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x.sin())


PAIRS: dict[str, Callable[[Scaled, Tensor], Tensor]] = {
    "constants behind": lambda n, x: x * n.scale + n.shift,
    "constants in front": lambda n, x: n.shift + n.scale * x,
}


@pytest.mark.parametrize("function", PAIRS.values(), ids=PAIRS)
def test_a_pair_becomes_a_norm(transformed: Transformed, function: Callable[[Scaled, Tensor], Tensor]) -> None:
    result = transformed(Scaled(function), SHAPE, (ScaleAndShiftAsNorm(),), keep_weights=True)
    assert result.operators() == {"sin": 1, "batch_norm": 1}
    (norm,) = result.program.graph.find_nodes(op="call_function", target=torch.ops.aten.batch_norm.default)
    assert norm.args[5:] == (False, 0.0, 1e-5, False)


OTHERS: dict[str, Callable[[Scaled, Tensor], Tensor]] = {
    "the product is read twice": lambda n, x: (lambda y: (y + n.shift) * y)(x * n.scale),
    "one number": lambda n, x: x * n.one + n.shift,
    "columns": lambda n, x: x * n.row + n.shift,
    "the shift is multiplied": lambda n, x: torch.add(x * n.scale, n.shift, alpha=2),
    "another image": lambda n, x: x * n.scale + x.cos(),
    "three axes": lambda n, x: (x[0] * n.scale + n.shift[0])[None],
    "a broadcast image": lambda n, x: x.mean(1, keepdim=True) * n.scale + n.shift,
}


@pytest.mark.parametrize("function", OTHERS.values(), ids=OTHERS)
def test_what_is_no_such_pair_stays(transformed: Transformed, function: Callable[[Scaled, Tensor], Tensor]) -> None:
    result = transformed(Scaled(function), SHAPE, (ScaleAndShiftAsNorm(),), keep_weights=True)
    assert result.applied() == {}
