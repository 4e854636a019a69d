"""BatchNorm folded into the layers after it: into all of them, or none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._batch_norm import BatchNormIntoReaders

from ..conftest import Transformed

SHAPE = (1, 6, 9, 11)


class After(nn.Module):
    """BatchNorm, then the readers' sum."""

    def __init__(self, *readers: nn.Module, shift: bool = True) -> None:
        super().__init__()
        self.norm, self.readers, self.shift = nn.BatchNorm2d(6), nn.ModuleList(readers), shift

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.norm(torch.relu(x))
        return tuple(reader(y) for reader in self.readers)


def last(layer: nn.Module) -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), layer)


READERS: dict[str, Callable[[], nn.Module]] = {
    "conv without padding": lambda: After(nn.Conv2d(6, 10, 3)),
    "grouped conv without bias": lambda: After(nn.Conv2d(6, 10, 3, groups=2, bias=False)),
    "valid padding": lambda: After(nn.Conv2d(6, 10, 3, padding="valid")),
    "pool, flatten, linear": lambda: After(last(nn.Linear(6, 10))),
    "flatten, linear": lambda: After(nn.Sequential(nn.Flatten(), nn.Linear(6 * 9 * 11, 10))),
    "several": lambda: After(nn.Conv2d(6, 4, 1), nn.Conv2d(6, 6, 2, groups=6), last(nn.Linear(6, 10, bias=False))),
    "upsampled": lambda: After(nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(6, 4, 1))),
    "average without padding": lambda: After(
        nn.Sequential(nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Conv2d(6, 4, 1))
    ),
}


@pytest.mark.parametrize("build", READERS.values(), ids=READERS)
def test_into_the_layers_after(build: Callable[[], nn.Module], transformed: Transformed) -> None:
    result = transformed(build(), SHAPE, (BatchNormIntoReaders(),))
    assert result.applied() == {"batch_norm_into_readers": 1}
    assert "batch_norm" not in result.operators()


class Unshifted(nn.Module):
    def __init__(self, reader: nn.Module) -> None:
        super().__init__()
        self.norm, self.reader = nn.BatchNorm2d(6), reader
        nn.init.uniform_(self.norm.weight, 0.5, 2.0)
        nn.init.zeros_(self.norm.running_mean)
        nn.init.uniform_(self.norm.running_var, 0.5, 2.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.reader(self.norm(torch.relu(x)))


@pytest.mark.parametrize(
    "reader",
    [
        nn.Conv2d(6, 10, 3, padding=1),
        nn.Conv2d(6, 10, 3, padding="same"),
        nn.ConvTranspose2d(6, 10, 3, 2, groups=2),
    ],
    ids=["padded", "same", "transposed"],
)
def test_a_scale_is_folded_into_a_padded_layer(reader: nn.Module, transformed: Transformed) -> None:
    result = transformed(Unshifted(reader), SHAPE, (BatchNormIntoReaders(),), keep_weights=True)
    assert result.applied() == {"batch_norm_into_readers": 1}
    assert "batch_norm" not in result.operators()


NOT_AFTER: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "padded": (
        lambda: After(nn.Conv2d(6, 10, 3, padding=1)),
        "conv2d pads with zeros, so a shift of its input cannot be folded into its bias",
    ),
    "same padding": (
        lambda: After(nn.Conv2d(6, 10, 4, padding="same")),
        "conv2d pads with zeros, so a shift of its input cannot be folded into its bias",
    ),
    "transposed": (
        lambda: After(nn.ConvTranspose2d(6, 10, 3)),
        "conv_transpose2d is transposed, so a shift of its input cannot be folded into its bias",
    ),
    "one of two is not linear": (
        lambda: After(nn.Conv2d(6, 10, 1), nn.ReLU()),
        "relu (relu_1) reads batch_norm and is not a linear layer to fold it into",
    ),
    "average with padding": (
        lambda: After(nn.Sequential(nn.AvgPool2d(3, 2, 1), nn.Conv2d(6, 4, 1))),
        "avg_pool2d (avg_pool2d) reads batch_norm and is not a linear layer to fold it into",
    ),
    "an output": (lambda: After(nn.Identity()), "batch_norm is an output of the network"),
    "channels as positions": (
        lambda: After(nn.Sequential(nn.Flatten(2), nn.Linear(99, 5)), nn.Conv2d(6, 10, 1)),
        "linear reads several channels as one input channel",
    ),
}


@pytest.mark.parametrize(("build", "reason"), NOT_AFTER.values(), ids=NOT_AFTER)
def test_reasons_to_refuse_the_layers_after(
    build: Callable[[], nn.Module], reason: str, transformed: Transformed
) -> None:
    result = transformed(build(), SHAPE, (BatchNormIntoReaders(),))
    assert result.refused("batch_norm_into_readers") == [reason]
    assert result.operators()["batch_norm"] == 1


class SharedReader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(6), nn.Conv2d(6, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.relu(self.conv(self.norm(x))))


def test_a_reader_with_shared_weights_is_refused(transformed: Transformed) -> None:
    result = transformed(SharedReader(), SHAPE, (BatchNormIntoReaders(),))
    assert result.refused("batch_norm_into_readers") == ["conv2d shares its weights with conv2d_1"]
