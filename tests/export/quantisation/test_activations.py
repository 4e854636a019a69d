"""Activations on grids chosen beforehand: the grids, where they are in a program, and what it computes."""

import pytest
import torch
from torch import Tensor, nn

from efficientmod_export.quantisation import (
    StaticPrograms,
    grid_scales,
    grids_in,
    round_weights,
    rounded_layers,
    with_static_activations,
)
from efficientmod_export.quantisation._activations import grid_of
from efficientmod_mobile.deploy import Program, capture, run
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import module_path

from ..targets.conftest import strengthen


class Network(nn.Module):
    """Two layers that read one value, a ReLU behind one of them, and a layer that reads what a layer gives."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, stride=2)
        self.left, self.right = nn.Conv2d(12, 16, 1), nn.Conv2d(12, 16, 3, padding=1)
        self.next, self.head = nn.Conv2d(16, 10, 1), nn.Linear(10, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.nn.functional.gelu(self.stem(x))
        y = self.next(torch.relu(self.left(x))) + self.right(x)[:, :10]
        return self.head(y.mean((2, 3)))


@pytest.fixture(scope="module")
def inputs() -> list[tuple[Tensor, ...]]:
    torch.manual_seed(4)
    return [(torch.randn(1, 3, 20, 28),) for _ in range(6)]


@pytest.fixture(scope="module")
def rounded(inputs: list[tuple[Tensor, ...]]) -> Program:
    return round_weights(capture(strengthen(Network()), torch.zeros(1, 3, 20, 28)), inputs).program


@pytest.fixture(scope="module", params=[True, False])
def made(request: pytest.FixtureRequest, rounded: Program, inputs: list[tuple[Tensor, ...]]) -> StaticPrograms:
    return with_static_activations(rounded, inputs, results=request.param)


def _pairs(program: Program) -> list[str]:
    """The modules of the nodes that are rounded."""
    nodes = [node for node in program.graph.nodes if "quantize_per_tensor" in str(node.target)]
    return [module_path(node.args[0]) for node in nodes if "dequantize" not in str(node.target)]


def test_a_value_that_two_layers_read_is_rounded_once(made: StaticPrograms) -> None:
    found = _pairs(made.program)
    assert len(found) == len(grids_in(made.program)) == (4 if "right" in found else 3)


def test_the_result_is_near(made: StaticPrograms, rounded: Program, inputs: list[tuple[Tensor, ...]]) -> None:
    (x,) = inputs[0]
    ((exact,), (found,), (stored,)) = (run(one, x) for one in (rounded, made.program, made.stored))
    span = float(exact.max() - exact.min())
    assert 1e-4 < float((found - exact).abs().max()) / span < 5e-2
    assert float((stored - exact).abs().max()) / span < 1e-3


def test_biases_are_whole_numbers_of_the_steps_of_products(rounded: Program, inputs: list[tuple[Tensor, ...]]) -> None:
    made = with_static_activations(rounded, inputs, results=True)
    layer = layer_of(rounded_layers(made.stored)[0])
    assert isinstance(layer, Layer)
    scales = grid_scales(layer.weight.detach().numpy())
    assert scales is not None
    assert layer.bias is not None
    steps = [torch.from_numpy(scales).double() * step for step, _ in grids_in(made.program)]
    levels = [layer.bias.double() / one for one in steps]
    assert min(float((one - one.round()).abs().max()) for one in levels) < 1e-2


@pytest.mark.parametrize(("low", "high"), [(-3.0, 1.0), (0.0, 6.0), (-1e-6, 1e-6), (0.0, 0.0)])
def test_the_grid_has_a_point_at_zero_and_room_beyond_the_range(low: float, high: float) -> None:
    step, zero = grid_of(low, high)
    values = torch.cat([torch.linspace(1.2 * low, 1.2 * high, 5000), torch.zeros(1)])
    found = torch.fake_quantize_per_tensor_affine(values, step, zero, -128, 127)
    assert len(found.unique()) > (200 if high > low else 0)
    assert float(found[-1]) == 0.0
    assert float((found - values).abs().max()) <= 0.51 * step
