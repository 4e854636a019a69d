"""EfficientMod itself, with realistic weights and the transforms that an export applies."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from efficientmod_export._stages import Artifact, Sample
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import first_drift
from efficientmod_export.targets import find_target, input_values
from efficientmod_export.targets.coreml._mlpackage import MODEL
from efficientmod_mobile import create_model, realistic_state
from efficientmod_mobile.deploy import Program, capture, deploy, run

from .conftest import Convert

pytestmark = pytest.mark.slow

Errors = Callable[[Artifact, Program], list[float]]
LIMIT = 1e-4
RESOLUTION = (128, 160)


def realistic(name: str, **more: Any) -> Program:
    module = create_model(name, **more).eval()
    state = realistic_state({key: tuple(value.shape) for key, value in module.state_dict().items()}, seed=0)
    module.load_state_dict({key: torch.from_numpy(np.asarray(value)) for key, value in state.items()})
    return deploy(capture(module, torch.zeros(1, 3, *RESOLUTION))).program


@pytest.fixture(scope="module")
def network() -> Program:
    return realistic("efficientmod_xxs")


@pytest.mark.parametrize("target", ["onnx", "tflite", "executorch"])
def test_a_classifier_computes_what_pytorch_computes(
    target: str, network: Program, convert: Convert, errors: Errors
) -> None:
    artifact = convert(target, network)
    assert max(errors(artifact, network)) < LIMIT
    if target == "tflite":
        assert (artifact.delegates, artifact.outside) == (1, ())


@pytest.mark.parametrize("target", ["onnx", "tflite"])
def test_a_backbone_gives_its_four_stages(target: str, convert: Convert, errors: Errors) -> None:
    program = realistic("efficientmod_xxs", features_only=True)
    artifact = convert(target, program)
    assert len(artifact.outputs) == 4
    assert max(errors(artifact, program)) < LIMIT


@pytest.mark.parametrize("target", ["onnx", "tflite"])
def test_a_sound_file_has_no_drift(
    target: str, network: Program, convert: Convert, made_sample: Callable[[Program], Sample]
) -> None:
    prober = find_target(target).prober
    assert prober is not None
    with quiet():
        report = first_drift(network, prober(network, convert(target, network)), made_sample(network), LIMIT)
    assert report.drift is None
    assert report.probed > 50


def test_std_goes_into_the_stem_and_the_image_into_core_ml(network: Program, convert: Convert) -> None:
    with quiet():  # its imports warn
        from coremltools.proto import Model_pb2

    labels = tuple(f"class {index}" for index in range(1000))
    package = convert("coreml", network, "fp16", labels=labels).path
    spec = Model_pb2.Model.FromString((package / MODEL).read_bytes())
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    kinds = [operation.type for operation in block.operations if operation.type not in ("const", "cast")]
    assert kinds[:3] == ["mul", "add", "conv"]
    assert kinds[-2:] == ["softmax", "classify"]
    assert Counter(kinds)["conv"] > 10


def test_executorch_holds_it_as_one_core_ml_program(
    network: Program, convert: Convert, made_sample: Callable[[Program], Sample]
) -> None:
    target = find_target("executorch-coreml")
    variant = target.variant("fp16")
    artifact = convert(target.name, deploy(network, variant.recipe).program, "fp16")
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert target.interpreter is not None
    session, sample = target.interpreter.runtime.open(artifact, variant.configurations()[0]), made_sample(network)
    session.bind(input_values(artifact.inputs, sample))
    session.invoke()
    (found,) = session.results()
    (expected,) = (output.numpy() for output in run(network, torch.from_numpy(sample.inputs[0].tensor)))
    assert 1e-6 < np.abs(found - expected).max() / np.ptp(expected) < 5e-3
