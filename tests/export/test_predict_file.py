"""`efficientmod predict FILE`, of files that lie in no bundle, from this toolkit and from others."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from PIL import Image
from torch import nn

from efficientmod_export import export

from .cli.terminal import NARROWEST_FIRST, in_terminal

Command = Callable[..., Result]
LABELS = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu"]
FILES = ("model.mlpackage", "model.onnx", "model.pte", "model.tflite")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a small network in every format, made once."""
    torch.manual_seed(0)
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 7))
    network = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4, padding=2), nn.GELU(), *head).eval()
    folder = tmp_path_factory.mktemp("predicted") / "out"
    targets = ("coreml", "executorch", "onnx", "tflite")
    made = export(network, resolution="48x64", targets=targets, labels=LABELS, units="cpu", output=folder)
    made.raise_for_failure()
    return folder


@pytest.fixture
def loose(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its files alone, and two pictures, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        (shutil.copytree if (bundle / name).is_dir() else shutil.copy)(bundle / name, name)
    noise = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((70, 90), Image.Resampling.NEAREST).save("noise.png")
    Image.new("RGB", (80, 60), (200, 30, 90)).save("red.jpg")
    return bundle


def answer(efficientmod: Command, *arguments: Path | str) -> dict[str, Any]:
    done = efficientmod("predict", *arguments, "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", FILES)
def test_a_file_alone_says_what_it_says_in_its_bundle(efficientmod: Command, loose: Path, name: str) -> None:
    inside = answer(efficientmod, loose / name, "noise.png", "red.jpg")
    alone = answer(efficientmod, name, "noise.png", "red.jpg")
    assert [one["picture"] for one in alone["predictions"]] == ["noise.png", "red.jpg"]
    expected = [one for one in inside["predictions"] if one["by"] != "PyTorch"]
    for own, other in zip(alone["predictions"], expected, strict=True):
        assert own["by"] == name
        assert [score["index"] for score in own["best"]] == [score["index"] for score in other["best"]]
        values = [[score["value"] for score in one["best"]] for one in (own, other)]
        # The package alone gives its own probabilities, in float16.
        np.testing.assert_allclose(values[0], values[1], rtol=1e-3 if name == "model.mlpackage" else 1e-4)
    labels = [score["label"] for score in alone["predictions"][0]["best"]]
    named = name in ("model.mlpackage", "model.tflite")  # which hold the names
    assert labels == [LABELS[score["index"]] if named else None for score in alone["predictions"][0]["best"]]


def test_what_is_taken_from_where_is_said(efficientmod: Command, loose: Path) -> None:
    told = answer(efficientmod, "model.onnx", "noise.png")["pictures"]
    assert told.startswith("cover 54x73 by bicubic, centre 48x64, mean 0.485 0.456 0.406")
    assert "nothing in the file states mean and std" in told
    told = answer(efficientmod, "model.tflite", "noise.png")["pictures"]
    assert "mean 0 0 0, std 1 1 1" in told
    assert "mean, std from the file's metadata" in told
    assert "takes the pixels themselves" in answer(efficientmod, "model.mlpackage", "noise.png")["pictures"]
    told = answer(efficientmod, "model.onnx", "noise.png", "--like", loose)["pictures"]
    assert told.count(f"from the bundle {loose}") == 1


def test_flags_and_labels_change_the_answer(efficientmod: Command, loose: Path) -> None:
    del loose
    Path("names.txt").write_text("\n".join(name.upper() for name in LABELS))
    flags = ("--mean", "0", "0", "0", "--std", "1", "1", "1", "--resize-mode", "stretch")
    told = answer(efficientmod, "model.onnx", "noise.png", *flags, "--labels", "names.txt")
    assert told["pictures"].startswith("stretch 48x64 by bicubic, mean 0 0 0, std 1 1 1")
    assert told["predictions"][0]["best"][0]["label"] in [name.upper() for name in LABELS]
    plain = answer(efficientmod, "model.onnx", "noise.png")
    assert told["predictions"][0]["best"][0]["value"] != plain["predictions"][0]["best"][0]["value"]


def test_a_quantised_file_of_another_converter(efficientmod: Command, loose: Path) -> None:
    """It takes the pixels, and gives the mean of each channel as uint8, half of it."""
    del loose
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers import Builder

    def quantised(scale: float) -> Any:
        return schema.QuantizationParametersT(scale=np.array([scale], np.float32), zeroPoint=np.array([0], np.int64))

    def tensor(name: str, shape: list[int], kind: int, buffer: int = 0, **more: Any) -> Any:
        return schema.TensorT(name=name.encode(), shape=np.array(shape, np.int32), type=kind, buffer=buffer, **more)

    axes = np.frombuffer(np.array([1, 2], np.int32).tobytes(), np.uint8)
    mean = schema.BuiltinOperator.MEAN
    one = np.float32(1 / 255)
    graph = schema.SubGraphT(
        tensors=[
            tensor("pixels", [1, 48, 64, 3], schema.TensorType.UINT8, quantization=quantised(one)),
            tensor("axes", [2], schema.TensorType.INT32, 1),
            tensor("means", [1, 3], schema.TensorType.UINT8, quantization=quantised(2 * one)),
        ],
        inputs=np.array([0], np.int32),
        outputs=np.array([2], np.int32),
        operators=[
            schema.OperatorT(
                inputs=np.array([0, 1], np.int32),
                outputs=np.array([2], np.int32),
                builtinOptionsType=schema.BuiltinOptions.ReducerOptions,
                builtinOptions=schema.ReducerOptionsT(keepDims=False),
            )
        ],
    )
    model = schema.ModelT(
        version=3,
        buffers=[schema.BufferT(), schema.BufferT(data=axes)],
        operatorCodes=[schema.OperatorCodeT(builtinCode=mean, deprecatedBuiltinCode=mean, version=2)],
        subgraphs=[graph],
    )
    builder = Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    Path("other.tflite").write_bytes(bytes(builder.Output()))
    told = answer(efficientmod, "other.tflite", "red.jpg")
    means = np.asarray(Image.open("red.jpg")).reshape(-1, 3).mean(0) / 255
    expected = np.exp(means) / np.exp(means).sum()
    best = told["predictions"][0]["best"]
    assert [score["index"] for score in best] == np.argsort(-expected).tolist()
    np.testing.assert_allclose([score["value"] for score in best], np.sort(expected)[::-1], atol=3e-3)


def test_an_open_size_is_asked_for(efficientmod: Command, loose: Path) -> None:
    del loose
    from onnx import TensorProto, helper, save

    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "open.onnx")
    done = efficientmod("predict", "open.onnx", "red.jpg", "--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, "open_file_size")
    told = answer(efficientmod, "open.onnx", "red.jpg", "--resolution", "32x40")
    assert told["pictures"].startswith("cover 36x45 by bicubic, centre 32x40")
    assert len(told["predictions"][0]["best"]) == 3


def test_what_cannot_be_predicted(efficientmod: Command, loose: Path, tmp_path: Path) -> None:
    del tmp_path
    from onnx import TensorProto, helper, save

    info = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [info], [info])
    graph.output[0].name = "y"
    save(helper.make_model(graph), "vector.onnx")
    Path("two.txt").write_text("a\nb")
    for arguments, code in (
        (("vector.onnx", "red.jpg"), "unsupported_file_input"),
        (("model.onnx", "red.jpg", "--resolution", "32"), "wrong_input_shape"),
        (("model.onnx", "red.jpg", "--labels", "two.txt"), "wrong_label_count"),
        (("model.onnx", "red.jpg", "--like", loose, "--mean", "0", "0", "0"), "conflicting_options"),
        (("model.onnx", "red.jpg", "--std", "0", "1", "1"), "invalid_preprocessing"),
        (("model.onnx", "red.jpg", "--checkpoint", "x.pth"), "conflicting_options"),
        (("absent.onnx", "red.jpg"), "no_such_file"),
        (("two.txt", "red.jpg"), "unknown_file_kind"),
    ):
        done = efficientmod("predict", *arguments, "--json")
        assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, code), arguments


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
def test_it_fits_the_terminal(loose: Path, columns: int) -> None:
    del loose
    command = (sys.executable, "-m", "efficientmod_export", "predict", "model.tflite", "noise.png", "red.jpg")
    shown = in_terminal(*command, columns=columns)
    assert shown.exit_code == 0, shown.text
    assert all(len(line) <= columns for line in shown.lines), shown.text
    assert sum(line.split()[-1] in LABELS for line in shown.lines) == 10
