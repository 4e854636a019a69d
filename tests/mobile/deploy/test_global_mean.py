"""The mean over an image is one that XNNPACK has, and over a large image it goes by way of the columns."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import GlobalMean

from .conftest import Transformed

SMALL = (1, 3, 32, 32)
LARGE = (1, 3, 41, 27)


class Net(nn.Module):
    def __init__(self, mean: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.mean = mean

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.mean(torch.relu(x)))


@pytest.mark.parametrize(
    ("mean", "shape", "operators"),
    [
        (lambda x: x.mean((2, 3)), SMALL, {"mean": 1, "reshape": 1}),
        (lambda x: x.mean((2, 3)), LARGE, {"avg_pool2d": 1, "mean": 1, "reshape": 1}),
        (lambda x: x.mean((-1, -2), keepdim=True), LARGE, {"avg_pool2d": 1, "mean": 1}),
        (lambda x: F.adaptive_avg_pool2d(x, 1), LARGE, {"avg_pool2d": 1, "mean": 1}),
    ],
)
def test_it_is_written_otherwise(
    mean: Callable[[Tensor], Tensor], shape: tuple[int, ...], operators: dict[str, int], transformed: Transformed
) -> None:
    result = transformed(Net(mean), shape, (GlobalMean(),))
    assert result.applied() == {"global_mean": 1}
    assert result.operators() == {"relu": 1, "tanh": 1, **operators}


@pytest.mark.parametrize(
    ("mean", "shape"),
    [
        (lambda x: x.mean((2, 3), keepdim=True), SMALL),
        (lambda x: x.mean((2, 3), keepdim=True), (1, 3, 2000, 1)),
        (lambda x: F.adaptive_avg_pool2d(x, 1), SMALL),
        (lambda x: F.adaptive_avg_pool2d(x, (1, 3)), LARGE),
        (lambda x: x.mean((1, 2)), LARGE),
        (lambda x: x.mean(2), LARGE),
        (lambda x: x.mean((1, 2, 3)), LARGE),
        (lambda x: x.flatten(2).mean((1, 2)), LARGE),
    ],
)
def test_it_stays(mean: Callable[[Tensor], Tensor], shape: tuple[int, ...], transformed: Transformed) -> None:
    result = transformed(Net(mean), shape, (GlobalMean(),))
    assert not result.applied().get("global_mean")
    assert "avg_pool2d" not in result.operators()
