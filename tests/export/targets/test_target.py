"""Requirements on every target."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from efficientmod_export.foreign import quiet
from efficientmod_export.targets import all_targets, find_target, target_names
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import ConversionError, DependencyError, InputError

from ...raising import refused
from .conftest import Convert, options, run_by


def test_every_target_is_known() -> None:
    assert [target.name for target in all_targets()] == list(target_names())
    assert {target.name: target.precisions for target in all_targets()} == {
        "coreml": ("fp16", "fp32", "int8-weights", "int8-static", "palette6"), "executorch": ("fp32", "int8-dynamic"),
        "executorch-coreml": ("fp16", "fp32"),
        "executorch-vulkan": ("fp32", "fp16"), "onnx": ("fp32",),
        "tflite": ("fp32", "fp16", "int8-dynamic", "int8-static", "int8-weights"),
    }  # fmt: skip


def test_an_unknown_target() -> None:
    with refused(InputError, "unknown_target", "tensorrt", "coreml, executorch, "):
        find_target("tensorrt")


@pytest.mark.parametrize(
    ("defaults", "says"),
    [((), "must be the default"), ((0, 1), "must be the default"), ((1,), "must be the default")],
    ids=["none", "both", "not the first"],
)
def test_the_first_variant_and_no_other_is_the_default(defaults: tuple[int, ...], says: str) -> None:
    target = find_target("tflite")
    variants = tuple(replace(variant, default=index in defaults) for index, variant in enumerate(target.variants))
    with pytest.raises(ValueError, match=says):
        replace(target, variants=variants)


def test_a_variant_of_another_target_is_refused() -> None:
    with pytest.raises(ValueError, match="a variant of tflite names another target"):
        replace(find_target("tflite"), variants=find_target("onnx").variants)


@pytest.mark.parametrize("target", target_names())
def test_a_missing_package_costs_one_sentence_with_the_pip_command(
    target: str, classifier: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_target(target)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in found.modules else find_spec(name))
    needs = ", ".join(found.modules)
    with refused(DependencyError, "missing_package", needs, f'pip install "efficientmod-mobile[{found.extra}]"'):
        found.make(classifier, options(found.precisions[0]), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["executorch", "onnx"])
def test_a_precision_that_a_target_lacks_is_refused(target: str, classifier: Program, tmp_path: Path) -> None:
    with refused(InputError, "unsupported_precision", "fp16", target):
        find_target(target).make(classifier, options("fp16"), tmp_path)


@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_a_file_with_other_outputs_is_refused(
    target: str, classifier: Program, backbone: Program, convert: Convert
) -> None:
    artifact, other = convert(target, classifier), convert(target, backbone)
    with quiet(), refused(ConversionError, "unexpected_tensors", artifact.path.name):
        run_by(target, replace(other, path=artifact.path))


@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_a_damaged_file_is_refused_in_one_sentence(
    target: str, classifier: Program, convert: Convert, tmp_path: Path
) -> None:
    artifact = convert(target, classifier)
    damaged = tmp_path / artifact.path.name
    damaged.write_bytes(artifact.path.read_bytes()[:100])
    with quiet(), refused(ConversionError, "loading_failed", damaged.name):
        run_by(target, replace(artifact, path=damaged))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_a_full_disk_is_reported_and_leaves_no_partial_file(target: str, backbone: Program, tmp_path: Path) -> None:
    (tmp_path / find_target(target).variants[0].file()).symlink_to("/dev/full")
    with quiet(), pytest.raises(OSError, match="No space left"):
        find_target(target).make(backbone, options(), tmp_path)
    assert not list(tmp_path.iterdir())
