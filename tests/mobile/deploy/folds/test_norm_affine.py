"""A norm's scale and shift are folded into all of its users, or into none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._norm_affine import NormAffineIntoReaders
from efficientmod_mobile.deploy.program._graph import arguments

from ..conftest import Result, Transformed

SHAPE = (1, 6, 9, 11)


class Readers(nn.Module):
    """Norm over channels, channels last, and what reads it."""

    def __init__(self, *readers: nn.Module, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.norm, self.readers = norm or nn.LayerNorm(6), nn.ModuleList(readers)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.norm(x.permute(0, 2, 3, 1))
        return tuple(reader(y) for reader in self.readers)


class Lambda(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor], layer: nn.Module | None = None) -> None:
        super().__init__()
        self.function, self.layer = function, layer or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.function(x))


def first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


FOLDED: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: Readers(nn.Linear(6, 10)),
    "linear without bias gains one": lambda: Readers(nn.Linear(6, 10, bias=False)),
    "two linear layers": lambda: Readers(nn.Linear(6, 24), nn.Linear(6, 6)),
    "1x1 conv through a permute": lambda: Readers(Lambda(first, nn.Conv2d(6, 10, 1))),
    "downsampling conv without padding": lambda: Readers(Lambda(first, nn.Conv2d(6, 10, 2, 2))),
    "rows": lambda: Readers(Lambda(lambda x: x.flatten(1, 2), nn.Linear(6, 18)), nn.Linear(6, 4)),
    "mean into the head": lambda: Readers(Lambda(lambda x: x.mean((1, 2)), nn.Linear(6, 10))),
    "pool into the head": lambda: Readers(
        Lambda(lambda x: nn.functional.adaptive_avg_pool2d(first(x), 1).flatten(1), nn.Linear(6, 10))
    ),
    "one token into the head": lambda: Readers(Lambda(lambda x: x.flatten(1, 2)[:, 0], nn.Linear(6, 10))),
    "windows": lambda: Readers(
        Lambda(lambda x: x[:, :8, :10].reshape(1, 2, 4, 2, 5, 6).permute(0, 1, 3, 2, 4, 5), nn.Linear(6, 10))
    ),
    "channels apart": lambda: Readers(Lambda(lambda x: x.split([2, 4], -1)[1], nn.Linear(4, 10))),
    "no bias": lambda: Readers(nn.Linear(6, 10), norm=nn.LayerNorm(6, bias=False)),
    "RMS norm": lambda: Readers(nn.Linear(6, 10), norm=nn.RMSNorm(6, eps=1e-6)),
}


def affine_of(result: Result) -> list[object]:
    norm = next(
        node for node in result.program.graph.nodes if "norm" in str(node.target) and node.op == "call_function"
    )
    return [arguments(norm).get("weight"), arguments(norm).get("bias")]


@pytest.mark.parametrize("build", FOLDED.values(), ids=FOLDED)
def test_into_every_reader(build: Callable[[], nn.Module], transformed: Transformed) -> None:
    result = transformed(build(), SHAPE, (NormAffineIntoReaders(),))
    assert result.applied() == {"norm_affine_into_readers": 1}
    assert affine_of(result) == [None, None]
    assert result.program.node_count == result.before.node_count
    assert not any(name.startswith("norm") for name, _ in result.program.graph_module.named_parameters())


class Grouped(nn.Module):
    def __init__(self, norm: nn.Module, reader: nn.Module) -> None:
        super().__init__()
        self.norm, self.reader = norm, reader

    def forward(self, x: Tensor) -> Tensor:
        return self.reader(self.norm(torch.relu(x)))


@pytest.mark.parametrize(
    "norm",
    [nn.GroupNorm(1, 6), nn.GroupNorm(3, 6), nn.InstanceNorm2d(6, affine=True)],
    ids=["one", "three", "instance"],
)
def test_group_norm_has_its_channels_first(norm: nn.Module, transformed: Transformed) -> None:
    result = transformed(Grouped(norm, nn.Conv2d(6, 10, 1)), SHAPE, (NormAffineIntoReaders(),))
    assert result.applied() == {"norm_affine_into_readers": 1}
    assert affine_of(result) == [None, None]


def test_a_scale_alone_is_folded_into_a_padded_layer(transformed: Transformed) -> None:
    reader = Lambda(first, nn.Conv2d(6, 6, 3, padding=1, groups=6))
    build = Readers(reader, norm=nn.LayerNorm(6, bias=False))
    assert transformed(build, SHAPE, (NormAffineIntoReaders(),)).applied() == {"norm_affine_into_readers": 1}


class OnlyShift(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bias, self.linear = nn.Parameter(torch.empty(6)), nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(nn.functional.layer_norm(x.permute(0, 2, 3, 1), (6,), None, self.bias))


def test_a_shift_alone(transformed: Transformed) -> None:
    result = transformed(OnlyShift(), SHAPE, (NormAffineIntoReaders(),))
    assert result.applied() == {"norm_affine_into_readers": 1}
    assert affine_of(result) == [None, None]


class Attention(nn.Module):
    """One layer for q, k and v without a bias: it gains one."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.qkv = nn.LayerNorm(6), nn.Linear(6, 18, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(2).transpose(1, 2)
        q, k, v = self.qkv(self.norm(rows)).reshape(1, 99, 3, 2, 3).permute(2, 0, 3, 1, 4).unbind(0)
        return rows + nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, 99, 6)


def test_into_the_layers_of_an_attention(transformed: Transformed) -> None:
    result = transformed(Attention(), SHAPE, (NormAffineIntoReaders(),))
    assert result.applied() == {"norm_affine_into_readers": 1}
    assert "qkv.bias" in {name for name, _ in result.program.graph_module.named_parameters()}


class Computed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        y = x.permute(0, 2, 3, 1)
        return self.linear(nn.functional.layer_norm(y, (6,), y.mean((0, 1, 2))))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.a = nn.LayerNorm(6), nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        y = x.permute(0, 2, 3, 1)
        return self.a(torch.tanh(self.a(self.norm(y))))


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "residual stream": (
        lambda: Readers(nn.Linear(6, 10), Lambda(lambda x: x + 1)),
        "add (add) reads layer_norm and is not a linear layer to fold it into",
    ),
    "padded depthwise reader": (
        lambda: Readers(Lambda(first, nn.Conv2d(6, 6, 7, padding=3, groups=6)), nn.Linear(6, 10)),
        "conv2d pads with zeros, so a shift of its input cannot be folded into its bias",
    ),
    "output": (lambda: Readers(nn.Linear(6, 10), nn.Identity()), "layer_norm is an output of the network"),
    "activation": (
        lambda: Readers(Lambda(torch.relu, nn.Linear(6, 10))),
        "relu (relu) reads layer_norm and is not a linear layer to fold it into",
    ),
    "mean over channels": (
        lambda: Readers(Lambda(lambda x: x.mean(-1, keepdim=True), nn.Linear(1, 4))),
        "mean averages over channels",
    ),
    "a layer along another axis": (
        lambda: Readers(Lambda(lambda x: x.permute(0, 3, 1, 2), nn.Linear(11, 5))),
        "linear reads several channels as one input channel",
    ),
    "several axes": (
        lambda: Readers(nn.Linear(6, 10), norm=nn.LayerNorm((11, 6))),
        "its scale and shift differ between positions",
    ),
    "computed affine": (Computed, "its scale and shift are computed at run time"),
    "shared weights": (Tied, "linear shares its weights with linear_1"),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED)
def test_reasons_to_refuse(build: Callable[[], nn.Module], reason: str, transformed: Transformed) -> None:
    result = transformed(build(), SHAPE, (NormAffineIntoReaders(),))
    assert result.applied() == {}
    assert result.refused("norm_affine_into_readers") == [reason]
    assert affine_of(result) != [None, None]


def test_a_norm_without_affine_is_not_matched(transformed: Transformed) -> None:
    build = Readers(nn.Linear(6, 10), norm=nn.LayerNorm(6, elementwise_affine=False))
    result = transformed(build, SHAPE, (NormAffineIntoReaders(),))
    assert result.applied() == {}
    assert result.refused("norm_affine_into_readers") == []
