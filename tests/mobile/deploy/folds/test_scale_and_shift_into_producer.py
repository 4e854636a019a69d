"""Constant scales and shifts are folded into the layer before them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._constant_folding import FoldConstants
from efficientmod_mobile.deploy.folds._scale_and_shift import ConstantIntoProducer

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)
PRODUCER = (FoldConstants(), ConstantIntoProducer())


class LayerScale(nn.Module):
    """x + gamma * layer(x), with gamma along `axis`."""

    def __init__(self, layer: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer, self.gamma = layer, nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x) + self.gamma * self.layer(torch.tanh(x))


class LastAxis(nn.Module):
    """A linear layer with LayerScale, channels last, inside a network with channels first."""

    def __init__(self, scale_first: bool) -> None:
        super().__init__()
        self.fc, self.gamma, self.scale_first = nn.Linear(6, 6), nn.Parameter(torch.empty(6)), scale_first

    def forward(self, x: Tensor) -> Tensor:
        y = self.fc(x.permute(0, 2, 3, 1))
        if self.scale_first:
            return (self.gamma * y).permute(0, 3, 1, 2)
        return y.permute(0, 3, 1, 2) * self.gamma.view(-1, 1, 1)


LAYER_SCALES: dict[str, Callable[[], nn.Module]] = {
    "conv": lambda: LayerScale(nn.Conv2d(6, 6, 1), (6, 1, 1)),
    "conv without bias": lambda: LayerScale(nn.Conv2d(6, 6, 3, padding=1, bias=False), (1, 6, 1, 1)),
    "transposed conv": lambda: LayerScale(nn.ConvTranspose2d(6, 6, 3, padding=1, groups=2), (6, 1, 1)),
    "linear along the last axis": lambda: LayerScale(nn.Linear(11, 11), (11,)),
    "linear, then permute": lambda: LastAxis(True),
    "linear, permute, then scale": lambda: LastAxis(False),
}


@pytest.mark.parametrize("build", LAYER_SCALES.values(), ids=LAYER_SCALES)
def test_layer_scale_goes_into_the_layer(build: Callable[[], nn.Module], transformed: Transformed) -> None:
    result = transformed(build(), SHAPE, PRODUCER)
    assert result.applied()["constant_into_producer"] == 1
    assert "mul" not in result.operators()
    assert not any("gamma" in name for name, _ in result.program.graph_module.named_parameters())


class Arithmetic(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.function = nn.Conv2d(6, 8, 3), function

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.function(self.conv(x)))


ARITHMETIC: dict[str, Callable[[Tensor], Tensor]] = {
    "times a number": lambda y: y * 0.3,
    "a number times": lambda y: 0.3 * y,
    "over a number": lambda y: y / 7,
    "plus a number": lambda y: y + 0.25,
    "a number plus": lambda y: 0.25 + y,
    "minus a number": lambda y: y - 0.25,
    "plus a multiple": lambda y: torch.add(y, torch.arange(8, dtype=y.dtype).view(8, 1, 1), alpha=3),
    "minus a multiple": lambda y: torch.sub(y, torch.arange(8, dtype=y.dtype).view(8, 1, 1), alpha=3),
    "over a vector": lambda y: y / (1 + torch.arange(8, dtype=y.dtype).view(8, 1, 1)),
    "scaled, then shifted": lambda y: (y * 0.3 + 2) / 5 - 0.1,
}


@pytest.mark.parametrize("function", ARITHMETIC.values(), ids=ARITHMETIC)
def test_arithmetic_with_constants_goes_into_the_layer(
    function: Callable[[Tensor], Tensor], transformed: Transformed
) -> None:
    result = transformed(Arithmetic(function), SHAPE, PRODUCER)
    assert result.operators() == {"conv2d": 1, "relu": 1}
    assert result.applied()["constant_into_producer"] >= 1


OTHER: dict[str, Callable[[Tensor], Tensor]] = {
    "a number minus": lambda y: 2 - y,
    "a number over": lambda y: 2 / (y.abs() + 1),
    "over a vector with a zero": lambda y: (y / torch.arange(8, dtype=y.dtype).view(8, 1, 1)).clamp(-1, 1),
    "wider result": lambda y: y[:, :1] * torch.arange(8, dtype=y.dtype).view(8, 1, 1),
    "alpha on the other side": lambda y: torch.add(torch.arange(8, dtype=y.dtype).view(8, 1, 1), y, alpha=3),
    "two tensors": lambda y: y * y.mean(1, keepdim=True),
}


@pytest.mark.parametrize("function", OTHER.values(), ids=OTHER)
def test_other_arithmetic_is_kept(function: Callable[[Tensor], Tensor], transformed: Transformed) -> None:
    result = transformed(Arithmetic(function), SHAPE, PRODUCER)
    assert "constant_into_producer" not in result.applied() or "abs" in result.operators()
    assert result.program.node_count > 2


class OneRow(nn.Module):
    """A linear layer whose weight is a row, or whose bias is one number for all."""

    def __init__(self, *, row: bool) -> None:
        super().__init__()
        self.row = row
        self.weight, self.bias = nn.Parameter(torch.empty(11 if row else (8, 11))), nn.Parameter(torch.empty(1))

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.linear(x, self.weight, None if self.row else self.bias)
        return y * (torch.arange(9.0, dtype=x.dtype) if self.row else torch.arange(8.0, dtype=x.dtype))


@pytest.mark.parametrize("row", [True, False])
def test_a_layer_with_broadcast_weights_is_refused(row: bool, transformed: Transformed) -> None:
    (refusal,) = transformed(OneRow(row=row), SHAPE, PRODUCER).refused("constant_into_producer")
    assert refusal == "linear has a weight or bias of an unexpected shape"


class SomeRows(nn.Module):
    """One layer for three tensors, of which one is scaled; `split` takes them apart."""

    def __init__(self, split: Callable[[Tensor], tuple[Tensor, ...]]) -> None:
        super().__init__()
        self.qkv, self.split = nn.Linear(6, 24, bias=False), split

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        q, k, v = self.split(self.qkv(x.flatten(2).transpose(1, 2)))
        return torch.tanh(q * 0.25), torch.tanh(k), torch.tanh(v)


SPLITS: dict[str, Callable[[Tensor], tuple[Tensor, ...]]] = {
    "chunk": lambda y: y.chunk(3, -1),
    "split": lambda y: y.split([6, 10, 8], -1),
    "slices": lambda y: (y[..., :8], y[..., 8:16], y[..., 16:]),
    "rank 5, unbind": lambda y: y.reshape(1, 99, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0),
    "rank 5, index": lambda y: tuple(y.reshape(1, 99, 3, 2, 4).permute(2, 0, 3, 1, 4)),
    "heads first": lambda y: y.reshape(1, 99, 2, 12).transpose(1, 2).chunk(3, -1),
    "interleaved": lambda y: (y[..., 0::3], y[..., 1::3], y[..., 2::3]),
}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_only_the_scaled_rows_of_a_layer_change(
    split: Callable[[Tensor], tuple[Tensor, ...]], transformed: Transformed
) -> None:
    result = transformed(SomeRows(split), SHAPE, PRODUCER)
    assert result.applied() == {"constant_into_producer": 1}
    before = result.before.graph_module.get_parameter("qkv.weight").double()
    after = result.program.graph_module.get_parameter("qkv.weight")
    scaled = (after / before)[:, 0]
    assert sorted({round(float(value), 9) for value in scaled}) == [0.25, 1.0]
    assert int((scaled == 0.25).sum()) == (6 if split is SPLITS["split"] else 8)


class PerHead(nn.Module):
    """A temperature per head: it changes along one axis of a rank-4 tensor that is a part of the layer's channels."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.temperature = nn.Linear(6, 8), nn.Parameter(torch.empty(2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        q = self.q(x.flatten(2).transpose(1, 2)).reshape(1, 99, 2, 4).transpose(1, 2)
        return torch.tanh(q * self.temperature)


def test_a_scale_per_head(transformed: Transformed) -> None:
    assert transformed(PerHead(), SHAPE, PRODUCER).applied() == {"constant_into_producer": 1}


class Positions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.position = nn.Conv2d(6, 8, 1), nn.Parameter(torch.empty(1, 8, 9, 11))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x) + self.position)


class Overlap(nn.Module):
    """The scaled part and the other reader share channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.conv(x)
        return torch.relu(y[:, :5] * 2), torch.relu(y[:, 4:])


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(torch.relu(2 * self.conv(x))))


NOT_BEFORE: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "positions": (Positions, "the constant differs between elements of one channel of conv2d"),
    "overlap": (Overlap, "slice (slice_2) reads conv2d and is not a linear layer to fold it into"),
    "shared weights": (Twice, "conv2d shares its weights with conv2d_1"),
    "no layer": (
        lambda: Arithmetic(lambda y: torch.relu(y) * 3),
        "it follows relu (relu), which is not a linear layer",
    ),
}


@pytest.mark.parametrize(("build", "reason"), NOT_BEFORE.values(), ids=NOT_BEFORE)
def test_reasons_to_refuse_the_layer_before(
    build: Callable[[], nn.Module], reason: str, transformed: Transformed
) -> None:
    result = transformed(build(), SHAPE, PRODUCER)
    assert result.applied() == {}
    assert result.refused("constant_into_producer") == [reason]
