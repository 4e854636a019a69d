"""Constant scales and shifts are folded into the layers after them: into all of them, or none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import EXACT
from efficientmod_mobile.deploy.folds._constant_folding import FoldConstants
from efficientmod_mobile.deploy.folds._scale_and_shift import ConstantIntoReaders

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)
READERS = (FoldConstants(), ConstantIntoReaders())


class Wrapped(nn.Module):
    """An exporter's wrapper: normalise, then a first convolution that pads."""

    def __init__(self, normalise: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.normalise, self.conv = normalise, nn.Conv2d(3, 8, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(self.normalise(x)))


def per_colour(x: Tensor, *values: float) -> Tensor:
    """Binary fractions, so that float32 and float64 hold the same constants."""
    return torch.tensor(values, dtype=x.dtype).view(1, 3, 1, 1)


def test_the_scale_of_the_input_goes_into_the_first_convolution(transformed: Transformed) -> None:
    result = transformed(Wrapped(lambda x: x * (1 / per_colour(x, 0.25, 0.375, 0.5))), (1, 3, 10, 13), READERS)
    assert result.applied()["constant_into_readers"] == 1
    assert result.operators() == {"conv2d": 1, "relu": 1}


def test_a_long_chain_of_scales_goes_into_the_layer(transformed: Transformed) -> None:
    def doubled_and_halved(x: Tensor) -> Tensor:
        for _ in range(20):
            x = x * per_colour(x, 2, 4, 2) * per_colour(x, 0.5, 0.25, 1)
        return x

    result = transformed(Wrapped(doubled_and_halved), (1, 3, 10, 13), EXACT)
    assert result.applied()["constant_into_readers"] == 40
    assert result.operators() == {"conv2d": 1, "relu": 1}


def test_the_mean_of_the_input_is_not_folded_into_a_padded_layer(transformed: Transformed) -> None:
    mean_and_std = Wrapped(lambda x: (x - per_colour(x, 0.5, 0.375, 0.4375)) / per_colour(x, 0.25, 0.375, 0.5))
    result = transformed(mean_and_std, (1, 3, 10, 13), (*READERS, ConstantIntoReaders()))
    assert result.operators() == {"sub": 1, "conv2d": 1, "relu": 1}
    assert (
        result.refused("constant_into_readers")[-1]
        == "conv2d pads with zeros, so a shift of its input cannot be folded into its bias"
    )


class AfterActivation(nn.Module):
    def __init__(self, layer: nn.Module, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.function = layer, function

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.layer(self.function(torch.relu(x))))


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.Conv2d(6, 8, 3, padding=1), lambda x: x * 2),
        (nn.Conv2d(6, 8, 3), lambda x: x + 2),
        (nn.ConvTranspose2d(6, 8, 3, 2, groups=2), lambda x: x / torch.arange(1, 7, dtype=x.dtype).view(6, 1, 1)),
        (nn.Linear(11, 4), lambda x: x - torch.arange(11, dtype=x.dtype)),
        (nn.Sequential(nn.Flatten(), nn.Linear(594, 4)), lambda x: x - torch.arange(6, dtype=x.dtype).view(6, 1, 1)),
    ],
    ids=["scale, padded", "shift", "vector, transposed", "shift, linear", "shift, flattened"],
)
def test_into_the_layers_after(
    layer: nn.Module, function: Callable[[Tensor], Tensor], transformed: Transformed
) -> None:
    result = transformed(AfterActivation(layer, function), SHAPE, READERS)
    assert result.applied()["constant_into_readers"] == 1
    assert not {"mul", "add", "sub", "div"} & set(result.operators())


NOT_AFTER: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "a shift into padding": (
        lambda x: x + 1,
        "conv2d pads with zeros, so a shift of its input cannot be folded into its bias",
    ),
    "two axes": (
        lambda x: x * torch.arange(66, dtype=x.dtype).view(6, 1, 11),
        "the constant varies along more than one axis",
    ),
    "not linear": (lambda x: torch.tanh(x * 2), "tanh (tanh) reads mul and is not a linear layer to fold it into"),
    "along a spatial axis": (
        lambda x: x * torch.arange(11, dtype=x.dtype),
        "conv2d reads several channels as one input channel",
    ),
}


@pytest.mark.parametrize(("function", "reason"), NOT_AFTER.values(), ids=NOT_AFTER)
def test_reasons_to_refuse_the_layers_after(
    function: Callable[[Tensor], Tensor], reason: str, transformed: Transformed
) -> None:
    build = AfterActivation(nn.Conv2d(6, 8, 3, padding=1), function)
    result = transformed(build, SHAPE, READERS)
    assert "constant_into_readers" not in result.applied()
    assert result.refused("constant_into_readers") == [reason]
