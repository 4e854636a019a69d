"""The normalisation inside the network: where it is folded, and that the outputs stay the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._stages import NamedInput, Normalisation, Sample
from efficientmod_export.targets import find_target
from efficientmod_export.targets._image import PIXELS_OVER_255, for_centred_pixels, for_pixels
from efficientmod_mobile.deploy import Program, capture, run
from efficientmod_mobile.errors import InputError

from ...raising import refused
from .conftest import MEAN, STD, Convert, options, strengthen

MadeSample = Callable[[Program], Sample]


class Both(nn.Module):
    """The image is read by operations that are not layers."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x) - x.mean()


class Scaled(nn.Module):
    """A constant of its own before its second layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, padding=1)
        self.second = nn.Conv2d(5, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.relu(self.first(x)) * 0.5)


INPUTS = (NamedInput("input", Normalisation(MEAN, STD)),)


def pixels_over_255(sample: Sample) -> Tensor:
    pixels = sample.inputs[0].pixels
    assert pixels is not None
    return torch.from_numpy((pixels / np.float32(255)).astype(np.float32)).permute(2, 0, 1)[None]


def error(changed: Program, x: Tensor, program: Program, sample: Sample) -> float:
    """Relative to the output's range."""
    (expected,), (found,) = run(program, torch.from_numpy(sample.inputs[0].tensor)), run(changed, x)
    return float((found - expected).abs().max() / np.ptp(expected.numpy()))


def operators(program: Program) -> list[str]:
    calls = [node.target for node in program.graph.nodes if node.op == "call_function"]
    return [getattr(target, "_opname", str(target)) for target in calls]


def test_std_goes_into_a_layer_that_pads(classifier: Program, made_sample: MadeSample) -> None:
    changed, sample = for_centred_pixels(classifier, INPUTS), made_sample(classifier)
    centred = pixels_over_255(sample) - torch.tensor(MEAN).reshape(1, 3, 1, 1)
    assert error(changed, centred, classifier, sample) < 1e-6
    assert operators(changed) == operators(classifier)


def test_the_mean_stays_before_a_layer_that_pads(classifier: Program, made_sample: MadeSample) -> None:
    changed, sample = for_pixels(classifier, INPUTS), made_sample(classifier)
    assert error(changed, pixels_over_255(sample), classifier, sample) < 1e-6
    assert operators(changed) == ["sub", *operators(classifier)]


def test_the_mean_stays_before_a_layer_that_does_not_pad(made_sample: MadeSample) -> None:
    network = strengthen(nn.Sequential(nn.Conv2d(3, 5, 2, stride=2), nn.ReLU(), nn.Conv2d(5, 4, 3, padding=1)))
    program = capture(network, torch.zeros(1, 3, 8, 12))
    changed, sample = for_pixels(program, INPUTS), made_sample(program)
    assert error(changed, pixels_over_255(sample), program, sample) < 1e-6
    assert operators(changed) == ["sub", *operators(program)]


def test_both_stay_where_no_layer_can_take_them(made_sample: MadeSample) -> None:
    program = capture(Both().eval(), torch.zeros(1, 3, 4, 6))
    changed, sample = for_pixels(program, INPUTS), made_sample(program)
    assert error(changed, pixels_over_255(sample), program, sample) < 1e-6
    assert operators(changed) == ["sub", "div", *operators(program)]


def test_the_networks_own_constants_stay_where_they_are(made_sample: MadeSample) -> None:
    program = capture(strengthen(Scaled()), torch.zeros(1, 3, 6, 10))
    changed, sample = for_pixels(program, INPUTS), made_sample(program)
    assert error(changed, pixels_over_255(sample), program, sample) < 1e-6
    assert operators(changed) == ["sub", *operators(program)]


@pytest.mark.parametrize("target", ["coreml", "executorch", "onnx", "tflite"])
def test_an_artifact_says_what_becomes_of_the_pixels(target: str, classifier: Program, convert: Convert) -> None:
    stated = {"coreml": None, "tflite": PIXELS_OVER_255}.get(target, Normalisation(MEAN, STD))
    (spec,) = convert(target, classifier).inputs
    assert spec.normalisation == stated


@pytest.mark.parametrize("target", ["coreml", "tflite"])
@pytest.mark.parametrize("network", ["classifier", "backbone"])
def test_labels_that_do_not_fit_are_refused(
    target: str, network: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    program = request.getfixturevalue(network)
    with refused(InputError, "wrong_label_count", "2 labels"):
        find_target(target).make(program, options(labels=("a", "b")), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["coreml", "tflite"])
def test_an_input_that_is_no_picture_is_refused(target: str, tmp_path: Path) -> None:
    program = capture(strengthen(nn.Conv2d(4, 5, 1)), torch.zeros(1, 4, 6, 8))
    with refused(InputError, "wrong_input_shape", "(1, 4, 6, 8)"):
        find_target(target).make(program, options(), tmp_path)
