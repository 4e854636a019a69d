"""Two consecutive layers become one if that is exact and not more expensive."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._sequential_layers import SequentialLayers
from efficientmod_mobile.deploy.program._graph import arguments

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)


class OnRows(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.permute(0, 2, 3, 1))


JOINED: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "1x1 then 1x1": (lambda: nn.Sequential(nn.Conv2d(6, 24, 1), nn.Conv2d(24, 8, 1)), (8, 6, 1, 1)),
    "without biases": (
        lambda: nn.Sequential(nn.Conv2d(6, 24, 1, bias=False), nn.Conv2d(24, 8, 1, bias=False)),
        (8, 6, 1, 1),
    ),
    "kxk then 1x1": (
        lambda: nn.Sequential(nn.Conv2d(6, 24, (3, 5), 2, 1), nn.Conv2d(24, 8, 1, bias=False)),
        (8, 6, 3, 5),
    ),
    "1x1 then kxk": (lambda: nn.Sequential(nn.Conv2d(6, 24, 1), nn.Conv2d(24, 8, (2, 3), 2)), (8, 6, 2, 3)),
    "1x1 without bias then padded kxk": (
        lambda: nn.Sequential(nn.Conv2d(6, 24, 1, bias=False), nn.Conv2d(24, 8, 3, padding=1)),
        (8, 6, 3, 3),
    ),
    "a depthwise scale before a depthwise kernel": (
        lambda: nn.Sequential(nn.Conv2d(6, 6, 1, groups=6), nn.Conv2d(6, 6, 3, groups=6)),
        (6, 1, 3, 3),
    ),
    "two groupings": (
        lambda: nn.Sequential(nn.Conv2d(6, 24, 1, groups=2), nn.Conv2d(24, 8, 1, groups=2)),
        (8, 3, 1, 1),
    ),
    "groups of which one divides the other": (
        lambda: nn.Sequential(nn.Conv2d(6, 24, 3, groups=2), nn.Conv2d(24, 24, 1, groups=6)),
        (24, 3, 3, 3),
    ),
    "linear then linear": (lambda: OnRows(nn.Linear(6, 24), nn.Linear(24, 8)), (8, 6)),
}


@pytest.mark.parametrize(("build", "weight"), JOINED.values(), ids=JOINED)
def test_two_layers_become_one(
    build: Callable[[], nn.Module], weight: tuple[int, ...], transformed: Transformed
) -> None:
    result = transformed(build(), SHAPE, (SequentialLayers(),))
    assert result.applied() == {"sequential_layers": 1}
    assert result.program.node_count == result.before.node_count - 1
    layers = [node for node in result.program.graph.nodes if node.op == "call_function" and len(node.args) > 2]
    assert len(layers) == 1
    assert tuple(arguments(layers[0])["weight"].meta["val"].shape) == weight


def test_a_chain_of_layers_becomes_one(transformed: Transformed) -> None:
    chain = nn.Sequential(nn.Conv2d(6, 24, 1), nn.Conv2d(24, 24, 1), nn.Conv2d(24, 4, 1))
    result = transformed(chain, SHAPE, (SequentialLayers(),))
    assert result.operators() == {"conv2d": 1}


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(6, 24, 1), nn.Conv2d(24, 8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.first(x)
        return self.second(y), torch.relu(y)


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(6, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.layer(x))


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "second reader": (Branching, "conv2d has other users"),
    "shared weights": (Shared, "conv2d shares its weights with conv2d_1"),
    "a bias into padding": (
        lambda: nn.Sequential(nn.Conv2d(6, 24, 1), nn.Conv2d(24, 8, 3, padding=1)),
        "conv2d_1 pads with zeros, so the bias of conv2d cannot be folded into it",
    ),
    "more work": (
        lambda: nn.Sequential(nn.Conv2d(6, 2, 1), nn.Conv2d(2, 8, 1)),
        f"conv2d and conv2d_1 need {99 * (6 * 2 + 2 * 8)} multiplications, as one layer {99 * 6 * 8}",
    ),
    "depthwise then 1x1": (
        lambda: nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.Conv2d(6, 8, 1)),
        f"conv2d and conv2d_1 need {99 * (6 * 9 + 6 * 8)} multiplications, as one layer {99 * 6 * 8 * 9}",
    ),
    "transposed": (
        lambda: nn.Sequential(nn.ConvTranspose2d(6, 6, 3), nn.Conv2d(6, 8, 1)),
        "conv_transpose2d is a transposed convolution",
    ),
    "uneven padding": (
        lambda: nn.Sequential(nn.Conv2d(6, 12, 4, padding="same"), nn.Conv2d(12, 4, 1)),
        "conv2d has different padding on its two sides",
    ),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED)
def test_reasons_to_refuse(build: Callable[[], nn.Module], reason: str, transformed: Transformed) -> None:
    result = transformed(build(), SHAPE, (SequentialLayers(),))
    assert result.applied() == {}
    assert result.refused("sequential_layers") == [reason]


@pytest.mark.parametrize(
    "build",
    [
        lambda: nn.Sequential(nn.Conv2d(6, 8, 3), nn.Conv2d(8, 4, 3)),
        lambda: nn.Sequential(nn.Conv2d(6, 8, 1, stride=2), nn.Conv2d(8, 4, 3)),
        lambda: nn.Sequential(nn.Conv2d(6, 8, 1, padding=1), nn.Conv2d(8, 4, 3)),
        lambda: nn.Sequential(nn.Conv2d(6, 9, 1), nn.Linear(11, 4)),
        lambda: nn.Sequential(nn.Conv2d(6, 9, 1), nn.ReLU(), nn.Conv2d(9, 4, 1)),
    ],
    ids=["no 1x1", "strided 1x1 first", "padded 1x1 first", "other kind", "activation between"],
)
def test_pairs_that_are_not_matched(build: Callable[[], nn.Module], transformed: Transformed) -> None:
    result = transformed(build(), SHAPE, (SequentialLayers(),))
    assert result.applied() == {}
    assert result.refused("sequential_layers") == []
