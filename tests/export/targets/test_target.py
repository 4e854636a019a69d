"""The table of targets, and what is asked of each alike."""

import importlib.util
from pathlib import Path

import pytest

from efficientmod_export.foreign import quiet
from efficientmod_export.targets import BACKENDS, OnnxBackend, register
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import ConversionError, DependencyError, InputError

from .conftest import Convert, options


def test_every_target_is_known() -> None:
    assert all(BACKENDS[name].target == name for name in BACKENDS)
    assert {name: backend.precisions[0] for name, backend in BACKENDS.items()} == {
        "coreml": "fp16", "executorch": "fp32", "executorch-coreml": "fp16", "executorch-vulkan": "fp32",
        "onnx": "fp32", "tflite": "fp32",
    }  # fmt: skip


def test_registering_a_target_twice_raises() -> None:
    with pytest.raises(ValueError, match="onnx"):
        register(OnnxBackend)


@pytest.mark.parametrize("target", sorted(BACKENDS))
def test_a_missing_package_costs_one_sentence_with_the_pip_command(
    target: str, classifier: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, extra = BACKENDS[target].requires[0]
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == gone else find_spec(name))
    with pytest.raises(DependencyError, match=rf'needs {gone}.*pip install "efficientmod-mobile\[{extra}\]"'):
        BACKENDS[target].convert(classifier, options(BACKENDS[target].precisions[0]), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["executorch", "executorch-vulkan", "onnx"])
def test_a_precision_that_a_target_lacks_is_refused(target: str, classifier: Program, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fp16"):
        BACKENDS[target].convert(classifier, options("fp16"), tmp_path)


@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_a_file_with_other_outputs_is_refused(
    target: str, classifier: Program, backbone: Program, convert: Convert
) -> None:
    artifact, other = convert(target, classifier), convert(target, backbone)
    with quiet(), pytest.raises(ConversionError, match="expected"):
        BACKENDS[target].runner(artifact.path, other.inputs, other.outputs)


@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_a_damaged_file_is_refused_in_one_sentence(
    target: str, classifier: Program, convert: Convert, tmp_path: Path
) -> None:
    artifact = convert(target, classifier)
    damaged = tmp_path / artifact.path.name
    damaged.write_bytes(artifact.path.read_bytes()[:100])
    with quiet(), pytest.raises(ConversionError, match=rf"{damaged.name} cannot be loaded"):
        BACKENDS[target].runner(damaged, artifact.inputs, artifact.outputs)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_a_full_disk_is_told_and_leaves_no_half_file(target: str, backbone: Program, tmp_path: Path) -> None:
    (tmp_path / BACKENDS[target].filename).symlink_to("/dev/full")
    with quiet(), pytest.raises(OSError, match="No space left"):
        BACKENDS[target].convert(backbone, options(), tmp_path)
    assert not list(tmp_path.iterdir())
