"""Norms of large numbers: written otherwise, exact, and finite where every value is rounded to float16."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn

from efficientmod_mobile.deploy import LargeNorms, NormInOperators, Recipe, capture, deploy

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)
FORMS: dict[str, Recipe] = {"large_norms": (LargeNorms(),), "norm_in_operators": (NormInOperators(float16=True),)}


class Large(nn.Module):
    """A norm of images times `size`, plus a mean that is larger still."""

    def __init__(self, norm: nn.Module, size: float) -> None:
        super().__init__()
        self.norm, self.size = norm, size

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.size * x + 10 * self.size)
        return y


class ChannelsLast(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x.permute(0, 2, 3, 1))
        return y


NORMS: dict[str, Callable[[], nn.Module]] = {
    "layer norm": lambda: ChannelsLast(nn.LayerNorm(6)),
    "RMS norm": lambda: ChannelsLast(nn.RMSNorm(6, eps=1e-6)),
    "one group": lambda: nn.GroupNorm(1, 6),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_of_large_numbers(norm: str, form: str, transformed: Transformed) -> None:
    result = transformed(Large(NORMS[norm](), 100.0), SHAPE, FORMS[form])
    assert result.applied() == {form: 1}
    assert not {"layer_norm", "rms_norm", "group_norm"} & set(result.operators())


@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_of_small_numbers_costs_nothing(norm: str, transformed: Transformed) -> None:
    small = Large(NORMS[norm](), 0.1 if norm == "RMS norm" else 1.0)  # an RMS norm does not subtract the mean
    assert transformed(small, SHAPE, (LargeNorms(),)).applied() == {}
    found = transformed(small, SHAPE, FORMS["norm_in_operators"]).operators()
    assert found == transformed(small, SHAPE, (NormInOperators(),)).operators()


def test_a_norm_over_images_and_one_of_groups(transformed: Transformed) -> None:
    over_images = transformed(Large(nn.LayerNorm((6, 9, 11)), 100.0), SHAPE, (LargeNorms(),))
    assert over_images.applied() == {"large_norms": 1}
    (refusal,) = transformed(Large(nn.GroupNorm(3, 6), 100.0), SHAPE, (LargeNorms(),)).refused("large_norms")
    assert "whose squares may be beyond float16" in refusal


@pytest.mark.parametrize(("largest", "scale"), [(49.0, None), (51.0, 2), (99.0, 4), (101.0, 8), (1600.0, 1024)])
def test_the_squares_are_scaled_by_a_power_of_two(largest: float, scale: int | None) -> None:
    x = torch.zeros(1, 2, 1, 2)
    x[0, 0, 0, 0], x[0, 1, 0, 0] = largest, -largest
    program = deploy(capture(ChannelsLast(nn.LayerNorm(2)).eval(), x), (LargeNorms(),)).program
    factors = [node.args[1] for node in program.graph.nodes if isinstance((*node.args, 0, 0)[1], float)]
    assert factors[:2] == ([] if scale is None else [1 / scale, scale])


class Rounding(fx.Interpreter):
    """Every value rounded to float16."""

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        return value.half().float() if isinstance(value, Tensor) else value


PLAIN: Recipe = (NormInOperators(),)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("recipe", "right"), [(PLAIN, False), *((recipe, True) for recipe in FORMS.values())])
def test_in_float16(norm: str, recipe: Recipe, right: bool) -> None:
    """Numbers up to 400, whose squares are beyond 65504; and zeros, of which a norm is zero."""
    module = NORMS[norm]().eval()
    x = 100.0 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    x[:, :, 0] = 0.0
    program = deploy(capture(module, x), recipe).program
    with torch.no_grad():
        (found,) = Rounding(program.graph_module).run(x)
        error = (found - module(x)).abs().max()
    assert (error < 5e-3) == right


@pytest.mark.parametrize("recipe", FORMS.values(), ids=FORMS)
def test_a_mean_of_squares_beyond_float16(recipe: Recipe) -> None:
    """Numbers up to 900, whose squares have means beyond 65504; and zeros."""
    module = ChannelsLast(nn.LayerNorm(6)).eval()
    x = 250.0 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    x[:, :, 0] = 0.0
    assert float((x - x.mean(1, keepdim=True)).square().mean(1).max()) > 65504
    deployed = deploy(capture(module, x), recipe)
    with torch.no_grad():
        (found,) = Rounding(deployed.program.graph_module).run(x)
        assert (found - module(x)).abs().max() < 5e-3
    assert deployed.certificate.float64_error <= 1e-12
