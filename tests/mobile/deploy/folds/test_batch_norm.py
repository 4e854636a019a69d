"""BatchNorm folded into the layer before it, or written as a depthwise convolution."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._batch_norm import BatchNormAlone, BatchNormIntoProducer

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)


class Rows(nn.Module):
    """Hand the image on as (N, C, L) or (N, C)."""

    def __init__(self, rank: int, layer: nn.Module) -> None:
        super().__init__()
        self.rank, self.layer = rank, layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.flatten(2) if self.rank == 3 else x.mean((2, 3)))


BEFORE: dict[str, Callable[[], nn.Module]] = {
    "conv": lambda: nn.Sequential(nn.Conv2d(6, 10, (3, 5), 2, (1, 2)), nn.BatchNorm2d(10)),
    "conv without bias": lambda: nn.Sequential(nn.Conv2d(6, 10, 3, bias=False), nn.BatchNorm2d(10)),
    "grouped conv": lambda: nn.Sequential(nn.Conv2d(6, 10, 3, groups=2), nn.BatchNorm2d(10)),
    "depthwise conv, multiplier 2": lambda: nn.Sequential(nn.Conv2d(6, 12, 3, groups=6), nn.BatchNorm2d(12)),
    "conv, same padding": lambda: nn.Sequential(nn.Conv2d(6, 10, 4, padding="same"), nn.BatchNorm2d(10)),
    "transposed conv": lambda: nn.Sequential(nn.ConvTranspose2d(6, 10, 3, 2, 1), nn.BatchNorm2d(10)),
    "grouped transposed conv": lambda: nn.Sequential(
        nn.ConvTranspose2d(6, 10, (2, 3), (1, 2), output_padding=(0, 1), groups=2, bias=False), nn.BatchNorm2d(10)
    ),
    "conv1d": lambda: Rows(3, nn.Sequential(nn.Conv1d(6, 10, 5, groups=2), nn.BatchNorm1d(10))),
    "linear": lambda: Rows(2, nn.Sequential(nn.Linear(6, 10, bias=False), nn.BatchNorm1d(10))),
    "no affine": lambda: nn.Sequential(nn.Conv2d(6, 10, 3), nn.BatchNorm2d(10, affine=False)),
    "twice": lambda: nn.Sequential(nn.Conv2d(6, 10, 3), nn.BatchNorm2d(10), nn.BatchNorm2d(10)),
}


@pytest.mark.parametrize("build", BEFORE.values(), ids=BEFORE)
def test_into_the_layer_before(build: Callable[[], nn.Module], transformed: Transformed) -> None:
    module = build()
    norms = sum(isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)) for part in module.modules())
    result = transformed(module, SHAPE, (BatchNormIntoProducer(),))
    assert result.applied() == {"batch_norm_into_producer": norms}
    assert "batch_norm" not in result.operators()
    assert result.program.node_count == result.before.node_count - norms
    names = {name for name, _ in result.program.graph_module.named_parameters()}
    assert {name.rpartition(".")[2] for name in names} == {"weight", "bias"}
    assert len(names) == 2


class ThroughViews(nn.Module):
    """linear on channels-last, permute, BatchNorm; and four channels of a conv are one of the norm, pixels shuffled."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 8)
        self.norm = nn.BatchNorm2d(8)
        self.conv = nn.Conv2d(8, 12, 1)
        self.shuffled = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
        return self.shuffled(nn.functional.pixel_shuffle(self.conv(torch.relu(y)), 2))


def test_through_rearrangements_of_channels(transformed: Transformed) -> None:
    result = transformed(ThroughViews(), SHAPE, (BatchNormIntoProducer(),))
    assert result.applied() == {"batch_norm_into_producer": 2}


class Refused(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.conv, self.other = nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(1 if kind == "mixing" else 3 if kind == "per position" else 6)
        self.live = nn.BatchNorm2d(6, track_running_stats=False)
        if kind == "shared weights":
            self.other.weight = self.conv.weight

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        match self.kind:
            case "second reader":
                return self.norm(y) * torch.sigmoid(y)
            case "output":
                return self.norm(y), y
            case "no layer":
                return self.norm(torch.relu(y))
            case "network's input":
                return self.norm(x)
            case "shared weights":
                return self.norm(y) + torch.relu(self.other(x))
            case "live statistics":
                return self.live(y)
            case "computed weights":
                return self.norm(nn.functional.conv2d(x, self.conv.weight * x.mean(), padding=1))
            case "computed scale" | "computed shift":
                scale, shift = self.norm.weight, self.norm.bias
                affine = (scale * x.mean(), None) if self.kind == "computed scale" else (scale, shift * x.mean())
                return nn.functional.batch_norm(y, self.norm.running_mean, self.norm.running_var, *affine)
            case "mixing":
                return self.norm(y.mean(1, keepdim=True))
            case _:
                return self.norm(y.reshape(1, 3, 22, 9))


REASONS = {
    "second reader": "sigmoid (sigmoid) reads conv2d and is not a linear layer to fold it into",
    "output": "conv2d is an output of the network",
    "no layer": "it follows relu (relu), which is not a linear layer",
    "network's input": "it follows the input, which is not a linear layer",
    "shared weights": "conv2d shares its weights with conv2d_1",
    "live statistics": "its statistics are computed from the input, not constants",
    "computed weights": "the weights of conv2d_1 are computed at run time",
    "computed scale": "its scale or shift is computed at run time",
    "computed shift": "its scale or shift is computed at run time",
    "mixing": "mean averages over channels between conv2d and it",
}


@pytest.mark.parametrize(("kind", "reason"), REASONS.items(), ids=REASONS)
def test_reasons_to_refuse_the_layer_before(kind: str, reason: str, transformed: Transformed) -> None:
    result = transformed(Refused(kind), SHAPE, (BatchNormIntoProducer(),))
    assert result.refused("batch_norm_into_producer") == [reason]
    assert result.operators()["batch_norm"] == 1


class HalfChannels(nn.Module):
    """(1, 6, 9, 11) read as (1, 3, 18, 11): two channels are one; as (1, 9, 6, 11): the cuts go through channels."""

    def __init__(self, exact: bool) -> None:
        super().__init__()
        self.exact, self.conv, self.norm = exact, nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(3 if exact else 9)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x).reshape(1, 3, 18, 11) if self.exact else self.conv(x).reshape(1, 9, 6, 11))


def test_channels_that_are_not_the_layers(transformed: Transformed) -> None:
    assert transformed(HalfChannels(True), SHAPE, (BatchNormIntoProducer(),)).applied()
    result = transformed(HalfChannels(False), SHAPE, (BatchNormIntoProducer(),))
    reason = "the constant differs between elements of one channel of conv2d"
    assert result.refused("batch_norm_into_producer") == [reason]


def test_alone_on_an_image_it_is_one_depthwise_convolution(transformed: Transformed) -> None:
    result = transformed(nn.Sequential(nn.BatchNorm2d(6), nn.ReLU()), SHAPE, (BatchNormAlone(),))
    assert result.applied() == {"batch_norm_alone": 1}
    assert result.operators() == {"conv2d": 1, "relu": 1}
    names = {name for name, _ in result.program.graph_module.named_parameters()}
    assert names == {"0.scale", "0.shift"}


@pytest.mark.parametrize("rank", [2, 3])
def test_alone_on_rows_it_is_a_product_and_a_sum(rank: int, transformed: Transformed) -> None:
    result = transformed(Rows(rank, nn.BatchNorm1d(6)), SHAPE, (BatchNormAlone(),))
    assert result.applied() == {"batch_norm_alone": 1}
    assert {"mul", "add"} <= set(result.operators())


def test_alone_with_live_statistics_is_refused(transformed: Transformed) -> None:
    result = transformed(nn.BatchNorm2d(6, track_running_stats=False), SHAPE, (BatchNormAlone(),))
    assert result.refused("batch_norm_alone") == ["its statistics are computed from the input, not constants"]
