"""Operations on constants are computed once; a product with a constant matrix becomes a linear layer."""

import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._constant_folding import LARGEST_CONSTANT, FoldConstants, ProductAsLinear

from ..conftest import Transformed

SHAPE = (1, 3, 5, 7)


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


def test_a_large_result_is_refused(transformed: Transformed) -> None:
    result = transformed(TooLarge(), SHAPE, (FoldConstants(),))
    assert result.refused("fold_constants") == [f"its {4 * LARGEST_CONSTANT} elements would be stored in place of 1"]


def test_random_numbers_are_not_folded(transformed: Transformed) -> None:
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
    assert "other users" in result.refused("product_as_linear")[0]


class NotALinearLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(7, 4))
        self.sum = nn.Parameter(torch.empty(15, 4))

    def forward(self, x: Tensor) -> Tensor:
        scaled = torch.addmm(self.sum[0], x.reshape(15, 7), self.matrix, alpha=2.0)
        return (torch.addmm(self.sum, x.reshape(15, 7), self.matrix) + scaled) @ x.reshape(15, 7)[:4]


def test_other_products_are_kept(transformed: Transformed) -> None:
    result = transformed(NotALinearLayer(), SHAPE, (ProductAsLinear(),))
    assert result.applied() == {}
    assert result.operators()["addmm"] == 2
