"""Norms written in elementary operators: counts, precision, and reasons to refuse."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import NormInOperators, capture, deploy, run, to_dtype

from ..conftest import Transformed

SHAPE = (2, 6, 9, 11)


class ChannelsLast(nn.Module):
    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(x.permute(0, 2, 3, 1))
        return y


LAYER = {"linear": 2, "sub": 1, "mul": 2, "rsqrt": 1, "permute": 1}
WRITTEN: dict[str, tuple[Callable[[], nn.Module], dict[str, int]]] = {
    "layer norm": (lambda: ChannelsLast(nn.LayerNorm(6)), {**LAYER, "mul": 3, "add": 1}),
    "no bias": (lambda: ChannelsLast(nn.LayerNorm(6, bias=False)), {**LAYER, "mul": 3}),
    "no affine": (lambda: ChannelsLast(nn.LayerNorm(6, elementwise_affine=False)), LAYER),
    "RMS norm": (
        lambda: ChannelsLast(nn.RMSNorm(6, eps=1e-6)),
        {"linear": 1, "mul": 3, "rsqrt": 1, "permute": 1},
    ),
    "one group": (lambda: nn.GroupNorm(1, 6), {"conv2d": 2, "mean": 2, "sub": 1, "mul": 3, "rsqrt": 1, "add": 1}),
}


@pytest.mark.parametrize(("build", "operators"), WRITTEN.values(), ids=WRITTEN)
def test_it_is_written(transformed: Transformed, build: Callable[[], nn.Module], operators: dict[str, int]) -> None:
    result = transformed(build(), SHAPE, (NormInOperators(),))
    assert result.applied() == {"norm_in_operators": 1}
    assert result.operators() == operators


def test_a_large_mean_costs_no_precision(transformed: Transformed) -> None:
    """The variance is that of x - mean(x), not the difference of two large squares."""

    class Shifted(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.layer_norm((x + 1000.0).permute(0, 2, 3, 1), (6,))

    assert transformed(Shifted(), SHAPE, (NormInOperators(),)).applied() == {"norm_in_operators": 1}


def test_an_eps_that_is_not_given_is_that_of_float32_in_both_precisions() -> None:
    net, x = ChannelsLast(nn.RMSNorm(6)).eval(), 1e-3 * torch.randn(SHAPE)
    program = capture(net, x)
    deployed = deploy(program, (NormInOperators(),)).program
    torch.testing.assert_close(run(deployed, x)[0], net(x))
    double = run(to_dtype(program, torch.float64), x.double())[0]
    torch.testing.assert_close(double.float(), net(x))


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "two axes": (lambda: nn.LayerNorm((9, 11)), "it normalises several axes"),
    "groups": (lambda: nn.GroupNorm(2, 6), "it normalises several groups of channels"),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(transformed: Transformed, build: Callable[[], nn.Module], reason: str) -> None:
    result = transformed(build(), SHAPE, (NormInOperators(),))
    (refusal,) = result.refused("norm_in_operators")
    assert reason in refusal
    assert result.applied() == {}
