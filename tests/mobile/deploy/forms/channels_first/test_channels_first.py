"""Operators on permuted tensors become channels-first, and permutes cancel."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import ChannelsFirst, Repeat
from efficientmod_mobile.deploy.folds._constant_folding import FoldConstants

from ...conftest import Transformed

SHAPE = (1, 6, 9, 11)
RECIPE = (FoldConstants(), Repeat((ChannelsFirst(),)))


class Between(nn.Module):
    """A convolution, something channels-last, a convolution."""

    def __init__(self, middle: Callable[[Tensor, "Between"], Tensor], channels: int = 8) -> None:
        super().__init__()
        self.middle = middle
        self.stem, self.end = nn.Conv2d(6, 8, 3, padding=1), nn.Conv2d(channels, 5, 1)
        self.linear, self.other = nn.Linear(8, 8), nn.Linear(8, 8, bias=False)
        self.wide, self.narrow = nn.Linear(8, 24), nn.Linear(16, 8)
        self.scale, self.position = nn.Parameter(torch.ones(8)), nn.Parameter(torch.ones(9, 11, 1))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.end(self.middle(self.stem(x).permute(0, 2, 3, 1), self).permute(0, 3, 1, 2))
        return y


def attention(x: Tensor, net: Between) -> Tensor:
    rows = x.flatten(1, 2)
    q, k, v = net.wide(rows).reshape(1, 99, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
    mixed = (q @ k.transpose(-2, -1)).softmax(-1) @ v
    return (rows + net.linear(mixed.transpose(1, 2).reshape(1, 99, 8))).reshape(1, 9, 11, 8)


# what stands between -> the reshapes and permutes that are left
MOVED: dict[str, tuple[Callable[[Tensor, Between], Tensor], dict[str, int]]] = {
    "linear": (lambda x, net: net.linear(x), {}),
    "no bias": (lambda x, net: net.other(x), {}),
    "activation": (lambda x, net: F.gelu(net.linear(x)), {}),
    "a sum of two": (lambda x, net: x + net.linear(x), {}),
    "difference and quotient": (lambda x, net: (x - net.linear(x)) / (net.other(x).abs() + 1.0), {}),
    "a constant per channel": (lambda x, net: net.scale * x, {}),
    "a constant per position": (lambda x, net: x * net.position, {}),
    "a number": (lambda x, net: 2.0 * x + 1.0, {}),
    "a tensor per position": (lambda x, net: x * x.mean(-1, keepdim=True), {}),
    "a tensor per channel": (lambda x, net: x * x.mean((1, 2), keepdim=True), {}),
    "a mean of fewer axes": (lambda x, net: x * x.mean((1, 2))[:, None, None], {}),
    "rows": (lambda x, net: net.linear(x.flatten(1, 2)).reshape(1, 9, 11, 8), {}),
    "rows of another": (lambda x, net: x + net.linear(x.reshape(99, 8)).unflatten(0, (1, 9, 11)), {}),
    "cuts": (lambda x, net: net.wide(x)[..., 8:16] * net.wide(x).split(8, -1)[2], {}),
    "chunks": (lambda x, net: net.wide(x).chunk(3, -1)[0] + x.select(3, 2).unsqueeze(3), {}),
    "rows of pixels": (lambda x, net: x[:, 2:3] * x, {}),
    "joined": (lambda x, net: net.narrow(torch.cat((x, net.linear(x)), -1)), {}),
    "repeated": (lambda x, net: net.narrow(x.repeat(1, 1, 1, 2)), {}),
    "softmax over rows": (lambda x, net: x.permute(0, 3, 1, 2).softmax(-1).permute(0, 2, 3, 1), {}),
    # queries and values are permuted for their products, the result back: nothing has five axes
    "attention": (attention, {"permute": 3, "reshape": 5}),
}


@pytest.mark.parametrize(("middle", "left"), MOVED.values(), ids=MOVED)
def test_operators_become_channels_first(
    transformed: Transformed, middle: Callable[[Tensor, Between], Tensor], left: dict[str, int]
) -> None:
    result = transformed(Between(middle), SHAPE, RECIPE)
    operators = result.operators()
    assert {name: operators[name] for name in ("permute", "reshape", "transpose", "flatten") if operators[name]} == left
    assert operators["linear"] == 0
    assert result.applied()["channels_first"] > 0
    assert result.refused("channels_first") == []


def test_a_linear_layer_without_permutes_is_kept(transformed: Transformed) -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(11, 4)

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.linear(x).flatten(1))

    result = transformed(Rows(), SHAPE, RECIPE)
    assert result.operators()["linear"] == 1
    assert result.operators()["permute"] == 0


def test_an_output_of_the_network_is_permuted_back(transformed: Transformed) -> None:
    class Output(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(6, 4)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.linear(x.permute(0, 2, 3, 1))
            return y

    assert transformed(Output(), SHAPE, RECIPE).operators() == {"conv2d": 1, "permute": 1}


def test_a_layer_with_a_computed_bias_is_kept_before_its_permute(transformed: Transformed) -> None:
    network = Between(lambda x, net: F.linear(x, net.linear.weight, net.linear.bias * x.mean()))
    assert transformed(network, SHAPE, RECIPE).operators()["linear"] == 1


EMPTY: dict[str, Callable[[Tensor, Between], Tensor]] = {
    "joined": lambda x, net: torch.cat((x, net.linear(x)[..., 8:].relu()), -1),
    "summed": lambda x, net: x + x[:, 9:].mean(-1).sum(),
    "a layer of nothing": lambda x, net: x + F.linear(x[..., 8:], net.linear.weight[:, 8:]),
}


@pytest.mark.parametrize("middle", EMPTY.values(), ids=EMPTY)
def test_empty_tensors_are_kept(transformed: Transformed, middle: Callable[[Tensor, Between], Tensor]) -> None:
    assert transformed(Between(middle), SHAPE, RECIPE).program.node_count > 2


@pytest.mark.parametrize("dims", [(0,), (0, 2)])
def test_a_mean_over_axes_of_length_one_is_kept(transformed: Transformed, dims: tuple[int, ...]) -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(6, 8, (1, 11))

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv(x)
            return y.permute(0, 2, 3, 1).mean(dims)

    assert transformed(Mean(), SHAPE, RECIPE).operators()["mean"] == 1


def test_a_list_of_parts_without_a_rule_is_kept(transformed: Transformed) -> None:
    network = Between(lambda x, net: net.linear(torch.cat(x.tensor_split(2, -1)[::-1], -1)))
    assert transformed(network, SHAPE, RECIPE).operators()["tensor_split"] == 1


REFUSED: dict[str, tuple[Callable[[Tensor, Between], Tensor], str]] = {
    "norm": (lambda x, net: F.layer_norm(x, (8,)), "normalises the last axes; write it in elementary operators first"),
    "computed weights": (lambda x, net: F.linear(x, net.linear.weight * x.mean()), "computed at run time"),
    "one row of weights": (lambda x, net: x * F.linear(x, net.linear.weight[0])[..., None], "of an unexpected shape"),
    "one bias for all": (lambda x, net: F.linear(x, net.linear.weight, net.linear.bias[:1]), "of an unexpected shape"),
    "inner cut": (lambda x, net: net.wide(x).reshape(1, 9, 11, 3, 8)[..., 2:6].flatten(3), "slices the inner part"),
    "mean of a part": (
        lambda x, net: net.linear(x.reshape(1, 9, 11, 2, 4).mean(-1).repeat(1, 1, 1, 4)),
        "averages over a part of an axis",
    ),
    "repeated twice": (lambda x, net: x.repeat(1, 2, 1, 2)[:, 9:, :, 4:12], "repeats along new or several axes"),
    "repeated along a part": (
        lambda x, net: net.narrow(x.reshape(1, 9, 11, 2, 4).repeat(1, 1, 1, 1, 2).flatten(3)),
        "repeats a part of an axis",
    ),
    "joined along a part": (
        lambda x, net: net.narrow(torch.cat([x.reshape(1, 9, 11, 2, 4)] * 2, -1).flatten(3)),
        "concatenates along a part of an axis",
    ),
    "a tensor that is not permuted": (
        lambda x, net: x + net.stem(x.permute(0, 3, 1, 2)[:, :6]).reshape(1, 9, 11, 8),
        "would have to be permuted instead",
    ),
    "broadcast along a part": (
        lambda x, net: (x.reshape(1, 9, 11, 2, 4) * net.scale[:2, None]).flatten(3),
        "broadcast along a part of an axis",
    ),
}


class Joined(nn.Module):
    """The outputs of two convolutions, over pixels in a row and over the image, joined along their channels."""

    def __init__(self, join: Callable[["Joined", Tensor], Tensor]) -> None:
        super().__init__()
        self.join = join
        self.row, self.other_row, self.image = nn.Conv1d(6, 5, 1), nn.Conv1d(6, 7, 1), nn.Conv2d(6, 7, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self, x)


def transposed_pixels(x: Tensor, height: int) -> Tensor:
    return x.reshape(1, -1, height, 99 // height).transpose(2, 3).flatten(2).transpose(1, 2)


JOINED: dict[str, Callable[[Joined, Tensor], Tensor]] = {
    "pixels in another order": lambda net, x: torch.cat(
        [transposed_pixels(net.row(x.flatten(2)), 9), transposed_pixels(net.other_row(x.flatten(2)), 11)], -1
    ),
    "an image and its transpose": lambda net, x: torch.cat(
        [net.image(part).flatten(2).transpose(1, 2) for part in (x, x.transpose(2, 3))], -1
    ),
    "a row and an image": lambda net, x: torch.cat(
        [transposed_pixels(net.row(x.flatten(2)), 9), transposed_pixels(net.image(x), 9)], -1
    ),
}


@pytest.mark.parametrize("join", JOINED.values(), ids=JOINED)
def test_tensors_of_different_layouts_are_not_concatenated(
    transformed: Transformed, join: Callable[[Joined, Tensor], Tensor]
) -> None:
    refusals = transformed(Joined(join), SHAPE, RECIPE).refused("channels_first")
    assert "it concatenates tensors of different layouts" in refusals


@pytest.mark.parametrize(("middle", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(transformed: Transformed, middle: Callable[[Tensor, Between], Tensor], reason: str) -> None:
    channels = 12 if reason == "slices the inner part" else 8
    (*_, refusal) = transformed(Between(middle, channels), SHAPE, RECIPE).refused("channels_first")
    assert reason in refusal
