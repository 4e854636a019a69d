"""The ExecuTorch file: run by ExecuTorch's runtime, its delegates counted from the file."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._stages import Artifact, InputSpec, Normalisation, TensorSpec
from efficientmod_export.targets import find_target
from efficientmod_mobile.deploy import Program, capture, deploy

from ..conftest import CLASSES, MEAN, STD, Backbone, Convert, strengthen

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


class Everything(nn.Module):
    """Operators that XNNPACK runs only in another form; each alone would split the delegate, or be computed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 1), nn.Linear(8, 5)
        self.group, self.instance = nn.GroupNorm(2, 8), nn.InstanceNorm2d(8, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.instance(F.max_pool2d(self.first(x), 2))
        x = torch.cat([F.mish(x[:, ::1].split(4, 1)[1]), F.elu(x.chunk(2, 1)[0])], 1).softmax(1)
        x = self.second(F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3, 1, 1)).clamp(min=0.1)
        x = self.group(F.gelu(x, approximate="tanh") * F.hardsigmoid(x.mean((2, 3), keepdim=True)).expand_as(x))
        x = x + F.normalize(torch.roll(x, 1, 2), dim=1) * x.amax((2, 3), keepdim=True)
        x = F.adaptive_avg_pool2d(F.interpolate(x[:, :, ::2], scale_factor=(4, 2)), 2)
        return self.head((1 - x).softmax(-1).mean((2, 3)))


def test_what_xnnpack_lacks_is_inside_the_delegate(convert: Convert, errors: Errors) -> None:
    program = capture(strengthen(Everything()), torch.zeros(1, 3, 42, 34))
    artifact = convert("executorch", deploy(program, find_target("executorch").variants[0].recipe).program)
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert max(errors(artifact, program)) < LIMIT


def test_converting_twice_gives_the_same_bytes(convert: Convert) -> None:
    first, second = (capture(strengthen(Backbone()), torch.zeros(1, 3, 16, 24)) for _ in range(2))
    assert convert("executorch", first).path.read_bytes() == convert("executorch", second).path.read_bytes()
