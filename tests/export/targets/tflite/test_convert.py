"""The TFLite file as an artifact: layouts, float16 weights, XNNPACK. The writer has its own tests."""

from collections.abc import Callable

import pytest
import torch
from packaging.version import Version
from torch import nn

from efficientmod_export._stages import Artifact, InputSpec, Normalisation, TensorSpec
from efficientmod_export.targets.tflite.writer._versions import _RELEASES
from efficientmod_mobile.deploy import Program, capture

from ..conftest import CLASSES, Convert, strengthen

Errors = Callable[[Artifact, Program], list[float]]
LIMITS = {"fp32": 2e-6, "fp16": 5e-3}


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_it_computes_what_pytorch_computes(
    precision: str, classifier: Program, convert: Convert, errors: Errors
) -> None:
    artifact = convert("tflite", classifier, precision)
    unit = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    assert artifact.inputs == (InputSpec("input", (1, 16, 24, 3), "float32", "NHWC", unit),)
    assert artifact.outputs == (TensorSpec("logits", (1, CLASSES), "float32", "any"),)
    assert max(errors(artifact, classifier)) < LIMITS[precision]


def test_fp16_stores_float16_weights(classifier: Program, convert: Convert) -> None:
    full, half = (convert("tflite", classifier, precision).path.read_bytes() for precision in ("fp32", "fp16"))
    assert len(half) < len(full)


@pytest.mark.parametrize("network", ["backbone", "rank_five"])
def test_every_output_is_there_in_order_and_layout(
    network: str, request: pytest.FixtureRequest, convert: Convert, errors: Errors
) -> None:
    program = request.getfixturevalue(network)
    assert max(errors(convert("tflite", program), program)) < LIMITS["fp32"]


def test_feature_maps_are_said_to_be_channels_last(backbone: Program, convert: Convert) -> None:
    shapes = [(spec.shape, spec.layout) for spec in convert("tflite", backbone).outputs]
    assert shapes == [((1, 8, 12, 5), "NHWC"), ((1, 4, 6, 6), "NHWC"), ((1, 6), "any")]


def test_xnnpack_runs_all_of_it(classifier: Program, convert: Convert) -> None:
    artifact = convert("tflite", classifier)
    assert (artifact.delegates, artifact.outside, artifact.rank) == (1, (), 4)


def test_the_least_runtime_is_a_release_of_litert(classifier: Program, convert: Convert) -> None:
    """LiteRT 1.0.1 is TensorFlow Lite 2.17, so every operator that the writer makes must be as old."""
    assert convert("tflite", classifier).least_runtime == "1.0.1"
    assert max(map(Version, _RELEASES.values())) <= Version("2.17.0")


def test_operators_outside_xnnpack_are_named(convert: Convert) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReflectionPad2d(20), nn.Conv2d(4, 2, 3))
    artifact = convert("tflite", capture(strengthen(network), torch.zeros(1, 3, 24, 26)))
    assert (artifact.delegates, artifact.outside) == (2, ("MIRROR_PAD x1",))
