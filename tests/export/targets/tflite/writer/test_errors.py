"""What is refused, and how it is said: unsupported nodes, and files that are damaged, hostile or of another kind."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from efficientmod_export.targets.tflite.writer import UnsupportedOperatorsError, least_runtime, to_tflite
from efficientmod_mobile.errors import ConversionError, EfficientModError, InputError

from .....raising import refused

Build = Callable[..., onnx.ModelProto]


@pytest.fixture
def small(build_node: Build) -> onnx.ModelProto:
    """A model of one convolution."""
    return build_node("Conv", [(1, 2, 5, 6)], {"w": np.ones((3, 2, 3, 3), np.float32)}, pads=[1, 1, 1, 1])


def test_all_unsupported_nodes_are_named(build_graph: Build) -> None:
    nodes = [
        helper.make_node("ThresholdedRelu", ["x0"], ["a"], name="first", alpha=1.5),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Softmax", ["b"], ["c"], name="fine", axis=1),
        helper.make_node("Hardmax", ["c"], ["y0"], name="second"),
    ]
    model = build_graph(nodes, [(1, 2, 3, 4)], {})
    with refused(UnsupportedOperatorsError, "unsupported_operators") as caught:
        to_tflite(model)
    named = [(node.operator, node.name) for node in caught.value.nodes]
    assert named == [("ThresholdedRelu", "first"), ("Hardmax", "second")]
    assert caught.value.nodes[0].input_shapes == ((1, 2, 3, 4),)
    assert caught.value.nodes[0].attributes["alpha"] == 1.5
    for part in ("ThresholdedRelu 'first'", "alpha=1.5", "[1, 2, 3, 4]", "Hardmax 'second'"):
        assert part in str(caught.value)
    assert isinstance(caught.value, ConversionError)


@pytest.mark.parametrize(
    ("operator", "inputs", "constants", "attributes", "reason"),
    [
        ("Conv", [(1, 2, 9, 7, 5)], {"w": np.ones((3, 2, 3, 3, 3), np.float32)}, {}, "only those over two"),
        ("Conv", [(1, 2, 5, 5), (3, 2, 3, 3)], {}, {}, "must be constant"),
        ("Pad", [(1, 2, 5, 5)], {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])}, {"mode": "odd"}, "mode 'odd'"),
        ("Pad", [(1, 2, 5, 5)], {"p": np.array([0, 0, -1, 0, 0, 0, 0, 0])}, {"mode": "edge"}, "negative"),
        ("MaxPool", [(1, 2, 5, 5)], {}, {"kernel_shape": [2, 2], "dilations": [2, 2]}, "dilated"),
        ("Celu", [(4, 4)], {}, {"alpha": -1.0}, "not positive"),
        ("Trilu", [(4, 4)], {}, {}, "not supported"),
    ],
)  # fmt: skip
def test_a_form_that_is_not_supported(
    build_node: Build, operator: str, inputs: Any, constants: Any, attributes: Any, reason: str
) -> None:
    with refused(UnsupportedOperatorsError, "unsupported_operators", reason):
        to_tflite(build_node(operator, inputs, constants, **attributes))


def test_an_operator_of_another_domain_is_named() -> None:
    node = helper.make_node("Thing", ["x0"], ["y0"], domain="com.example", name="odd", depth=3)
    graph = helper.make_graph(
        [node],
        "test",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y0", TensorProto.FLOAT, [1, 2])],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.example", 1)]
    with refused(UnsupportedOperatorsError, "unsupported_operators", "com.example::Thing 'odd'", "depth=3"):
        to_tflite(helper.make_model(graph, opset_imports=opsets))


def test_an_integer_computation_is_named() -> None:
    nodes = [
        helper.make_node("ArgMax", ["x0"], ["best"], axis=1),
        helper.make_node("BitwiseAnd", ["best", "best"], ["y0"], name="ratio"),
    ]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y0", TensorProto.INT64, None)],
    )
    with refused(UnsupportedOperatorsError, "unsupported_operators", "'ratio'"):
        to_tflite(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]))


def test_a_truncated_file(small: onnx.ModelProto, tmp_path: Path) -> None:
    data = small.SerializeToString()
    path = tmp_path / "model.onnx"
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        with pytest.raises(EfficientModError):
            to_tflite(path)


def test_no_file_and_no_model(tmp_path: Path) -> None:
    with refused(InputError, "unreadable_onnx", "none.onnx"):
        to_tflite(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("this is no model" * 10)
    with refused(InputError, "not_an_onnx_model", "text.onnx"):
        to_tflite(tmp_path / "text.onnx")


def test_a_dynamic_shape(small: onnx.ModelProto) -> None:
    small.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    del small.graph.value_info[:]
    small.graph.output[0].type.tensor_type.ClearField("shape")
    with refused(ConversionError, "dynamic_shape", "'x0'"):
        to_tflite(small)


@pytest.mark.parametrize("kind", [TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.UINT8])
def test_another_element_type(kind: int) -> None:
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "test",
        [helper.make_tensor_value_info("x", kind, [2, 3])],
        [helper.make_tensor_value_info("y", kind, [2, 3])],
    )
    with refused(ConversionError, "unsupported_element_type", "'x'"):
        to_tflite(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]))


def test_float64_weights(build_node: Build) -> None:
    model = build_node("Add", [(2, 3)], {"w": np.ones(3, np.float32)})
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones(3), "w"))
    with refused(ConversionError, "unsupported_element_type", "'w'", "float64"):
        to_tflite(model)


@pytest.mark.parametrize("opset", [7, 12, 99])
def test_an_unknown_opset(small: onnx.ModelProto, opset: int) -> None:
    small.opset_import[0].version = opset
    with refused(ConversionError, "unknown_onnx_opset", f"{opset}"):
        to_tflite(small)


def external(model: onnx.ModelProto, folder: Path, **changes: str) -> Path:
    """Save a model with its weights beside it, then change the entries that say where they are."""
    path = folder / "model.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    saved = onnx.load(path, load_external_data=False)
    for entry in saved.graph.initializer[0].external_data:
        entry.value = changes.get(entry.key, entry.value)
    path.write_bytes(saved.SerializeToString())
    return path


def test_external_data(small: onnx.ModelProto, tmp_path: Path) -> None:
    expected = to_tflite(small)
    assert to_tflite(external(small, tmp_path)) == expected


def test_external_data_outside_the_folder(small: onnx.ModelProto, tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(1000))
    inside = tmp_path / "inside"
    inside.mkdir()
    for place in ("../secret.bin", str(tmp_path / "secret.bin")):
        with refused(InputError, "path_outside_model", place):
            to_tflite(external(small, inside, location=place))
    (inside / "link.bin").symlink_to(tmp_path / "secret.bin")
    with refused(InputError, "path_outside_model", "link.bin"):
        to_tflite(external(small, inside, location="link.bin"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"location": "gone.bin"}, "unreadable_external_data"),
        ({"offset": "100000"}, "damaged_external_data"),
        ({"offset": "-4"}, "damaged_external_data"),
        ({"offset": "two"}, "damaged_external_data"),
        ({"length": "many"}, "damaged_external_data"),
        ({"length": "220"}, "damaged_external_data"),
        ({"location": "n" * 5000}, "unreadable_external_data"),
        ({"location": "loop.bin"}, "unreadable_external_data"),
        ({"location": "\0"}, "unreadable_external_data"),
    ],
)
def test_damaged_external_data(small: onnx.ModelProto, tmp_path: Path, changes: Any, code: str) -> None:
    (tmp_path / "loop.bin").symlink_to(tmp_path / "loop.bin")
    with refused(InputError, code):
        to_tflite(external(small, tmp_path, **changes))


def test_external_data_of_a_loaded_model(small: onnx.ModelProto, tmp_path: Path) -> None:
    loaded = onnx.load(external(small, tmp_path), load_external_data=False)
    with refused(InputError, "external_data_without_file"):
        to_tflite(loaded)


def test_weights_that_do_not_fill_their_shape(small: onnx.ModelProto) -> None:
    small.graph.initializer[0].dims[0] = 4
    with refused(InputError, "damaged_onnx"):
        to_tflite(small)


def test_a_graph_that_reads_what_nothing_writes(small: onnx.ModelProto) -> None:
    small.graph.node[0].input[0] = "nowhere"
    with refused(InputError, "damaged_onnx", "'nowhere'"):
        to_tflite(small)


def test_more_than_two_gigabytes(build_node: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("efficientmod_export.targets.tflite.writer._flatbuffer._LIMIT", (1 << 24) + 100)
    model = build_node("Conv", [(1, 8, 5, 5)], {"w": np.ones((8, 8, 3, 3), np.float32)})
    with refused(ConversionError, "over_two_gigabytes"):
        to_tflite(model)


def test_a_file_of_more_than_two_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)
    with refused(InputError, "onnx_over_two_gigabytes", "large.onnx"):
        to_tflite(path)


def test_the_least_runtime_of_no_model() -> None:
    for data in (b"", b"no model at all" * 10):
        with refused(InputError, "damaged_tflite"):
            least_runtime(data)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_bytes_end_in_an_error_or_a_model(small: onnx.ModelProto, tmp_path: Path, data: st.DataObject) -> None:
    """With any damaged bytes the writer raises one of its errors, or reads another valid model."""
    raw = bytearray(small.SerializeToString())
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=6)):
        raw[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.onnx"
    path.write_bytes(bytes(raw))
    with contextlib.suppress(EfficientModError):
        to_tflite(path)
