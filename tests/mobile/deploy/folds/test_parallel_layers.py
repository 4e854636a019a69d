"""Summed parallel layers of one input become one layer."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import Recipe, Repeat
from efficientmod_mobile.deploy.folds._batch_norm import BatchNormIntoProducer
from efficientmod_mobile.deploy.folds._parallel_layers import ParallelLayers
from efficientmod_mobile.deploy.folds._scale_and_shift import ConstantIntoProducer
from efficientmod_mobile.deploy.program._graph import arguments

from ..conftest import Result, Transformed

SHAPE = (1, 8, 9, 11)
FOLD: Recipe = (Repeat((BatchNormIntoProducer(), ConstantIntoProducer(), ParallelLayers())),)


class Sum(nn.Module):
    """relu, then the sum of the branches, each with its factor (Identity is the tensor itself)."""

    def __init__(self, *branches: nn.Module, factors: tuple[float, ...] = ()) -> None:
        super().__init__()
        self.branches, self.factors = nn.ModuleList(branches), factors or (1.0,) * len(branches)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        total: Tensor | int = 0
        for branch, factor in zip(self.branches, self.factors, strict=True):
            y = branch(x)
            total = total + y if factor == 1.0 else total - y if factor == -1.0 else torch.add(total, y, alpha=factor)
        return torch.relu(total)


def conv(kernel: int, norm: bool = True, **options: int | str) -> nn.Module:
    options = {"padding": kernel // 2} | options
    layer = nn.Conv2d(8, 8, kernel, bias=not norm, **options)
    return nn.Sequential(layer, nn.BatchNorm2d(8)) if norm else layer


def only_conv(result: Result) -> dict[str, object]:
    convs = [node for node in result.program.graph.nodes if "conv2d" in str(node.target)]
    assert len(convs) == 1
    return arguments(convs[0])


JOINED: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    "RepVGG": (lambda: Sum(conv(3), conv(1), nn.BatchNorm2d(8)), (3, 1, 1)),
    "MobileOne": (lambda: Sum(nn.BatchNorm2d(8), conv(1), conv(3), conv(3), conv(3)), (3, 1, 1)),
    "RepViT": (lambda: Sum(conv(3, groups=8), conv(1, False, groups=8), nn.Identity()), (3, 1, 8)),
    "large kernel": (lambda: Sum(conv(7, groups=8), conv(3, groups=8)), (7, 3, 8)),
    "depthwise beside dense": (lambda: Sum(conv(3), conv(3, groups=8)), (3, 1, 1)),
    "two groupings": (lambda: Sum(conv(3, groups=2), conv(1, groups=4), conv(1, groups=8)), (3, 1, 2)),
    "residual": (lambda: Sum(nn.Identity(), conv(3, False)), (3, 1, 1)),
    "residual of a 1x1": (lambda: Sum(conv(1), nn.Identity()), (1, 0, 1)),
    "residual, grouped": (lambda: Sum(conv(5, groups=4), nn.Identity()), (5, 2, 4)),
    "same padding": (lambda: Sum(conv(5, False, padding="same"), conv(3, False, padding="same")), (5, 2, 1)),
    "asymmetric kernels": (
        lambda: Sum(
            conv(3), nn.Conv2d(8, 8, (1, 3), padding=(0, 1)), nn.Conv2d(8, 8, (3, 1), padding=(1, 0), bias=False)
        ),
        (3, 1, 1),
    ),
    "strided": (lambda: Sum(conv(3, stride=2), conv(1, stride=2, padding=0)), (3, 1, 1)),
    "only BatchNorm and identity": (lambda: Sum(nn.BatchNorm2d(8), nn.Identity()), (1, 0, 8)),
}


@pytest.mark.parametrize(("build", "geometry"), JOINED.values(), ids=JOINED)
def test_the_branches_become_one_convolution(
    build: Callable[[], nn.Module], geometry: tuple[int, int, int], transformed: Transformed
) -> None:
    result = transformed(build(), SHAPE)
    kernel, padding, groups = geometry
    bound = only_conv(result)
    assert result.operators() == {"conv2d": 1, "relu": 2}
    assert result.applied()["parallel_layers"] == 1
    assert bound["weight"].meta["val"].shape == (8, 8 // groups, kernel, kernel)
    assert bound["groups"] == groups
    if bound["padding"] != "same":
        assert list(bound["padding"]) == [padding, padding]


def test_dilated_kernels_share_a_grid(transformed: Transformed) -> None:
    build = Sum(conv(3, False, dilation=2, padding=2), conv(1, False), nn.Identity())
    bound = only_conv(transformed(build, SHAPE))
    assert bound["dilation"] == [2, 2]
    assert bound["weight"].meta["val"].shape[2:] == (3, 3)


def test_differences_and_multiples(transformed: Transformed) -> None:
    build = Sum(conv(3), conv(1), nn.BatchNorm2d(8), nn.Identity(), factors=(1.0, -1.0, 0.5, -2.0))
    result = transformed(build, SHAPE)
    assert result.operators() == {"conv2d": 1, "relu": 2}


class LinearBranches(nn.Module):
    """Two heads of normalised features, averaged: RepViT's, distilled."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 5), nn.Linear(8, 5, bias=False)
        self.a_norm, self.b_norm = nn.BatchNorm1d(8), nn.BatchNorm1d(8)
        self.square = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x).mean((2, 3))
        x = torch.relu(x + self.square(x))
        return (self.a(self.a_norm(x)) + self.b(self.b_norm(x))) / 2


def test_linear_layers_are_merged(transformed: Transformed) -> None:
    result = transformed(LinearBranches(), SHAPE)
    assert result.applied()["parallel_layers"] == 2
    assert result.operators() == {"relu": 2, "mean": 1, "linear": 2}


class ConvRows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Conv1d(8, 8, 5, padding=2, groups=4), nn.Conv1d(8, 8, 3, padding=1, groups=8)
        self.norm = nn.BatchNorm1d(8)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x).flatten(2)
        return self.wide(x) + self.narrow(x) + self.norm(x)


def test_conv1d_is_merged(transformed: Transformed) -> None:
    result = transformed(ConvRows(), SHAPE, FOLD)
    assert result.operators() == {"relu": 1, "flatten": 1, "conv1d": 1}


class TwoInputs(nn.Module):
    """x + a(y) + b(y) + c(x): what comes from y joins, and what comes from x."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = conv(3), conv(1), conv(5)

    def forward(self, x: Tensor) -> Tensor:
        x, y = torch.relu(x), torch.tanh(x)
        return torch.relu(x + self.a(y) - (self.b(y) - self.c(x)))


def test_terms_are_merged_per_input(transformed: Transformed) -> None:
    result = transformed(TwoInputs(), SHAPE, FOLD)
    assert result.operators() == {"relu": 2, "tanh": 1, "conv2d": 2, "add": 1}


class Kept(nn.Module):
    """a(x) + b(x) join; -tanh and 3 sigmoid stay with their factors."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = conv(3), conv(1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(self.a(x) - torch.tanh(x) + self.b(x), torch.sigmoid(x), alpha=3)


def test_other_terms_keep_their_factors(transformed: Transformed) -> None:
    result = transformed(Kept(), SHAPE, FOLD)
    assert result.operators() == {"tanh": 1, "sigmoid": 1, "conv2d": 1, "sub": 1, "add": 1}


class Scaled(nn.Module):
    """FastViT's token mixer: x + g (mix(x) - norm(x)) is one depthwise convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.mix, self.norm = conv(3, groups=8), nn.BatchNorm2d(8)
        self.gamma = nn.Parameter(torch.empty(8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return x + self.gamma * (self.mix(x) - self.norm(x))


def test_a_scaled_difference_in_a_residual(transformed: Transformed) -> None:
    result = transformed(Scaled(), SHAPE, FOLD)
    assert result.operators() == {"relu": 1, "conv2d": 1}
    assert result.applied()["parallel_layers"] == 2


class NotJoined(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.a, self.b = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.deep, self.dense = nn.Conv2d(8, 8, 7, padding=3, groups=8), nn.Conv2d(8, 8, 1)
        self.up = nn.ConvTranspose2d(8, 8, 3, padding=1)
        self.even = nn.Conv2d(8, 8, 4, padding="same")
        self.position = nn.Parameter(torch.empty(8, 9, 11))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        match self.kind:
            case "shared weights":
                return self.dense(x) + self.b(x) + torch.relu(self.dense(torch.tanh(x)))
            case "second reader":
                y = self.a(x)
                return y + self.b(x) + torch.relu(y)
            case "work":
                return self.deep(x) + self.dense(x)
            case "transposed":
                return self.up(x) + self.a(x)
            case "two sides":
                return self.even(x) + self.a(x)
            case "constant":
                return self.a(x) + x * self.position
            case _:
                return self.a(x)[:, :1] + self.b(x)


REFUSED = {
    "second reader": "conv2d has other users",
    "shared weights": "conv2d shares its weights with conv2d_2",
    "transposed": "conv_transpose2d is a transposed convolution",
    "two sides": "conv2d has different padding on its two sides",
    "constant": "the constant of mul is not one value per channel",
}


@pytest.mark.parametrize(("kind", "reason"), REFUSED.items(), ids=REFUSED)
def test_reasons_to_refuse(kind: str, reason: str, transformed: Transformed) -> None:
    result = transformed(NotJoined(kind), SHAPE, (ParallelLayers(),))
    assert result.applied() == {}
    assert result.refused("parallel_layers") == [reason]


def test_more_multiplications_are_refused(transformed: Transformed) -> None:
    result = transformed(NotJoined("work"), SHAPE, (ParallelLayers(),))
    apart, together = 99 * 8 * 49 + 99 * 8 * 8, 99 * 8 * 8 * 49
    reason = f"conv2d and conv2d_1 need {apart} multiplications, as one layer {together}"
    assert result.refused("parallel_layers") == [reason]


def test_a_broadcasting_sum_is_not_matched(transformed: Transformed) -> None:
    result = transformed(NotJoined("broadcast"), SHAPE, (ParallelLayers(),))
    assert result.applied() == {}
    assert result.refused("parallel_layers") == []


class Strides(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(8, 8, 2, stride=2), nn.Conv2d(8, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x) + self.b(x)


class Grids(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(8, 8, 3, dilation=2, padding=2)
        self.b = nn.Conv2d(8, 8, 2, dilation=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x) + self.b(x)


def test_interleaved_taps_are_refused(transformed: Transformed) -> None:
    result = transformed(Grids(), SHAPE, (ParallelLayers(),))
    assert result.refused("parallel_layers") == ["conv2d and conv2d_1: the taps of the kernels lie on different grids"]


class Kinds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return self.a(x) + self.b(x)


def test_a_linear_layer_beside_a_convolution_is_refused(transformed: Transformed) -> None:
    result = transformed(Kinds(), (1, 8, 8, 8), (ParallelLayers(),))
    assert result.refused("parallel_layers") == ["linear and conv2d: the layers are of different kinds"]


def test_different_strides_are_refused(transformed: Transformed) -> None:
    result = transformed(Strides(), (1, 8, 4, 4), (ParallelLayers(),))
    assert result.refused("parallel_layers") == ["conv2d and conv2d_1: the strides (2, 2) and (1, 1) differ"]


class OneSided(nn.Module):
    """Even kernels at stride 2 whose taps reach further on one side than symmetric padding allows."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(8, 8, 2, stride=2, padding=0)
        self.b = nn.Conv2d(8, 8, 3, stride=2, padding=1, bias=False)
        self.c = nn.Conv2d(8, 8, 1, stride=2, padding=0)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.a(x) + self.b(x)) + torch.relu(self.c(x))


def test_even_kernels_are_merged_if_padding_stays_symmetric(transformed: Transformed) -> None:
    result = transformed(OneSided(), (1, 8, 8, 6), (ParallelLayers(),))
    assert result.applied() == {"parallel_layers": 1}
