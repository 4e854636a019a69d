"""Graphs in which a rule that is right alone might go wrong: shared values, odd sizes, constants of odd shapes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch.nn import functional

from efficientmod_export.targets.tflite.writer import UnsupportedOperatorsError, to_tflite

from .....raising import refused

Check = Callable[..., Any]
RANDOM = np.random.default_rng(7)


def parsed(text: str, opset: int = 18) -> onnx.ModelProto:
    """A model from ONNX's text; inputs whose names begin with w are weights, and "float y" states no shape."""
    model = onnx.parser.parse_model(f'<ir_version: 9, opset_import: ["": {opset}]> g {text}')
    for value in [value for value in model.graph.input if value.name.startswith("w")]:
        shape = [extent.dim_value for extent in value.type.tensor_type.shape.dim]
        array = RANDOM.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(array, value.name))
        model.graph.input.remove(value)
    for value in model.graph.output:
        if not value.type.tensor_type.shape.dim:
            value.type.tensor_type.ClearField("shape")
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


@pytest.mark.parametrize(
    "same",
    [
        "t = Sum(y)",
        "t = Max(y)",
        "t = Clip(y)",
        "t = ReduceSum<noop_with_empty_axes = 1>(y)",
        "s = Constant<value_ints = [1, 2, 3, 4, 5]>() t = Expand(y, s)",
        "e = Constant<value_float = 1.0>() t = Pow(y, e)",
    ],
)
@pytest.mark.parametrize("outputs", ["float[2,3,4,5] y, float z", "float z, float u"])
def test_an_activation_leaves_what_others_read(check_model: Check, same: str, outputs: str) -> None:
    more = "u = Sigmoid(y)" if "u" in outputs else ""
    check_model(
        parsed(f"(float[2,3,4,5] a, float[2,3,4,5] b) => ({outputs}) {{ y = Add(a, b) {same} z = Relu(t) {more} }}")
    )


@pytest.mark.parametrize(("kernel", "height"), [(7, 1), (7, 2), (7, 3), (9, 3), (13, 5), (7, 12)])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_depthwise_kernel_larger_than_the_image(check_model: Check, kernel: int, height: int, stride: int) -> None:
    pad = kernel // 2
    attributes = f"group = 3, pads = [{pad}, {pad}, {pad}, {pad}], strides = [{stride}, 1]"
    text = f"(float[1,3,{height},9] x, float[3,1,{kernel},{kernel}] w, float[3] w2) => (float y)"
    assert check_model(parsed(f"{text} {{ y = Conv<{attributes}>(x, w, w2) }}")).whole


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_a_product_with_a_repeated_operand_of_many_axes(check_model: Check, rank: int) -> None:
    small, repeats = [2, 3, 2, 3, 2][:rank], [2] * rank
    large = [2 * extent for extent in small]
    text = f"(float{large} a, float{small} x) => (float y) {{ r = Constant<value_ints = {repeats}>() "
    check_model(parsed(text + "t = Tile(x, r) y = Mul(a, t) }"))


@pytest.mark.parametrize(
    "body",
    [
        "y = Reciprocal(m)",
        "lo = Constant<value_float = -0.5>() y = Clip(m, lo)",
        "y = Elu<alpha = 0.3>(m)",
        "y = Selu(m)",
        "y = Celu<alpha = 0.7>(m)",
        "y = Softplus(m)",
        "y = Mish(m)",
        "y = HardSigmoid(m)",
        "y = Mean(m, m)",
    ],
)
def test_a_value_without_axes(check_model: Check, body: str) -> None:
    check_model(parsed(f"(float[2,3,4] x) => (float[] y) {{ m = ReduceMean<keepdims = 0>(x) {body} }}"))


@pytest.mark.parametrize(
    "text",
    [
        # The largest element of a window is not zero where all of them are below it.
        "(float[1,2,4,5] x) => (float y) { lo = Constant<value_float = 0.0>() hi = Constant<value_float = -1.0>() "
        "c = Clip(x, lo, hi) y = MaxPool<kernel_shape = [3, 3], pads = [1, 1, 1, 2], strides = [1, 1]>(c) }",
        # A constant of more axes than x gives the result its axes.
        "(float[2,3] x) => (float[1,1,2,3] y) { h = Constant<value = float[1,1,1,1] {0.5}>() "
        "r = Constant<value_float = 1.4142135>() one = Constant<value_float = 1.0>() a = Div(x, r) b = Tanh(a) "
        "c = Add(b, one) d = Mul(x, c) y = Mul(d, h) }",
        # A position embedding that is resized once, and never again.
        "(float[1,3,4,6] x, float[1,3,2,3] w) => (float y) { s = Constant<value_ints = [1, 3, 4, 6]>() "
        'e = Resize<mode = "linear", coordinate_transformation_mode = "align_corners">(w, , , s) y = Add(x, e) }',
    ],
)
def test_numbers(check_model: Check, text: str) -> None:
    check_model(parsed(text))


@pytest.mark.parametrize("size", [(18, 22), (9, 11), (25, 37)])
@pytest.mark.parametrize("source", ["x", "w"])
def test_a_nearest_resize_takes_the_pixels_that_pytorch_takes(
    check_model: Check, size: tuple[int, int], source: str
) -> None:
    """Of an image, and of a table, which is resized once and never again."""
    height, width = size
    attributes = 'mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"'
    model = parsed(
        f"(float[1,2,{height},{width}] z, float[1,2,14,14] {source}) => (float y) {{ "
        f"s = Constant<value_ints = [1, 2, {height}, {width}]>() r = Resize<{attributes}>({source}, , , s) "
        "y = Add(r, z) }"
    )
    image = RANDOM.standard_normal((1, 2, 14, 14), np.float32)
    if source == "w":
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(image, "w"))
    feeds = {"z": np.zeros((1, 2, *size), np.float32), **({"x": image} if source == "x" else {})}
    expected = functional.interpolate(torch.from_numpy(image), size, mode="nearest").numpy()
    actual = check_model(model, feeds).outputs["y"]
    np.testing.assert_array_equal(actual.transpose(0, 3, 1, 2), expected)


def test_a_gate_whose_constant_has_more_axes_than_x(check_model: Check) -> None:
    text = (
        "(float[2,3] x) => (float[1,1,2,3] y) { six = Constant<value = float[1,1,1,1] {6.0}>() "
        "three = Constant<value_float = 3.0>() lo = Constant<value_float = 0.0>() hi = Constant<value_float = 6.0>() "
        "a = Add(x, three) b = Clip(a, lo, hi) y = Div(b, six) }"
    )
    check_model(parsed(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '(float[1,1,4,8] x, float[1,1,1,1] w) => (float y) { y = Conv<strides = [1, 4], auto_pad = "SAME_UPPER">'
            "(x, w) }",
            "runtimes differ",
        ),
        (
            "(float[1,1,4,4] x) => (float[1,1,6,6] y) { s = Constant<value_floats = [1.0, 1.0, 1.50001, 1.50001]>() "
            'y = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">'
            "(x, , s) }",
            "not those of the sizes",
        ),
        (
            "(float[1,1,2,60000] x) => (float y) { s = Constant<value_floats = [1.0, 1.0, 1.0, 2.0]>() "
            'y = Resize<mode = "cubic">(x, , s) }',
            "'cubic'",
        ),
        (
            "(float[1,4,5,6] x, float[4,3,3,3] w) => (float y) "
            '{ y = ConvTranspose<strides = [2, 2], auto_pad = "SAME_UPPER", output_padding = [1, 0]>(x, w) }',
            "output padding; runtimes differ",
        ),
        ("(float[2,9] x) => (float y, float z) { y, , z = Split<axis = 1, num_outputs = 3>(x) }", "Split"),
        ("(float[2,3] x) => (float y) { i = Constant<value_ints = [7]>() y = Gather<axis = 1>(x, i) }", "Gather"),
        ('(float[1,4,3,3] x) => (float y) { y = DepthToSpace<blocksize = 2, mode = "XYZ">(x) }', "'XYZ'"),
        ("(float[1,2,2] x, float[1,2,2] w) => (float y) { k = LRN<size = 3>(w) y = Add(x, k) }", "LRN"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with refused(UnsupportedOperatorsError, "unsupported_operators", said):
        to_tflite(parsed(text))
