"""Models that break ONNX's rules where its own inference does not look, or ends the process: found by
`tests/fuzz/fuzz_onnx.py`.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from efficientmod_export.targets.tflite.writer import UnsupportedOperatorsError, to_tflite
from efficientmod_export.targets.tflite.writer._reader import read
from efficientmod_mobile.errors import ConversionError, InputError

from .....raising import refused


def parsed(text: str) -> onnx.ModelProto:
    """A model from ONNX's text; inputs named w and b are weights, and "float y" states no shape."""
    model = onnx.parser.parse_model(f'<ir_version: 9, opset_import: ["": 20, "other": 1]> g {text}')
    weights = [value for value in model.graph.input if value.name in ("w", "b")]
    for value in weights:
        shape = [extent.dim_value for extent in value.type.tensor_type.shape.dim]
        model.graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), value.name))
        model.graph.input.remove(value)
    for value in model.graph.output:
        if not value.type.tensor_type.shape.dim:
            value.type.tensor_type.ClearField("shape")
    return model


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(float[1,9,5,6] x, float[4,3,3,3] w) => (float y) { y = Conv(x, w) }", "[4, 3, 3, 3]"),
        ("(float[1,3,5,6] x, float[4,3,3,3] w, float[4,1] b) => (float y) { y = Conv(x, w, b) }", "[4, 1]"),
        ("(float[1,4,5,6] x, float[3,2,3,3] w) => (float y) { y = Conv<group = 2>(x, w) }", "in 2 groups"),
        (
            "(float[1,3,5,6] x, float[4,3,3,3] w) => (float y) { y = Conv<kernel_shape = [1, 1]>(x, w) }",
            "do not fit",
        ),
        ("(float[1,3,5,6] x, float[4,3,3,3] w) => (float y) { y = Conv<strides = [4294967296, 1]>(x, w) }", "32 bits"),
        (
            "(float[1,3,5,1] x, float[4,3,3,3] w) => (float y) { y = Conv<strides = [1, 9]>(x, w) }",
            "larger than the padded image",
        ),
        ("(float[1,9,5,6] x, float[4,3,3,3] w) => (float y) { y = ConvTranspose(x, w) }", "[4, 3, 3, 3]"),
        ("(float[1,3,5,6] x) => (float y) { y = SpaceToDepth<blocksize = 2>(x) }", "not a multiple of 2"),
        (
            "(float[1,3,5,6] x) => (float y) { y = MaxPool<kernel_shape = [3, 3], pads = [0, 3, 0, 0]>(x) }",
            "as long as the window",
        ),
        (
            "(float[1,3,5,6] x) => (float y) "
            "{ y = MaxPool<ceil_mode = 1, kernel_shape = [2, 2], strides = [2147483647, 2]>(x) }",
            "after the image's end",
        ),
        (
            "(float[1,3,1,6] x) => (float y) { p = Constant<value_ints = [0, 0, 1, 0, 0, 0, 0, 0]>() "
            'y = Pad<mode = "reflect">(x, p) }',
            "mirrored",
        ),
    ],
)
def test_a_node_whose_operands_do_not_fit(text: str, said: str) -> None:
    with refused(UnsupportedOperatorsError, "unsupported_operators", said):
        to_tflite(parsed(text))


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("(float[1,-2,5,6] x) => (float y) { y = Relu(x) }", "empty_value", "'x'"),
        ("(float[1,0,5,6] x) => (float y) { y = Relu(x) }", "empty_value", "'x'"),
        ("(float[65536,65536] x) => (float y) { y = Relu(x) }", "over_two_gigabytes", "'x'"),
        ("(float[4294967296,4294967296] x) => (float y) { y = Relu(x) }", "over_two_gigabytes", "'x'"),
        ("(float[1,3,5,6] x) => (float[1,3,5] x, float y) { y = Relu(x) }", "inconsistent_onnx", "'x'"),
        ("(float[1048576] x) => (float y) { y = Add(x, x) }", "no_batch_axis", "1048576"),
        ('(float[2,3] x) => (float y) { y = Softmax<axis = "one">(x) }', "inconsistent_onnx", "axis"),
        ("(float[2,3] x) => (float y) { y = Softmax<axes = 1>(x) }", "inconsistent_onnx", "axes"),
        # The inference of these would end the process.
        (
            "(float[-2] x, int64[1] s) => (float y) { s = Constant<value_ints = [0]>() y = Slice(x, s, s) }",
            "inconsistent_onnx",
            "[-2]",
        ),
        (
            "(float[1,3,2,2] x) => (float y) { s = Constant<value_ints = [0]>() i = Constant<value_ints = [2]>() "
            "a = MaxPool<kernel_shape = [9, 9]>(x) y = Slice(a, s, i, i) }",
            "inconsistent_onnx",
            "'a' has the shape [1, 3, -6, -6]",
        ),
        (
            "(float[1,3,n,2] x) => (float y) { s = Constant<value_ints = [0]>() i = Constant<value_ints = [2]>() "
            "a = MaxPool<kernel_shape = [9, 9]>(x) y = Slice(a, s, i, i) }",
            "dynamic_shape",
            "'a'",
        ),
    ],
)
def test_a_model_that_contradicts_itself(text: str, code: str, name: str) -> None:
    with refused(ConversionError, code, name):
        to_tflite(parsed(text.replace(", int64[1] s", "")))


@pytest.mark.parametrize(
    ("odd", "opset", "reason"),
    [
        ("u = GroupNormalization<num_groups = 1>(x, s, s)", 16, "No Op registered for GroupNormalization"),
        ("u = other.Thing(x)", 20, "Inferred shape and existing shape differ"),
    ],
)
def test_a_node_of_no_known_kind_hides_no_contradiction(odd: str, opset: int, reason: str) -> None:
    text = f"(float[1,4,2,3] x) => (float[1,3,9,8] y) <float[1] s = {{1}}> {{ {odd} y = Relu(x) }}"
    model = parsed(text)
    model.opset_import[0].version = opset
    with refused(ConversionError, "inconsistent_onnx", reason):
        to_tflite(model)


def test_a_statement_on_a_constant_hides_no_contradiction() -> None:
    model = parsed("(float[26,3,5,6] x, float[4,3,3,3] w) => (float[1,4,3,4] y) { y = Conv(x, w) }")
    model.graph.value_info.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, None))
    with refused(ConversionError, "inconsistent_onnx", "(26) vs (1)"):
        to_tflite(model)


def test_a_dropout_that_trains_is_no_identity() -> None:
    model = parsed("(float[2,3] x) => (float y) { r = Constant<value_float = 0.5>() y = Dropout(x, r, t) }")
    for trains in (True, False):
        del model.graph.initializer[:]
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(trains), "t"))
        if trains:
            with refused(UnsupportedOperatorsError, "unsupported_operators", "Dropout"):
                to_tflite(model)
        else:
            to_tflite(model)


def test_names_that_are_given_twice() -> None:
    relu = "(float[2,3] x) => (float y) { y = Relu(x) }"
    model = parsed(relu)
    model.graph.input.append(model.graph.input[0])
    with refused(InputError, "damaged_onnx", "'x'"):
        to_tflite(model)
    model = parsed(relu)
    model.graph.output.append(model.graph.output[0])
    with refused(ConversionError, "repeated_output", "'y'"):
        to_tflite(model)
    model = parsed("(float[2,3] x, float[3] w) => (float y) { w = Constant<value_float = 2.0>() y = Add(x, w) }")
    with refused(InputError, "damaged_onnx", "'w'"):
        to_tflite(model)


@pytest.mark.parametrize("name", ["alpha", "LeakyRelu", "x"])
def test_a_name_that_is_no_text(name: str) -> None:
    data = parsed("(float[2,3] x) => (float y) { y = LeakyRelu<alpha = 0.5>(x) }").SerializeToString()
    damaged = onnx.load_model_from_string(data.replace(name.encode(), b"\xd4" * len(name)))
    with refused(InputError, "damaged_onnx"):
        to_tflite(damaged)


def test_an_attribute_that_is_no_number() -> None:
    model = parsed("(float[2,3] x) => (float y) { y = LeakyRelu<alpha = 0.5>(x) }")
    for number in ("nan", "-inf"):
        model.graph.node[0].attribute[0].f = float(number)
        with refused(InputError, "damaged_onnx"):
            to_tflite(model)


def test_an_attribute_that_is_given_twice() -> None:
    model = parsed("(float[2,3] x) => (float y) { low = Constant<value_float = 0.5>() y = Clip(x, low) }")
    model.graph.node[0].attribute.append(model.graph.node[0].attribute[0])
    with refused(InputError, "damaged_onnx"):
        to_tflite(model)


def test_a_bound_that_is_no_number() -> None:
    model = parsed("(float[2,3] x) => (float y) { low = Constant<value_float = 0.5>() y = Clip(x, low) }")
    model.graph.node[0].attribute[0].f = float("nan")
    with refused(UnsupportedOperatorsError, "unsupported_operators", "Clip"):
        to_tflite(model)


def test_a_function_under_the_name_of_an_operator() -> None:
    model = parsed("(float[2,3] x) => (float y) { y = Relu(x) }")
    body = [helper.make_node("Neg", ["a"], ["b"])]
    model.functions.append(helper.make_function("", "Relu", ["a"], ["b"], body, [helper.make_opsetid("", 20)]))
    with refused(ConversionError, "unsupported_onnx_feature"):
        to_tflite(model)


def test_a_node_with_a_body_is_named_with_the_others() -> None:
    """Its body is not looked into: the inference of this one would end the process."""
    model = parsed(
        "(float[1,3,2,2] x, bool c) => (float[1,3,2,2] y) { z = If(c) <"
        "then_branch = g () => (float a) { o = Constant<value_ints = [0]>() t = Constant<value_ints = [2]>()"
        " p = MaxPool<kernel_shape = [9, 9]>(x) a = Slice(p, o, t, t) },"
        "else_branch = h () => (float b) { b = Neg(x) }> y = Hardmax(z) }"
    )
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(True), "c"))
    with refused(ConversionError, "dynamic_shape", "'z'"):
        to_tflite(model)
    model.graph.value_info.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 3, 2, 2]))
    with refused(UnsupportedOperatorsError, "unsupported_operators") as caught:
        to_tflite(model)
    assert [node.operator for node in caught.value.nodes] == ["If", "Hardmax"]


def test_keepdims_is_one_or_is_not() -> None:
    """As ONNX's inference and ONNX Runtime take it."""
    for keepdims, shape in ((1, (2, 1)), (0, (2,)), (3, (2,))):
        reduced = f"y = ReduceMax<keepdims = {keepdims}>(x, a)"
        text = f"(float[2,3] x) => (float y) {{ a = Constant<value_ints = [1]>() {reduced} }}"
        graph = read(parsed(text))
        assert graph.shape("y") == shape
        to_tflite(parsed(text))


def test_a_file_of_many_weights_is_opened_once(tmp_path: Path) -> None:
    names = [f"w{index}" for index in range(300)]
    nodes = [helper.make_node("Add", [f"x{index}", name], [f"x{index + 1}"]) for index, name in enumerate(names)]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, 5])],
        [helper.make_tensor_value_info("x300", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(np.full(5, index, np.float32), name) for index, name in enumerate(names)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    path, descriptors = tmp_path / "model.onnx", Path("/proc/self/fd")
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    before = len([*descriptors.iterdir()])
    read_graph = read(path)
    assert len([*descriptors.iterdir()]) <= before + 2
    assert read_graph.constants["w7"].tolist() == [7.0] * 5
