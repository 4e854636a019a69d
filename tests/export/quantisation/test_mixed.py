"""Which layers keep float weights: those that cost most for each weight, within a number of weights."""

import pytest
import torch
from torch import Tensor, nn

from efficientmod_export.quantisation import costliest, in_float, layer_costs, round_weights, rounded_layers, to_nearest
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import module_path

from ..targets.conftest import strengthen

FINE, COARSE, HEAD = 24 * 16, 24 * 24, 9 * 24
"""Weights of the layers."""


class Network(nn.Module):
    """The rows of `coarse` each have one weight so large that the others are lost in a grid of 255 steps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fine = nn.Conv2d(3, 16, 3, stride=2), nn.Conv2d(16, 24, 1)
        self.coarse, self.head = nn.Conv2d(24, 24, 1), nn.Linear(24, 9)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.coarse(torch.relu(self.fine(torch.relu(self.stem(x)))))).mean((2, 3)))


@pytest.fixture(scope="module")
def program() -> Program:
    network = Network()
    strengthen(network)
    with torch.no_grad():
        network.coarse.weight[:, 3] *= 300
        network.fine.weight[3] /= 300
        assert network.fine.bias is not None
        network.fine.bias[3] /= 300
    return capture(network, torch.zeros(1, 3, 24, 32))


@pytest.fixture(scope="module")
def inputs() -> list[tuple[Tensor, ...]]:
    torch.manual_seed(4)
    return [(torch.randn(1, 3, 24, 32),) for _ in range(4)]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (0, set()),
        (HEAD - 1, set()),
        (HEAD, {"head"}),
        (HEAD + COARSE - 1, {"head", "fine"}),
        (HEAD + COARSE, {"head", "coarse"}),
        (10**6, {"head", "coarse", "fine"}),
    ],
)
def test_the_costliest_for_each_weight_within_the_number(
    weights: int, expected: set[str], program: Program, inputs: list[tuple[Tensor, ...]]
) -> None:
    rounded = round_weights(program, inputs)
    names = {node.name: module_path(node) for node in rounded_layers(program)}
    found = costliest(layer_costs(program, rounded.program, inputs, round_inputs=False), weights)
    assert {names[one] for one in found} == expected


def test_layers_in_float_keep_their_weights_and_the_others_are_rounded(
    program: Program, inputs: list[tuple[Tensor, ...]]
) -> None:
    kept = {node.name for node in rounded_layers(program) if module_path(node) == "coarse"}
    result = in_float(program, round_weights(program, inputs), kept)
    assert [layer.path for layer in result.layers] == ["fine", "head"]
    for node, before in zip(rounded_layers(result.program), rounded_layers(program), strict=True):
        layer, exact = layer_of(node), layer_of(before)
        assert isinstance(layer, Layer)
        assert isinstance(exact, Layer)
        assert torch.equal(layer.weight, exact.weight.half().float()) == (node.name in kept)
        assert torch.allclose(to_nearest(layer.weight), layer.weight) == (node.name not in kept)
