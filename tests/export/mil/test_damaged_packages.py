"""Damaged, hostile and unknown packages: one clear error each."""

import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from efficientmod_export.mil import MODULES_KEY, MILProgram, PackageError
from efficientmod_export.mil._unsupported import UNSUPPORTED
from efficientmod_mobile.errors import ConversionError, DependencyError, InputError

from ...raising import refused

SPECIFICATION = Path("Data/com.apple.CoreML/model.mlmodel")
WEIGHTS = Path("Data/com.apple.CoreML/weights/weight.bin")


@pytest.fixture(scope="module")
def whole(from_torch: Callable[..., Path]) -> Path:
    return from_torch(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), torch.randn(1, 3, 8, 9))


@pytest.fixture
def package(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model.mlpackage"))


def edit(package: Path, change: Callable[[Any], None]) -> None:
    """Changes the specification of a package in place."""
    from coremltools.proto import Model_pb2

    model = Model_pb2.Model()
    model.ParseFromString((package / SPECIFICATION).read_bytes())
    change(model)
    (package / SPECIFICATION).write_bytes(model.SerializeToString())


def block(model: Any) -> Any:
    (held,) = model.mlProgram.functions["main"].block_specializations.values()
    return held


def weight(model: Any) -> Any:
    return next(
        operation.attributes["val"].blobFileValue
        for operation in block(model).operations
        if operation.type == "const" and operation.attributes["val"].WhichOneof("value") == "blobFileValue"
    )


def operation(model: Any, kind: str) -> Any:
    return next(operation for operation in block(model).operations if operation.type == kind)


def test_the_whole_package_loads(package: Path) -> None:
    outputs = MILProgram.load(package).predict({"x0": np.zeros((1, 3, 8, 9), np.float32)})
    assert [value.shape for value in outputs.values()] == [(1, 8, 6, 7)]


@pytest.mark.parametrize(("path", "code"), [("nowhere.mlpackage", "not_a_package"), (".", "damaged_package")])
def test_what_is_no_package(path: str, code: str, tmp_path: Path) -> None:
    with refused(PackageError, code):
        MILProgram.load(tmp_path / path)


def test_a_manifest_that_leads_out_of_the_package(package: Path) -> None:
    manifest = package / "Manifest.json"
    manifest.write_text(manifest.read_text().replace("com.apple.CoreML/model.mlmodel", "../../../elsewhere.mlmodel"))
    with refused(PackageError, "path_outside_package", "elsewhere.mlmodel"):
        MILProgram.load(package)


def test_a_missing_specification(package: Path) -> None:
    (package / SPECIFICATION).unlink()
    with refused(PackageError, "damaged_package", "model.mlmodel"):
        MILProgram.load(package)


def test_a_specification_cut_off(package: Path) -> None:
    path = package / SPECIFICATION
    path.write_bytes(path.read_bytes()[:-100])
    with refused(PackageError, "damaged_package", "model.mlmodel"):
        MILProgram.load(package)


def test_a_protobuf_of_another_kind(package: Path) -> None:
    from coremltools.proto import FeatureTypes_pb2

    (package / SPECIFICATION).write_bytes(FeatureTypes_pb2.SizeRange(lowerBound=3, upperBound=9).SerializeToString())
    with refused(PackageError, "not_an_ml_program"):
        MILProgram.load(package)


def test_a_model_of_another_kind(package: Path) -> None:
    def change(model: Any) -> None:
        model.neuralNetwork.SetInParent()

    edit(package, change)
    with refused(PackageError, "not_an_ml_program", "neuralNetwork"):
        MILProgram.load(package)


def test_a_missing_weight_file(package: Path) -> None:
    (package / WEIGHTS).unlink()
    with refused(PackageError, "damaged_weight_file", "weight.bin", "No such file"):
        MILProgram.load(package)


def test_an_empty_weight_file(package: Path) -> None:
    (package / WEIGHTS).write_bytes(b"")
    with refused(PackageError, "damaged_weight_file", "weight.bin", "0 bytes"):
        MILProgram.load(package)


def test_a_weight_file_cut_off(package: Path) -> None:
    path = package / WEIGHTS
    path.write_bytes(path.read_bytes()[:-300])
    with refused(PackageError, "weight_mismatch", "weight.bin"):
        MILProgram.load(package)


def test_a_weight_file_of_another_version(package: Path) -> None:
    path = package / WEIGHTS
    path.write_bytes(struct.pack("<II", 1, 7) + path.read_bytes()[8:])
    with refused(PackageError, "damaged_weight_file", "weight.bin", "version 2"):
        MILProgram.load(package)


@pytest.mark.parametrize("offset", [1 << 40, 128], ids=["behind the end", "where no weight begins"])
def test_an_offset_that_is_wrong(package: Path, offset: int) -> None:
    def change(model: Any) -> None:
        weight(model).offset = offset

    edit(package, change)
    with refused(PackageError, "weight_mismatch", str(offset)):
        MILProgram.load(package)


def test_a_weight_of_another_type(package: Path) -> None:
    path = package / WEIGHTS
    data = bytearray(path.read_bytes())
    data[68:72] = struct.pack("<I", 1)
    path.write_bytes(data)
    with refused(PackageError, "weight_mismatch", "fp32"):
        MILProgram.load(package)


def test_a_weight_of_another_size(package: Path) -> None:
    path = package / WEIGHTS
    data = bytearray(path.read_bytes())
    data[72:80] = struct.pack("<Q", 16)
    path.write_bytes(data)
    with refused(PackageError, "weight_mismatch", "216", "16 bytes"):
        MILProgram.load(package)


def test_a_weight_file_outside_the_package(package: Path) -> None:
    def change(model: Any) -> None:
        weight(model).fileName = "@model_path/../../../weight.bin"

    edit(package, change)
    with refused(PackageError, "path_outside_package", "weight.bin"):
        MILProgram.load(package)


def test_everything_unknown_is_named_at_once(package: Path) -> None:
    def change(model: Any) -> None:
        conv, relu = operation(model, "conv"), operation(model, "relu")
        conv.inputs["sparkle"].CopyFrom(conv.inputs["x"])
        del conv.inputs["weight"]
        relu.type = "hyper_relu"

    edit(package, change)
    with refused(ConversionError, "unsupported_program", "'sparkle'", "'weight'", "hyper_relu 'relu'", "iOS 16"):
        MILProgram.load(package)


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_an_operator_that_is_left_out_says_why(kind: str, package: Path) -> None:
    def change(model: Any) -> None:
        operation(model, "relu").type = kind

    edit(package, change)
    with refused(ConversionError, "unsupported_program", f"{kind} 'relu' {UNSUPPORTED[kind]}"):
        MILProgram.load(package)


def test_a_model_that_keeps_a_state(package: Path) -> None:
    def change(model: Any) -> None:
        model.description.state.add(name="memory").type.stateType.arrayType.SetInParent()

    edit(package, change)
    with refused(ConversionError, "stateful_program", "'memory'"):
        MILProgram.load(package)


def test_an_operator_newer_than_the_opset(package: Path) -> None:
    def change(model: Any) -> None:
        operation(model, "relu").type = "quantize"

    edit(package, change)
    with refused(ConversionError, "unsupported_program", "quantize 'relu'", "iOS 16"):
        MILProgram.load(package)


def test_a_declared_shape_that_is_not_what_comes_out(package: Path) -> None:
    def change(model: Any) -> None:
        operation(model, "conv").outputs[0].type.tensorType.dimensions[3].constant.size = 11

    edit(package, change)
    program = MILProgram.load(package)
    with refused(ConversionError, "inconsistent_program", "(1, 8, 6, 7)"):
        program.predict({"x0": np.zeros((1, 3, 8, 9), np.float32)})


def test_a_mode_that_the_operator_does_not_have(package: Path) -> None:
    def change(model: Any) -> None:
        pad_type = operation(model, "conv").inputs["pad_type"].arguments[0].name
        const = next(held for held in block(model).operations if held.outputs[0].name == pad_type)
        const.attributes["val"].immediateValue.tensor.strings.values[0] = "sideways"

    edit(package, change)
    program = MILProgram.load(package)
    with refused(ConversionError, "operator_failed", "conv", "'sideways'"):
        program.predict({"x0": np.zeros((1, 3, 8, 9), np.float32)})


def test_coremltools_missing(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with refused(DependencyError, "missing_package", 'pip install "efficientmod-mobile[coreml]"'):
        MILProgram.load(package)


def test_loading_does_not_import_coremltools(package: Path) -> None:
    code = (
        "import sys; from efficientmod_export.mil import MILProgram; "
        f"MILProgram.load({str(package)!r}); print('coremltools' in sys.modules, 'torchvision' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]


def test_a_value_that_nothing_gives(package: Path) -> None:
    def change(model: Any) -> None:
        operation(model, "relu").inputs["x"].arguments[0].name = "nothing"

    edit(package, change)
    with refused(ConversionError, "unsupported_program", "relu 'relu'", "'nothing'"):
        MILProgram.load(package)


def test_a_constant_without_a_name(package: Path) -> None:
    edit(package, lambda model: operation(model, "const").ClearField("outputs"))
    with refused(PackageError, "damaged_constant"):
        MILProgram.load(package)


def test_an_operator_without_outputs(package: Path) -> None:
    edit(package, lambda model: operation(model, "conv").ClearField("outputs"))
    with refused(ConversionError, "unsupported_program", "conv"):
        MILProgram.load(package)


def test_a_value_that_is_given_twice(package: Path) -> None:
    def change(model: Any) -> None:
        operation(model, "relu").outputs[0].name = "x0"

    edit(package, change)
    with refused(ConversionError, "unsupported_program", "'x0'"):
        MILProgram.load(package)


def test_an_input_of_the_wrong_kind(package: Path) -> None:
    def change(model: Any) -> None:
        conv = operation(model, "conv")
        conv.inputs["strides"].CopyFrom(conv.inputs["pad_type"])

    edit(package, change)
    with refused(ConversionError, "unsupported_program", "'strides'"):
        MILProgram.load(package)


def test_a_value_too_large_to_allocate(package: Path) -> None:
    def change(model: Any) -> None:
        pads = operation(model, "conv").inputs["pad"].arguments[0].name
        const = next(held for held in block(model).operations if held.outputs[0].name == pads)
        const.attributes["val"].immediateValue.tensor.ints.values[0] = 2**31 - 1
        pad_type = operation(model, "conv").inputs["pad_type"].arguments[0].name
        const = next(held for held in block(model).operations if held.outputs[0].name == pad_type)
        const.attributes["val"].immediateValue.tensor.strings.values[0] = "custom"

    edit(package, change)
    with refused(ConversionError, "operator_failed", "conv"):
        MILProgram.load(package).predict({"x0": np.zeros((1, 3, 8, 9), np.float32)})


def test_a_description_that_does_not_match_the_program(package: Path) -> None:
    def change(model: Any) -> None:
        model.description.output[0].name = "other"

    edit(package, change)
    with refused(PackageError, "inconsistent_interface"):
        MILProgram.load(package)


def test_a_table_of_modules_that_is_none(package: Path) -> None:
    def change(model: Any) -> None:
        model.description.metadata.userDefined[MODULES_KEY] = "[1, 2]"

    edit(package, change)
    with refused(PackageError, "damaged_metadata", "efficientmod.modules"):
        MILProgram.load(package)


def test_a_function_that_is_not_there(package: Path) -> None:
    with refused(PackageError, "unknown_program_function", "'night'", "main"):
        MILProgram.load(package, function="night")


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, "wrong_input_names"),
        ({"x0": np.zeros((1, 3, 9, 8), np.float32)}, "wrong_input_shape"),
        ({"x0": "a picture"}, "wrong_input_value"),
    ],
)
def test_inputs_that_do_not_fit(package: Path, inputs: dict[str, Any], code: str) -> None:
    with refused(InputError, code, "x0"):
        MILProgram.load(package).predict(inputs)
