"""What changes nothing vanishes, what only looks like it stays; constants are computed once."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._constant_folding import LARGEST_CONSTANT, FoldConstants, ProductAsLinear
from efficientmod_mobile.deploy.folds._identities import Identity

from ..conftest import Transformed

SHAPE = (1, 3, 5, 7)


class Apply(nn.Module):
    """tanh, then `function`: so that the input of the network is not its output."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.function(torch.tanh(x)))


NOTHING: dict[str, Callable[[Tensor], Tensor]] = {
    "dropout": nn.Dropout(0.3).eval(),
    "dropout2d": nn.Dropout2d(0.3).eval(),
    "alpha dropout": nn.AlphaDropout(0.3).eval(),
    "identity": nn.Identity(),
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.contiguous(),
    "detach": lambda x: x.detach(),
    "to the same dtype": lambda x: x.to(x.dtype, copy=True),
    "expand to the same shape": lambda x: x.expand(1, 3, 5, 7),
    "whole slice": lambda x: x[:, 0:3],
    "reshape to the same shape": lambda x: x.reshape(SHAPE),
    "permute to the same order": lambda x: x.permute(0, 1, -2, -1),
    "add zero": lambda x: x + 0,
    "zero plus": lambda x: 0 + x,
    "subtract zero": lambda x: x - 0.0,
    "times one": lambda x: x * 1.0,
    "one times": lambda x: 1 * x,
    "over one": lambda x: x / 1,
    "pad by nothing": lambda x: nn.functional.pad(x, (0, 0, 0, 0)),
    "pool to the same size": nn.AdaptiveAvgPool2d((5, 7)),
}


@pytest.mark.parametrize("function", NOTHING.values(), ids=NOTHING)
def test_what_changes_nothing_vanishes(function: Callable[[Tensor], Tensor], transformed: Transformed) -> None:
    result = transformed(Apply(function), SHAPE, (Identity(),))
    assert result.operators() == {"tanh": 2}
    assert result.applied().get("identity", 0) == result.before.node_count - 2


SOMETHING: dict[str, Callable[[Tensor], Tensor]] = {
    "half of it": lambda x: x[:, :, ::2],
    "transpose of a square": lambda x: x[..., :5].transpose(2, 3),
    "permute": lambda x: x.permute(0, 1, 3, 2),
    "one minus": lambda x: 1 - x,
    "zero minus": lambda x: 0 - x,
    "one over": lambda x: 2 / (x + 2),
    "expand": lambda x: x.mean(1, keepdim=True).expand(1, 3, 5, 7),
    "shift by padding": lambda x: nn.functional.pad(x, (1, -1)),
    "tiled": lambda x: x.repeat(1, 2, 1, 1),
}


@pytest.mark.parametrize("function", SOMETHING.values(), ids=SOMETHING)
def test_what_changes_something_stays(function: Callable[[Tensor], Tensor], transformed: Transformed) -> None:
    result = transformed(Apply(function), SHAPE, (Identity(),))
    needless_slices = sum("slice" in str(node.target) for node in result.before.graph.nodes)
    assert result.applied().get("identity", 0) <= needless_slices
    assert result.program.node_count >= 3


def test_a_dropout_that_draws_random_numbers_is_refused(transformed: Transformed) -> None:
    always = Apply(lambda x: x + 0.0 * nn.functional.dropout(x, 0.5, training=True))
    result = transformed(always, SHAPE, (Identity(),))
    assert result.refused("identity") == ["the dropout is in training mode and draws random numbers"]
    assert result.operators()["dropout"] == 1


class Standardised(nn.Module):
    """Weights that are normalised on the fly: all of it depends on constants only."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.conv.weight
        mean, deviation = weight.mean((1, 2, 3), keepdim=True), weight.std((1, 2, 3), keepdim=True)
        ramp = torch.arange(7, dtype=x.dtype) / 7
        return nn.functional.conv2d(x, (weight - mean) / deviation, self.conv.bias, padding=1) * ramp


def test_constants_are_computed_once(transformed: Transformed) -> None:
    result = transformed(Standardised(), SHAPE, (FoldConstants(),))
    assert result.operators() == {"conv2d": 1, "mul": 1}
    assert result.applied() == {"fold_constants": 6}
    assert len(list(result.program.graph_module.parameters())) == 3


class TooLarge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        side = 2 * int(LARGEST_CONSTANT**0.5)
        return x * self.scale.expand(1, 1, side, side).sum((2, 3), keepdim=True)


class Noisy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 0.0 * torch.rand(3, 1, 1)


def test_a_constant_that_would_bloat_the_file_is_refused(transformed: Transformed) -> None:
    result = transformed(TooLarge(), SHAPE, (FoldConstants(),))
    assert result.refused("fold_constants") == [f"its {4 * LARGEST_CONSTANT} elements would be stored in place of 1"]


def test_random_numbers_are_no_constants(transformed: Transformed) -> None:
    result = transformed(Noisy(), SHAPE, (FoldConstants(),))
    assert result.refused("fold_constants") == ["it draws random numbers"]


class Products(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.empty(7, 4))
        self.second = nn.Parameter(torch.empty(4, 6))
        self.bias = nn.Parameter(torch.empty(6))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.addmm(self.bias, (x @ self.first).reshape(-1, 4), self.second)
        return y.reshape(1, 3, 5, 6)


def test_a_product_with_a_constant_matrix_is_a_linear_layer(transformed: Transformed) -> None:
    result = transformed(Products(), SHAPE, (ProductAsLinear(),))
    assert result.applied() == {"product_as_linear": 2}
    assert result.operators() == {"linear": 2, "reshape": 2}


class SharedMatrix(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(7, 7))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x @ self.matrix) @ self.matrix


def test_a_shared_matrix_is_not_copied(transformed: Transformed) -> None:
    result = transformed(SharedMatrix(), SHAPE, (ProductAsLinear(),))
    assert len(result.refused("product_as_linear")) == 2
    assert "shared" in result.refused("product_as_linear")[0]


class NotALinearLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(7, 4))
        self.sum = nn.Parameter(torch.empty(15, 4))

    def forward(self, x: Tensor) -> Tensor:
        scaled = torch.addmm(self.sum[0], x.reshape(15, 7), self.matrix, alpha=2.0)
        return (torch.addmm(self.sum, x.reshape(15, 7), self.matrix) + scaled) @ x.reshape(15, 7)[:4]


def test_other_products_stay(transformed: Transformed) -> None:
    result = transformed(NotALinearLayer(), SHAPE, (ProductAsLinear(),))
    assert result.applied() == {}
    assert result.operators()["addmm"] == 2
