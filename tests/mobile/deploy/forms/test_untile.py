"""A product with a repeated tensor becomes two products with half as many repetitions, or as many as repetitions."""

from collections.abc import Callable

import pytest
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import Untile

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)


class Modulation(nn.Module):
    """fc2(act(fc1(x)) * repeat(g(x))), channels first with convolutions or channels last with linear layers."""

    def __init__(self, count: int, act: Callable[[Tensor], Tensor] = F.gelu, *, last: bool = False) -> None:
        super().__init__()

        def layer(inputs: int, outputs: int) -> nn.Module:
            return nn.Linear(inputs, outputs) if last else nn.Conv2d(inputs, outputs, 1)

        self.count, self.act, self.last = count, act, last
        self.fc1, self.g, self.fc2 = layer(6, 6 * count), layer(6, 6), layer(6 * count, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1) if self.last else x
        repeats = [1, 1, 1, self.count] if self.last else [1, self.count, 1, 1]
        y: Tensor = self.fc2(self.act(self.fc1(x)) * self.g(x).repeat(repeats))
        return y


SPLIT = {"conv2d": 5, "gelu": 2, "mul": 2, "add": 1}
WRITTEN: dict[str, tuple[Callable[[], nn.Module], dict[str, int]]] = {
    "6 times": (lambda: Modulation(6), {**SPLIT, "slice": 2, "cat": 1}),
    "4 times": (lambda: Modulation(4), {**SPLIT, "slice": 2, "cat": 1}),
    "twice": (lambda: Modulation(2), SPLIT),
    "3 times": (lambda: Modulation(3), {"conv2d": 7, "gelu": 3, "mul": 3, "add": 2}),
    "no activation": (lambda: Modulation(2, lambda x: x), {"conv2d": 5, "mul": 2, "add": 1}),
    "two activations": (
        lambda: Modulation(2, lambda x: F.relu(x).abs()),
        {"conv2d": 5, "relu": 2, "abs": 2, "mul": 2, "add": 1},
    ),
    "channels last": (
        lambda: Modulation(2, last=True),
        {"linear": 5, "gelu": 2, "mul": 2, "add": 1, "permute": 1},
    ),
}


@pytest.mark.parametrize(("build", "operators"), WRITTEN.values(), ids=WRITTEN)
def test_it_is_split(transformed: Transformed, build: Callable[[], nn.Module], operators: dict[str, int]) -> None:
    result = transformed(build(), SHAPE, (Untile(),))
    assert result.applied() == {"untile": 1}
    assert result.operators() == operators


class Variation(Modulation):
    """A modulation that is not quite one."""

    def __init__(self, forward: Callable[["Variation", Tensor], Tensor]) -> None:
        super().__init__(2)
        self.other, self.grouped = nn.Conv2d(12, 12, 1), nn.Conv2d(6, 12, 1, groups=2)
        self.changed = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.changed(self, x)


REFUSED: dict[str, tuple[Callable[[Variation, Tensor], Tensor], str]] = {
    "two axes": (
        lambda net, x: net.fc2(net.fc1(x) * net.g(x)[:, :, :3].repeat(1, 2, 3, 1)),
        "not a repetition along one",
    ),
    "a new axis": (lambda net, x: net.fc2(net.fc1(x) * net.g(x)[0].repeat(1, 2, 1, 1)), "not a repetition along one"),
    "a sum": (lambda net, x: net.fc2(net.fc1(x) + net.g(x).repeat(1, 2, 1, 1)), "whose only user is a product"),
    "read twice": (
        lambda net, x: (lambda tiled: net.fc2(net.fc1(x) * tiled + tiled))(net.g(x).repeat(1, 2, 1, 1)),
        "whose only user is a product",
    ),
    "broadcast": (
        lambda net, x: net.fc2(net.fc1(x).mean((2, 3), keepdim=True) * net.g(x).repeat(1, 2, 1, 1)),
        "is broadcast",
    ),
    "no layer before": (
        lambda net, x: net.fc2(net.fc1(x).cumsum(2) * net.g(x).repeat(1, 2, 1, 1)),
        "not a linear layer",
    ),
    "grouped": (lambda net, x: net.fc2(net.grouped(x) * net.g(x).repeat(1, 2, 1, 1)), "is transposed, grouped"),
    "no layer behind": (lambda net, x: (net.fc1(x) * net.g(x).repeat(1, 2, 1, 1)).cumsum(2), "not a linear layer"),
    "two readers": (
        lambda net, x: (lambda y: net.fc2(y) + net.fc2(net.other(y)))(net.fc1(x) * net.g(x).repeat(1, 2, 1, 1)),
        "several users",
    ),
    "first layer read twice": (
        lambda net, x: (lambda y: net.fc2(y * net.g(x).repeat(1, 2, 1, 1)) + y[:, :6])(net.fc1(x)),
        "several users",
    ),
}


@pytest.mark.parametrize(("forward", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(transformed: Transformed, forward: Callable[[Variation, Tensor], Tensor], reason: str) -> None:
    result = transformed(Variation(forward), SHAPE, (Untile(),))
    (refusal,) = result.refused("untile")
    assert reason in refusal
    assert result.applied() == {}
