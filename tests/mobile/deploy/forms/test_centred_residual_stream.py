"""LayerNorms of a residual stream become RMS norms; layers added, and reasons to refuse."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import EXACT, CentreStreams
from efficientmod_mobile.deploy.forms._centred_residual_stream import _centring, _reflection

from ..conftest import Result, Transformed

SHAPE = (1, 3, 12, 16)
RECIPE = (*EXACT, CentreStreams())


class Residual(nn.Module):
    """A stem, blocks x + fc2(act(fc1(norm(x)))) channels-last, and an end that reads the stream."""

    def __init__(self, end: Callable[["Residual", Tensor], Tensor], blocks: int = 3) -> None:
        super().__init__()
        self.end, self.stem = end, nn.Conv2d(3, 8, 4, 4)
        self.norms = nn.ModuleList(nn.LayerNorm(8) for _ in range(blocks))
        self.fc1 = nn.ModuleList(nn.Linear(8, 24) for _ in range(blocks))
        self.fc2 = nn.ModuleList(nn.Linear(24, 8) for _ in range(blocks))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 10)
        self.down, self.depthwise = nn.Conv2d(8, 6, 3, 2, 1), nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.up = nn.ConvTranspose2d(8, 6, 2, 2)

    def stream(self, x: Tensor) -> Tensor:
        x = self.stem(x).permute(0, 2, 3, 1)
        for norm, fc1, fc2 in zip(self.norms, self.fc1, self.fc2, strict=True):
            x = x + fc2(fc1(norm(x)).relu())
        return x

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.end(self, self.stream(x))


def first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def norms_left(result: Result) -> tuple[int, int]:
    operators = result.operators()
    return operators["layer_norm"], operators["rms_norm"]


def test_the_mean_is_removed_if_only_norms_read_the_stream(transformed: Transformed) -> None:
    result, before = (
        transformed(Residual(lambda net, x: net.head(net.norm(x).mean((1, 2)))), SHAPE, recipe)
        for recipe in (RECIPE, EXACT)
    )
    assert result.applied()["centre_streams"] == 1
    assert norms_left(result) == (0, 4)
    assert result.program.node_count == before.program.node_count


# the end -> extra layers that the stream needs (all norms become products with an inverse root)
KEPT: dict[str, tuple[Callable[[Residual, Tensor], Tensor], int]] = {
    "downsampling, padded": (lambda net, x: net.down(first(x)), 0),
    "a linear layer": (lambda net, x: net.head(x), 0),
    "a linear layer on rows": (lambda net, x: net.head(x.flatten(1, 2)), 0),
    "the output itself": (lambda net, x: first(x), 1),
    "two outputs": (lambda net, x: (first(x), net.down(first(x))), 1),  # type: ignore[return-value]
    "a depthwise convolution": (lambda net, x: net.depthwise(first(x)), 1),
    "a transposed convolution": (lambda net, x: net.up(first(x)), 1),
    "an activation": (lambda net, x: x.sigmoid(), 1),
}


@pytest.mark.parametrize(("end", "extra"), KEPT.values(), ids=KEPT)
def test_the_mean_is_kept_if_layers_read_the_stream(
    transformed: Transformed, end: Callable[[Residual, Tensor], Tensor], extra: int
) -> None:
    result = transformed(Residual(end), SHAPE, RECIPE)
    before = transformed(Residual(end), SHAPE, EXACT)
    assert result.applied()["centre_streams"] == 1
    assert norms_left(result) == (0, 0)
    operators = result.operators()
    assert operators["rsqrt"] == 3
    layers = sum(operators[name] - before.operators()[name] for name in ("linear", "conv2d"))
    assert layers == 3 + extra  # one for each norm's mean of squares


def test_a_source_that_is_not_a_layer_gets_one_projection(transformed: Transformed) -> None:
    class Started(Residual):
        def stream(self, x: Tensor) -> Tensor:
            x = self.stem(x).sigmoid().permute(0, 2, 3, 1)
            for norm, fc1, fc2 in zip(self.norms, self.fc1, self.fc2, strict=True):
                x = x + fc2(fc1(norm(x)).relu())
            return x

    result, before = (
        transformed(Started(lambda net, x: net.down(first(x))), SHAPE, recipe) for recipe in (RECIPE, EXACT)
    )
    assert result.applied()["centre_streams"] == 1
    more = result.operators() - before.operators()
    assert more["conv2d"] + more["linear"] == 3 + 1  # a mean of squares for each norm, and the projection


def test_a_single_norm_of_a_layer_keeps_its_affine(transformed: Transformed) -> None:
    class Stem(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 8, 4, 4), nn.LayerNorm(8)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.norm(self.conv(x).permute(0, 2, 3, 1))
            return y

    result = transformed(Stem(), SHAPE, RECIPE)
    assert result.applied() == {"centre_streams": 1}
    assert result.operators() == {"conv2d": 1, "permute": 1, "rms_norm": 1, "add": 1}


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "one norm, a source that is no layer": (
        lambda: nn.Sequential(nn.Sigmoid(), nn.LayerNorm(16), nn.Linear(16, 4)),
        "adds 1 layer: the projection cannot be folded into sigmoid",
    ),
    "one channel": (
        lambda: nn.Sequential(nn.Flatten(2), nn.Linear(192, 1), nn.LayerNorm(1), nn.Linear(1, 4)),
        "its stream has one channel",
    ),
    "channels before the batch": (
        lambda: Residual(lambda net, x: x.permute(3, 0, 1, 2)),
        "are neither the last axis nor axis 1",
    ),
    "an affine that stays": (
        lambda: Residual(lambda net, x: net.norm(x) + net.down(first(x)).sum(), blocks=0),
        "norm",
    ),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(transformed: Transformed, build: Callable[[], nn.Module], reason: str) -> None:
    result = transformed(build(), SHAPE, RECIPE)
    (refusal,) = result.refused("centre_streams")
    assert reason in refusal
    assert "centre_streams" not in result.applied()


def test_the_matrices() -> None:
    reflection, centring = _reflection(7, torch.float64), _centring(7, torch.float64)
    mean = torch.full((7,), 7**-0.5, dtype=torch.float64)
    assert torch.allclose(reflection @ reflection, torch.eye(7, dtype=torch.float64), rtol=0, atol=1e-15)
    assert torch.allclose(reflection @ mean, torch.eye(7, dtype=torch.float64)[0], rtol=0, atol=1e-15)
    assert torch.allclose(centring @ mean, torch.zeros(7, dtype=torch.float64), rtol=0, atol=1e-15)
