"""The ExecuTorch file: run by ExecuTorch's runtime, its delegates counted from the file."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._recipes import XNNPACK
from efficientmod_export._stages import Artifact, InputSpec, Normalisation, TensorSpec
from efficientmod_mobile.deploy import Program, capture, deploy

from .conftest import CLASSES, MEAN, STD, Backbone, Convert, strengthen

Errors = Callable[[Artifact, Program], list[float]]
LIMIT = 2e-6


def test_it_computes_what_pytorch_computes(classifier: Program, convert: Convert, errors: Errors) -> None:
    artifact = convert("executorch", classifier)
    assert artifact.inputs == (InputSpec("input", (1, 3, 16, 24), "float32", "NCHW", Normalisation(MEAN, STD)),)
    assert artifact.outputs == (TensorSpec("logits", (1, CLASSES), "float32", "any"),)
    assert max(errors(artifact, classifier)) < LIMIT


@pytest.mark.parametrize("network", ["backbone", "rank_five"])
def test_every_output_is_there_in_order(
    network: str, request: pytest.FixtureRequest, convert: Convert, errors: Errors
) -> None:
    program = request.getfixturevalue(network)
    assert max(errors(convert("executorch", program), program)) < LIMIT


def test_delegates_and_what_stays_outside_are_counted(classifier: Program, convert: Convert) -> None:
    artifact = convert("executorch", classifier)
    assert artifact.delegates is not None
    assert artifact.delegates > 1
    assert "native_layer_norm x1" in artifact.outside
    assert not any("linear" in operator or "convolution" in operator for operator in artifact.outside)


def test_a_network_of_convolutions_is_one_delegate(convert: Convert) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1))
    program = capture(strengthen(network), torch.zeros(1, 3, 8, 10))
    artifact = convert("executorch", program)
    assert (artifact.delegates, artifact.outside) == (1, ())


class Pooled(nn.Module):
    """The mean of an image, without the axes that `AdaptiveAvgPool2d` leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


def test_a_mean_over_an_image_is_inside_the_delegate(convert: Convert, errors: Errors) -> None:
    program = capture(strengthen(Pooled()), torch.zeros(1, 3, 48, 40))
    artifact = convert("executorch", deploy(program, XNNPACK).program)
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert max(errors(artifact, program)) < LIMIT


def test_converting_twice_gives_the_same_bytes(convert: Convert) -> None:
    first, second = (capture(strengthen(Backbone()), torch.zeros(1, 3, 16, 24)) for _ in range(2))
    assert convert("executorch", first).path.read_bytes() == convert("executorch", second).path.read_bytes()
