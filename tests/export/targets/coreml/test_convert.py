"""The Core ML package, read back from disk. It cannot be run here, as `missing` reports."""

import errno
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._stages import InputSpec, Precision, TensorSpec
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_export.targets.coreml import _convert as backend
from efficientmod_export.targets.coreml._classifier import _distinct, add_classifier
from efficientmod_export.targets.coreml._mlpackage import MODEL, WEIGHTS, edit_package
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.errors import InputError

from ....raising import refused
from ..conftest import CLASSES, MEAN, Backbone, Convert, options, strengthen

with quiet():  # its imports warn
    import coremltools as ct
    from coremltools.proto import FeatureTypes_pb2, Model_pb2

LABELS = tuple(f"class {i}" for i in range(CLASSES))


def spec_of(package: Path) -> Any:
    return Model_pb2.Model.FromString((package / MODEL).read_bytes())


def block_of(spec: Any) -> Any:
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    return block


def kinds(spec: Any) -> list[str]:
    return [operation.type for operation in block_of(spec).operations if operation.type != "const"]


def test_an_image_goes_in_and_float32_logits_come_out(classifier: Program, convert: Convert) -> None:
    artifact = convert("coreml", classifier, "fp16")
    assert artifact.inputs == (InputSpec("image", (1, 16, 24, 3), "uint8", "NHWC", None),)
    assert artifact.outputs == (TensorSpec("logits", (1, CLASSES), "float32", "any"),)
    description = spec_of(artifact.path).description
    (image,) = description.input
    kind = image.type.imageType
    assert (image.name, kind.width, kind.height) == ("image", 24, 16)
    assert kind.colorSpace == FeatureTypes_pb2.ImageFeatureType.RGB
    (logits,) = description.output
    assert logits.name == "logits"
    assert list(logits.type.multiArrayType.shape) == [1, CLASSES]
    assert logits.type.multiArrayType.dataType == FeatureTypes_pb2.ArrayFeatureType.FLOAT32


def test_the_pixels_are_scaled_and_shifted_inside(classifier: Program, convert: Convert) -> None:
    spec = spec_of(convert("coreml", classifier, "fp32").path)
    operations = [operation for operation in block_of(spec).operations if operation.type != "const"]
    assert [operation.type for operation in operations[:3]] == ["mul", "add", "conv"]
    constants = {operation.outputs[0].name: operation for operation in block_of(spec).operations}
    scale = constants[operations[0].inputs["y"].arguments[0].name].attributes["val"].immediateValue.tensor.floats
    shift = constants[operations[1].inputs["y"].arguments[0].name].attributes["val"].immediateValue.tensor.floats
    assert list(scale.values) == [np.float32(1 / 255)]
    assert np.array_equal(np.array(shift.values, np.float32), -np.array(MEAN, np.float32))


@pytest.mark.parametrize("ios", [15, 16, 17, 18])
def test_the_least_ios_is_the_one_asked_for(ios: int, backbone: Program, convert: Convert) -> None:
    artifact = convert("coreml", backbone, "fp16", ios=ios)
    spec = spec_of(artifact.path)
    assert artifact.least_runtime == f"iOS {ios}"
    assert spec.specificationVersion == getattr(ct.target, f"iOS{ios}").value
    assert [feature.name for feature in spec.description.output] == ["output_0", "output_1", "output_2"]
    kinds = {feature.type.multiArrayType.dataType for feature in spec.description.output}
    assert kinds == {FeatureTypes_pb2.ArrayFeatureType.FLOAT32}


@pytest.mark.parametrize("ios", [14, 19])
def test_another_ios_is_refused(ios: int, backbone: Program, tmp_path: Path) -> None:
    with refused(InputError, "unsupported_ios", "15, 16, 17, 18"):
        find_target("coreml").make(backbone, options("fp16", ios=ios), tmp_path)


def test_gelu_keeps_its_approximation(convert: Convert) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.GELU(approximate="tanh"), nn.Conv2d(4, 2, 1), nn.GELU())
    spec = spec_of(convert("coreml", capture(strengthen(network), torch.zeros(1, 3, 8, 10))).path)
    constants = {operation.outputs[0].name: operation for operation in block_of(spec).operations}
    gelus = [operation for operation in block_of(spec).operations if operation.type == "gelu"]
    modes = [constants[gelu.inputs["mode"].arguments[0].name].attributes["val"].immediateValue for gelu in gelus]
    assert [list(mode.tensor.strings.values) for mode in modes] == [["TANH_APPROXIMATION"], ["EXACT"]]


def test_a_scale_and_a_shift_become_no_batch_norm_with_an_epsilon(convert: Convert) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.shift = (nn.Parameter(torch.randn(1, 3, 1, 1)) for _ in range(2))

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(torch.relu(x) * self.scale + self.shift)

    made = kinds(spec_of(convert("coreml", capture(Net().eval(), torch.zeros(1, 3, 8, 10))).path))
    assert {"mul", "add"} <= {*made}
    assert "batch_norm" not in made


def test_precision_is_that_of_the_weights(classifier: Program, convert: Convert) -> None:
    half, full = (convert("coreml", classifier, precision).path for precision in ("fp16", "fp32"))
    assert (half / WEIGHTS).stat().st_size < (full / WEIGHTS).stat().st_size
    assert "cast" in kinds(spec_of(half))
    assert "cast" not in kinds(spec_of(full))


def test_metadata_is_there(classifier: Program, convert: Convert) -> None:
    description = spec_of(convert("coreml", classifier, "fp16").path).description
    about = description.metadata
    assert (about.author, about.license, about.versionString) == ("Ada", "MIT", "1.5")
    assert about.shortDescription == "A toy network."
    assert about.userDefined["efficientmod.model"] == "toy"
    assert not any("date" in key for key in about.userDefined)
    assert all(feature.shortDescription for feature in (*description.input, *description.output))


def test_labels_make_it_a_classifier_that_keeps_its_logits(classifier: Program, convert: Convert) -> None:
    artifact = convert("coreml", classifier, "fp16", labels=LABELS)
    assert [spec.name for spec in artifact.outputs] == ["logits"]
    spec = spec_of(artifact.path)
    description = spec.description
    assert [feature.name for feature in description.output] == ["classLabel", "classLabel_probs", "logits"]
    assert (description.predictedFeatureName, description.predictedProbabilitiesName) == (
        "classLabel",
        "classLabel_probs",
    )
    assert all(feature.shortDescription for feature in description.output)
    assert description.metadata.userDefined["com.apple.coreml.model.preview.type"] == "imageClassifier"
    assert list(block_of(spec).outputs) == ["classLabel", "classLabel_probs", "logits"]
    assert kinds(spec)[-1] == "classify"
    assert "softmax" in kinds(spec)


@pytest.mark.parametrize(
    ("labels", "distinct"),
    [
        (("crane", "crane", "crane"), ["crane", "crane (2)", "crane (3)"]),
        (("crane", "crane (2)", "crane"), ["crane", "crane (2)", "crane (3)"]),
        (("crane", "crane", "crane (2)"), ["crane", "crane (2)", "crane (2) (2)"]),
    ],
)
def test_a_label_that_is_taken_gets_a_number(labels: tuple[str, ...], distinct: list[str]) -> None:
    assert _distinct(labels) == distinct


def test_the_classifier_is_what_coremltools_itself_writes(tmp_path: Path) -> None:
    """For a network with probabilities as its one output, which coremltools can make a classifier of."""

    def converted(name: str, **more: Any) -> Any:
        network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, CLASSES), nn.Softmax(-1))
        exported = torch.export.export(strengthen(network), (torch.zeros(1, 3, 4, 6),)).run_decompositions({})
        package = tmp_path / f"{name}.mlpackage"
        ct.convert(
            exported,
            inputs=[ct.ImageType(name="image", shape=(1, 3, 4, 6))],
            outputs=[ct.TensorType(name="probabilities", dtype=np.float32)],
            minimum_deployment_target=ct.target.iOS16,
            package_dir=str(package),
            skip_model_load=True,
            **more,
        )
        with edit_package(package):
            pass
        return spec_of(package)

    with quiet():
        theirs = converted("theirs", classifier_config=ct.ClassifierConfig(list(LABELS)))
        ours = converted("ours")
    add_classifier(ours, "probabilities", LABELS)
    assert ours == theirs


def test_repeated_labels_are_told_apart(classifier: Program, convert: Convert) -> None:
    labels = ("crane", "dog", "crane", "cat", "crane", "a", "b")
    spec = spec_of(convert("coreml", classifier, "fp16", labels=labels).path)
    classes = block_of(spec).operations[-1].inputs["classes"].arguments[0].value.immediateValue.list.values
    texts = [value.immediateValue.tensor.strings.values[0] for value in classes]
    assert texts == ["crane", "dog", "crane (2)", "cat", "crane (3)", "a", "b"]


def test_converting_twice_gives_the_same_bytes(convert: Convert) -> None:
    def contents() -> dict[str, bytes]:
        program = capture(strengthen(Backbone()), torch.zeros(1, 3, 16, 24))
        package = convert("coreml", program, "fp16").path
        return {str(file.relative_to(package)): file.read_bytes() for file in package.rglob("*") if file.is_file()}

    first = contents()
    assert first == contents()
    assert sorted(first) == [str(MODEL), str(WEIGHTS), "Manifest.json"]


def test_the_manifest_names_the_model_and_the_weights(classifier: Program, convert: Convert) -> None:
    package = convert("coreml", classifier, "fp16").path
    manifest = json.loads((package / "Manifest.json").read_text())
    entries = manifest["itemInfoEntries"]
    assert entries[manifest["rootModelIdentifier"]]["path"] == "com.apple.CoreML/model.mlmodel"
    assert all((package / "Data" / entry["path"]).exists() for entry in entries.values())


def test_every_file_can_be_read_by_others(classifier: Program, convert: Convert) -> None:
    package = convert("coreml", classifier, "fp16").path
    assert all(file.stat().st_mode & 0o044 == 0o044 for file in package.rglob("*") if file.is_file())


def test_a_failure_leaves_an_earlier_package_as_it_was(
    backbone: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quiet():
        for _ in range(2):
            package = find_target("coreml").make(backbone, options("fp16"), tmp_path).path
    before = (package / MODEL).read_bytes()

    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backend, "describe", fail)
    with quiet(), pytest.raises(OSError, match="No space left"):
        find_target("coreml").make(backbone, options("fp16"), tmp_path)
    assert list(tmp_path.iterdir()) == [package]
    assert (package / MODEL).read_bytes() == before


@pytest.mark.skipif(platform.system() == "Darwin", reason="on macOS there is a runtime")
@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_nothing_runs_it_here(precision: Precision) -> None:
    target = find_target("coreml")
    for configuration in target.variant(precision).configurations():
        assert target.runtime.missing(configuration) == f"Core ML is a part of macOS, and this is {platform.system()}"
