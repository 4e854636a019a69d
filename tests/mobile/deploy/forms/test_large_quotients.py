"""Quotients of two parts of one product, as in linear attention: smaller numbers, equal, and finite in float16."""

import pytest
import torch
from torch import Tensor, fx, nn

from efficientmod_mobile.deploy import LargeQuotients, Program, Recipe, capture, deploy

from ..conftest import Transformed

SHAPE = (1, 2, 40, 12)
FORM: Recipe = (LargeQuotients(),)


class LinearAttention(nn.Module):
    """(1, heads, positions, 3 channels): as EfficientViT of MIT has it."""

    def __init__(self, size: float, *, eps: float = 1e-5, shown: bool = False) -> None:
        super().__init__()
        self.size, self.eps, self.shown = size, eps, shown

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        q, k, v = (self.size * x).chunk(3, -1)
        values = nn.functional.pad(v, (0, 1), value=1.0)
        product = q.relu() @ (k.relu().transpose(-1, -2) @ values)
        y = product[..., :-1] / (product[..., -1:] + self.eps)
        return (y, product) if self.shown else y


def test_a_large_quotient(transformed: Transformed) -> None:
    result = transformed(LinearAttention(30.0), SHAPE, FORM)
    assert result.applied() == {"large_quotients": 1}


def test_a_small_one_costs_nothing(transformed: Transformed) -> None:
    assert transformed(LinearAttention(1.0), SHAPE, FORM).applied() == {}


def test_a_product_that_is_shown_as_well(transformed: Transformed) -> None:
    (refusal,) = transformed(LinearAttention(30.0, shown=True), SHAPE, FORM).refused("large_quotients")
    assert "read by others" in refusal


def test_a_number_that_cannot_be_smaller(transformed: Transformed) -> None:
    (refusal,) = transformed(LinearAttention(30.0, eps=1e-7), SHAPE, FORM).refused("large_quotients")
    assert "is no number of float16" in refusal


def deployed(size: float, x: Tensor, recipe: Recipe) -> Program:
    return deploy(capture(LinearAttention(size).eval(), x), recipe).program


def test_a_factor_and_eps_are_scaled_by_a_power_of_two() -> None:
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    numbers = [
        node.args[1] for node in deployed(100.0, x, FORM).graph.nodes if isinstance((*node.args, 0, 0)[1], float)
    ]
    scale = next(number for number in numbers if number not in (100.0, 1e-5) and number > 1e-6)
    assert torch.tensor(scale).log2().frac() == 0
    assert numbers[-1] == 1e-5 * scale


class Rounding(fx.Interpreter):
    """Every value rounded to float16."""

    def run_node(self, n: fx.Node) -> Tensor:
        value = super().run_node(n)
        return value.half().float() if isinstance(value, Tensor) else value


@pytest.mark.parametrize(("recipe", "right"), [((), False), (FORM, True)])
def test_in_float16(recipe: Recipe, right: bool) -> None:
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        (found,) = Rounding(deployed(40.0, x, recipe).graph_module).run(x)
        expected = LinearAttention(40.0)(x)
    assert bool((found - expected).abs().max() / expected.abs().max() < 1e-2) == right
