"""The file itself: names, alignment, shared buffers, signature, least runtime, half weights, metadata and labels."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from onnx import helper

from efficientmod_export.targets.tflite.writer import ImageMetadata, least_runtime, to_tflite
from efficientmod_export.targets.tflite.writer.lowering import LOWERINGS, lowers
from efficientmod_mobile.errors import ConversionError

from .....raising import refused

Build = Callable[..., onnx.ModelProto]
Check = Callable[..., Any]


@pytest.fixture
def model(build_graph: Build) -> onnx.ModelProto:
    """Two convolutions with the same weights, then a product."""
    random = np.random.default_rng(0)
    nodes = [
        helper.make_node("Conv", ["x0", "w"], ["first"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["first"], ["active"]),
        helper.make_node("Conv", ["active", "w"], ["second"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["second"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "head"], ["y0"]),
    ]
    weights = {
        "w": random.standard_normal((16, 16, 3, 3)).astype(np.float32),
        "head": random.standard_normal((16, 5)).astype(np.float32),
    }
    return build_graph(nodes, [(1, 16, 6, 9)], weights)


def test_names_are_those_of_onnx(model: onnx.ModelProto) -> None:
    interpreter = Interpreter(model_content=to_tflite(model))
    assert [item["name"] for item in interpreter.get_input_details()] == ["x0"]
    assert [item["name"] for item in interpreter.get_output_details()] == ["y0"]
    assert interpreter.get_signature_list() == {"serving_default": {"inputs": ["x0"], "outputs": ["y0"]}}
    names = {item["name"] for item in interpreter.get_tensor_details()}
    assert {"active", "second"} <= names


def test_buffers_are_shared_and_aligned(model: onnx.ModelProto) -> None:
    data = to_tflite(model)
    read = schema.Model.GetRootAs(data, 0)
    weights = 0
    for index in range(read.BuffersLength()):
        buffer = read.Buffers(index)
        if buffer.DataLength():
            field = buffer._tab.Vector(buffer._tab.Offset(4))
            assert field % 16 == 0
            weights += buffer.DataLength() == 16 * 16 * 9 * 4
    assert weights == 1


def test_the_same_model_gives_the_same_bytes(model: onnx.ModelProto) -> None:
    assert to_tflite(model) == to_tflite(onnx.load_model_from_string(model.SerializeToString()))


def test_an_activation_is_fused_into_its_producer(check_model: Check, model: onnx.ModelProto) -> None:
    assert check_model(model).operators == {"CONV_2D": 2, "MEAN": 1, "FULLY_CONNECTED": 1}


def test_an_activation_is_not_fused_where_the_sum_is_read_too(check_graph: Check) -> None:
    nodes = [
        helper.make_node("Add", ["x0", "x0"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["active"]),
        helper.make_node("Mul", ["active", "sum"], ["y0"]),
    ]
    assert check_graph(nodes, [(2, 3, 4, 5)], {}).operators == {"ADD": 1, "RELU": 1, "MUL": 1}


def test_an_activation_is_not_fused_into_an_output(check_graph: Check) -> None:
    nodes = [helper.make_node("Add", ["x0", "x0"], ["y0"]), helper.make_node("Relu", ["y0"], ["y1"])]
    assert check_graph(nodes, [(2, 3, 4, 5)], {}, ["y0", "y1"]).operators == {"ADD": 1, "RELU": 1}


def test_outputs_that_are_views_of_one_tensor(check_graph: Check) -> None:
    nodes = [
        helper.make_node("Relu", ["x0"], ["y0"]),
        helper.make_node("Transpose", ["y0"], ["y1"], perm=[0, 2, 3, 1]),
        helper.make_node("Identity", ["x0"], ["y2"]),
    ]
    check_graph(nodes, [(2, 3, 4, 5)], {}, ["y0", "y1", "y2"])


@pytest.mark.parametrize(
    ("operator", "inputs", "constants", "attributes", "release"),
    [
        ("Conv", [(1, 4, 5, 5)], {"w": np.ones((4, 4, 3, 3), np.float32)}, {}, "1.5.0"),
        ("Conv", [(1, 8, 5, 5)], {"w": np.ones((8, 4, 3, 3), np.float32)}, {"group": 2}, "2.9.0"),
        ("Conv", [(1, 4, 7, 7)], {"w": np.ones((4, 1, 3, 3), np.float32)}, {"group": 4, "dilations": [2, 2]}, "1.12.0"),
        ("MatMul", [(3, 4)], {"w": np.ones((4, 5), np.float32)}, {}, "1.5.0"),
        ("MatMul", [(2, 3, 4)], {"w": np.ones((4, 5), np.float32)}, {}, "2.0.0"),
        ("MatMul", [(2, 3, 4), (2, 4, 5)], {}, {}, "2.3.0"),
        ("Gelu", [(2, 3)], {}, {}, "2.9.0"),
        ("HardSwish", [(2, 3)], {}, {}, "1.15.0"),
    ],
)
def test_the_least_runtime(
    build_node: Build, operator: str, inputs: Any, constants: Any, attributes: Any, release: str
) -> None:
    assert least_runtime(to_tflite(build_node(operator, inputs, constants, **attributes))) == release


def test_float16_weights(check_model: Check, model: onnx.ModelProto) -> None:
    full, half = check_model(model), check_model(model, tolerance=2e-3, weights="float16")
    assert half.whole
    assert half.operators["DEQUANTIZE"] == 2
    assert len(half.data) < 0.65 * len(full.data)
    assert (half.outputs["y0"] != full.outputs["y0"]).any()


@pytest.mark.parametrize("magnitude", [1e5, 5e-8])
def test_a_weight_beyond_half_precision_stays(check_model: Check, build_node: Build, magnitude: float) -> None:
    weights = np.full((4, 4, 1, 1), magnitude, np.float32)
    weights[0, 0] *= 1.5
    weights[1, 2] *= 1.3
    result = check_model(build_node("Conv", [(1, 4, 5, 5)], {"w": weights}), weights="float16")
    assert result.operators == {"CONV_2D": 1}


def test_tables_are_stored_in_float16_and_repeated_vectors_are_not(check_model: Check, build_node: Build) -> None:
    table = np.random.default_rng(0).standard_normal((1, 3, 40, 30)).astype(np.float32)
    half = check_model(build_node("Add", [table.shape], {"w": table}), tolerance=2e-3, weights="float16")
    assert half.whole
    assert half.operators == {"DEQUANTIZE": 1, "ADD": 1}

    vector = build_node("Sub", [table.shape], {"w": table[:, :, :1, :1]})
    assert check_model(vector, weights="float16").operators == {"SUB": 1}
    assert to_tflite(vector, weights="float16") == to_tflite(vector)


IMAGE = ImageMetadata("net", "A net", (127.5,) * 3, (64.0,) * 3, labels=("cat", "dog", "eel", "fox", "gnu"))


def test_metadata_and_labels(check_model: Check, model: onnx.ModelProto) -> None:
    data = check_model(model, metadata=IMAGE).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("labels.txt").decode().split() == list(IMAGE.labels)
    read = schema.ModelT.InitFromPackedBuf(data, 0)
    (entry,) = [item for item in read.metadata if item.name == b"TFLITE_METADATA"]
    packed = bytes(np.asarray(read.buffers[entry.buffer].data, np.uint8))
    assert packed[4:8] == b"M001"
    assert np.float32([127.5] * 3).tobytes() in packed
    assert np.float32([-127.5 / 64] * 3).tobytes() in packed
    assert least_runtime(data) == "1.6.0"
    assert to_tflite(model, metadata=IMAGE) == data


@pytest.mark.parametrize("std", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0)])
def test_metadata_that_cannot_be(model: onnx.ModelProto, std: Any) -> None:
    with refused(ConversionError, "unsupported_metadata", f"{std}"):
        to_tflite(model, metadata=ImageMetadata("net", "", (0.0,) * 3, std))


def test_an_operator_is_registered_once() -> None:
    with pytest.raises(ValueError, match="Softmax is lowered by softmax already"):
        lowers("Softmax")(LOWERINGS["Relu"])


def test_weights_are_copied_once(build_graph: Callable[..., onnx.ModelProto]) -> None:
    """protobuf hands out a copy of each; after that there is room for the file alone, and for one weight at a time."""
    weights = {f"w{index}": np.full((160, 160, 3, 3), index, np.float32) for index in range(16)}
    nodes = [
        helper.make_node("Conv", [f"a{index}" if index else "x0", name], [f"a{index + 1}"], pads=[1, 1, 1, 1])
        for index, name in enumerate(weights)
    ]
    model = build_graph(nodes, [(1, 160, 4, 6)], weights, ["a16"])
    tracemalloc.start()
    data = to_tflite(model)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.3 * len(data)
