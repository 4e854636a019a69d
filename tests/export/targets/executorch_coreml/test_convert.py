"""The `.pte` for Core ML: one delegate, whose program is unpacked and run by the MIL interpreter."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._stages import (
    Artifact,
    ComputePrecision,
    InputSpec,
    Normalisation,
    Outputs,
    Sample,
    TensorSpec,
)
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import Configuration, find_target, input_values
from efficientmod_export.targets.coreml._interpreter import MilSession
from efficientmod_export.targets.executorch_coreml._inner_package import METADATA, PACKAGE, unpacked
from efficientmod_export.targets.executorch_coreml._interpreter import InnerPackageInterpreter
from efficientmod_mobile.deploy import Program, capture, run
from efficientmod_mobile.errors import ConversionError, InputError

from ....raising import refused
from ..conftest import CLASSES, MEAN, STD, Backbone, Convert, options, strengthen

MadeSample = Callable[[Program], Sample]

TARGET = "executorch-coreml"
FLOAT32 = 2e-6
FLOAT16 = 1e-2


class LateOutput(nn.Module):
    """The first output is computed last, so that the delegate's order is not the network's."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, padding=1)
        self.second = nn.Conv2d(5, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.relu(self.first(x))
        return self.second(y), y


class Unsupported(nn.Module):
    """One operator that Core ML does not have, between two that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, padding=1)
        self.second = nn.Conv2d(5, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.acosh(2 + torch.relu(self.first(x))))


def opened(artifact: Artifact, arithmetic: ComputePrecision) -> MilSession:
    configuration = Configuration(TARGET, artifact.precision, "neural_engine", arithmetic)
    return InnerPackageInterpreter().open(artifact, configuration)


def interpreted(artifact: Artifact, sample: Sample, arithmetic: ComputePrecision) -> Outputs:
    session = opened(artifact, arithmetic)
    session.bind(input_values(artifact.inputs, sample))
    session.invoke()
    return session.results()


def largest_error(artifact: Artifact, program: Program, sample: Sample, arithmetic: ComputePrecision) -> float:
    results = interpreted(artifact, sample, arithmetic)
    expected = [output.numpy() for output in run(program, torch.from_numpy(sample.inputs[0].tensor))]
    assert [result.shape for result in results] == [output.shape for output in expected]
    return max(float(np.abs(r - e).max() / np.ptp(e)) for r, e in zip(results, expected, strict=True))


def test_the_normalised_image_goes_in_and_float32_logits_come_out(classifier: Program, convert: Convert) -> None:
    artifact = convert(TARGET, classifier, "fp16")
    assert artifact.path.name == "model_coreml.pte"
    assert artifact.inputs == (InputSpec("input", (1, 3, 16, 24), "float32", "NCHW", Normalisation(MEAN, STD)),)
    assert artifact.outputs == (TensorSpec("logits", (1, CLASSES), "float32", "any"),)
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert (artifact.runtime, artifact.least_runtime.endswith("on iOS 16")) == ("ExecuTorch with Core ML", True)


def test_its_graph_is_the_network(classifier: Program, convert: Convert, made_sample: MadeSample) -> None:
    artifact = convert(TARGET, classifier, "fp32")
    assert largest_error(artifact, classifier, made_sample(classifier), "float32") < FLOAT32


def test_gelu_keeps_its_approximation(convert: Convert, made_sample: MadeSample) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.GELU(approximate="tanh"), nn.Conv2d(4, 2, 1), nn.GELU())
    program = capture(strengthen(network), torch.zeros(1, 3, 8, 10))
    assert largest_error(convert(TARGET, program, "fp32"), program, made_sample(program), "float32") < FLOAT32


def test_its_float16_numbers_are_near(classifier: Program, convert: Convert, made_sample: MadeSample) -> None:
    error = largest_error(convert(TARGET, classifier, "fp16"), classifier, made_sample(classifier), "float16")
    assert FLOAT32 < error < FLOAT16


@pytest.mark.parametrize("network", [LateOutput, Backbone])
def test_outputs_come_in_the_networks_order(
    network: type[nn.Module], convert: Convert, made_sample: MadeSample
) -> None:
    program = capture(strengthen(network()), torch.zeros(1, 3, 8, 10))
    artifact = convert(TARGET, program, "fp32")
    with unpacked(artifact.path) as inner:
        delegate_order = json.loads((inner.path.parent / METADATA).read_text())["outputNames"]
        assert (list(inner.outputs) == delegate_order) == (network is Backbone)
    assert largest_error(artifact, program, made_sample(program), "float32") < FLOAT32


def test_what_is_taken_out_is_what_executorchs_own_extractor_takes_out(
    classifier: Program, convert: Convert, tmp_path: Path
) -> None:
    artifact = convert(TARGET, classifier, "fp16")
    with quiet():
        from executorch.examples.apple.coreml.scripts.extract_coreml_models import extract_coreml_models

        (folder,) = extract_coreml_models(artifact.path.read_bytes(), tmp_path)
    (package,) = folder.rglob(PACKAGE)
    with unpacked(artifact.path) as inner:
        assert contents(inner.path) == contents(package)


def test_the_program_names_the_module_of_every_layer(classifier: Program, convert: Convert) -> None:
    artifact = convert(TARGET, classifier, "fp16")
    session = opened(artifact, "float16")
    modules = {one.module for one in session.program.function.operations if one.kind in ("conv", "linear")}
    assert modules == {"stem", "fc1", "depthwise", "fc2", "attention.qkv", "attention.proj", "head"}


def test_the_same_network_gives_the_same_bytes_and_another_one_another_identifier(convert: Convert) -> None:
    first, second, other = (capture(strengthen(Backbone(), seed), torch.zeros(1, 3, 16, 24)) for seed in (0, 0, 1))
    assert convert(TARGET, first).path.read_bytes() == convert(TARGET, second).path.read_bytes()
    # A phone keeps compiled models by this: one identifier for two networks would run the wrong one.
    assert identifier(convert(TARGET, first)) != identifier(convert(TARGET, other))


def test_a_network_that_core_ml_does_not_take_whole_is_refused(tmp_path: Path) -> None:
    program = capture(strengthen(Unsupported()), torch.zeros(1, 3, 8, 10))
    with quiet(), refused(ConversionError, "not_fully_delegated", "acosh"):
        find_target(TARGET).make(program, options("fp16"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_ios_before_executorchs_is_refused(classifier: Program, tmp_path: Path) -> None:
    with refused(InputError, "unsupported_ios", "16, 17, 18"):
        find_target(TARGET).make(classifier, options("fp16", ios=15), tmp_path)


def test_a_pte_for_another_delegate_is_not_unpacked(classifier: Program, convert: Convert) -> None:
    with (
        refused(ConversionError, "unexpected_delegates", "model.pte"),
        unpacked(convert("executorch", classifier).path),
    ):
        pass


def test_a_damaged_pte_is_refused_in_one_sentence(classifier: Program, convert: Convert, tmp_path: Path) -> None:
    whole = convert(TARGET, classifier).path.read_bytes()
    for size in (0, 100, len(whole) // 2):
        (tmp_path / "cut.pte").write_bytes(whole[:size])
        with refused(InputError, "damaged_pte", "cut.pte"), unpacked(tmp_path / "cut.pte"):
            pass


def identifier(artifact: Artifact) -> str:
    with unpacked(artifact.path) as inner:
        return str(json.loads((inner.path.parent / METADATA).read_text())["identifier"])


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
