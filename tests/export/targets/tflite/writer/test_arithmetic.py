"""Element-wise operators, activations, reductions and norms against ONNX Runtime."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

Check = Callable[..., Any]
RANDOM = np.random.default_rng(3)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("operator", ["Abs", "Ceil", "Cos", "Exp", "Floor", "Neg", "Round", "Sigmoid", "Sin", "Tanh"])
@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (2, 3, 5), (7,)])
def test_unary(check_node: Check, operator: str, shape: Any) -> None:
    assert check_node(operator, [shape]).whole


@pytest.mark.parametrize("operator", ["Sqrt", "Log", "Reciprocal"])
def test_unary_of_positive(check_node: Check, operator: str) -> None:
    feeds = {"x0": np.abs(normal(2, 3, 4, 5)) + 0.5}
    assert check_node(operator, [(2, 3, 4, 5)], feeds=feeds).whole


BROADCASTS = [
    ((2, 3, 4, 5), (2, 3, 4, 5)),
    ((2, 3, 4, 5), (1, 3, 1, 1)),
    ((2, 3, 4, 5), (4, 5)),
    ((2, 3, 4, 5), (5,)),
    ((3, 1, 1), (2, 1, 4, 5)),
    ((2, 1, 4, 1), (1, 3, 1, 5)),
    ((2, 3, 4), (1, 1, 1)),
    ((6,), (6,)),
]


@pytest.mark.parametrize("operator", ["Add", "Sub", "Mul", "Div", "Max", "Min"])
@pytest.mark.parametrize(("left", "right"), BROADCASTS)
@pytest.mark.parametrize("constant", [None, 0, 1])
def test_binary(check_node: Check, operator: str, left: Any, right: Any, constant: int | None) -> None:
    shapes = [left, right]
    if constant is None:
        values = {"x0": normal(*left), "x1": np.abs(normal(*right)) + 0.5}
        result = check_node(operator, shapes, feeds=values)
    else:
        order = ["c", "x0"] if constant == 0 else ["x0", "c"]
        values = {"x0": np.abs(normal(*shapes[1 - constant])) + 0.5}
        array = np.abs(normal(*shapes[constant])) + 0.5
        result = check_node(operator, [shapes[1 - constant]], {"c": array}, order, feeds=values)
    assert result.whole


@pytest.mark.parametrize("exponent", [2.0, 0.5, -0.5, 3.0, 4.0, 1.7])
def test_power(check_node: Check, exponent: float) -> None:
    feeds = {"x0": np.abs(normal(2, 3, 4, 5)) + 0.5}
    result = check_node("Pow", [(2, 3, 4, 5)], {"e": np.float32(exponent)}, feeds=feeds)
    assert result.whole == (exponent != 1.7) == ("POW" not in result.operators)


@pytest.mark.parametrize("exponent", [3.0, 4.0])
def test_power_of_negative_numbers(check_node: Check, exponent: float) -> None:
    result = check_node("Pow", [(2, 3, 4, 5)], {"e": np.float32(exponent)})
    np.testing.assert_allclose(result.outputs["y0"], result.expected["y0"], rtol=1e-6)


@pytest.mark.parametrize(
    ("operator", "attributes", "written"),
    [
        ("Relu", {}, "RELU"),
        ("LeakyRelu", {"alpha": 0.2}, "LEAKY_RELU"),
        ("Elu", {}, "ELU"),
        ("Elu", {"alpha": 0.3}, "ELU"),
        ("HardSwish", {}, "HARD_SWISH"),
        ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}, "ADD"),
        ("HardSigmoid", {"alpha": 0.2, "beta": 0.4}, "MUL"),
        ("Gelu", {}, "GELU"),
        ("Gelu", {"approximate": "tanh"}, "GELU"),
        ("Selu", {}, "ELU"),
        ("Selu", {"alpha": 1.2, "gamma": 0.9}, "ELU"),
        ("Celu", {"alpha": 1.7}, "ELU"),
        ("Softsign", {}, "DIV"),
        ("Softplus", {}, "LOG"),
        ("Mish", {}, "EXP"),
    ],
)
def test_activation(check_node: Check, operator: str, attributes: Any, written: str) -> None:
    result = check_node(operator, [(2, 3, 4, 5)], feeds={"x0": 4 * normal(2, 3, 4, 5)}, **attributes)
    assert result.whole
    assert result.operators[written]


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [(0, 6, "RELU6"), (0, None, "RELU"), (-1, 1, "RELU_N1_TO_1"), (-0.5, 2, "MAXIMUM"), (None, 0.3, "MINIMUM")],
)
def test_clip(check_node: Check, low: float | None, high: float | None, written: str) -> None:
    bounds = {"low": low, "high": high}
    constants = {name: np.float32(value) for name, value in bounds.items() if value is not None}
    order = ["x0", *(name if value is not None else "" for name, value in bounds.items())]
    result = check_node("Clip", [(2, 3, 4, 5)], constants, order, feeds={"x0": 4 * normal(2, 3, 4, 5)})
    assert result.operators[written] == 1
    assert result.whole


@pytest.mark.parametrize("operator", ["Softplus", "Mish", "Selu", "Celu", "Softsign"])
def test_an_activation_of_large_numbers(check_node: Check, operator: str) -> None:
    feeds = {"x0": np.float32([-1e4, -200, -90, -20, -1e-6, 0, 1e-6, 19.9, 20.1, 90, 200, 1e4])}
    result = check_node(operator, [(12,)], feeds=feeds)
    np.testing.assert_allclose(result.outputs["y0"], result.expected["y0"], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_swish(check_node: Check, alpha: float) -> None:
    assert check_node("Swish", [(2, 3, 4, 5)], alpha=alpha, opset=24).whole


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_log_softmax(check_node: Check, axis: int) -> None:
    assert check_node("LogSoftmax", [(2, 3, 4, 5)], axis=axis, feeds={"x0": 40 * normal(2, 3, 4, 5) + 200}).whole


@pytest.mark.parametrize("operator", ["Sum", "Mean"])
@pytest.mark.parametrize("shapes", [[(2, 3, 4, 5)], [(2, 3, 4, 5), (1, 3, 1, 1), (4, 5)]])
def test_sums_of_many(check_node: Check, operator: str, shapes: Any) -> None:
    assert check_node(operator, shapes).whole


@pytest.mark.parametrize("operator", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 6, 7, 3)])
def test_global_pool(check_node: Check, operator: str, shape: Any) -> None:
    assert check_node(operator, [shape]).whole


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_softmax(check_node: Check, axis: int) -> None:
    feeds = {"x0": 40 * normal(2, 3, 4, 5) + 200}
    result = check_node("Softmax", [(2, 3, 4, 5)], axis=axis, feeds=feeds)
    assert result.whole
    # Channels lie innermost, so only for them it is one operator.
    assert ("SOFTMAX" in result.operators) == (axis == 1)
    assert "TRANSPOSE" not in result.operators


REDUCTIONS = ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare"]


@pytest.mark.parametrize("operator", REDUCTIONS)
@pytest.mark.parametrize("axes", [[1], [2, 3], [-1], [0, 2], None])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_reduction(check_node: Check, operator: str, axes: list[int] | None, keepdims: int) -> None:
    constants = {} if axes is None else {"axes": np.asarray(axes, np.int64)}
    result = check_node(operator, [(2, 3, 4, 5)], constants, keepdims=keepdims)
    assert result.whole


@pytest.mark.parametrize("operator", REDUCTIONS)
def test_a_reduction_over_no_axes(check_node: Check, operator: str) -> None:
    check_node(operator, [(2, 3, 4)], noop_with_empty_axes=1)


@pytest.mark.parametrize("shape", [(1, 9, 6), (2, 3, 4, 6)])
@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_normalization(check_node: Check, shape: Any, axis: int) -> None:
    normed = shape[axis:]
    constants = {"scale": normal(*normed), "bias": normal(*normed)}
    feeds = {"x0": 5 + 3 * normal(*shape)}
    assert check_node("LayerNormalization", [shape], constants, axis=axis, epsilon=1e-5, feeds=feeds).whole


@pytest.mark.parametrize("shape", [(2, 6, 5, 7), (1, 6, 4, 3)])
def test_instance_normalization(check_node: Check, shape: Any) -> None:
    result = check_node("InstanceNormalization", [shape], {"scale": normal(6), "bias": normal(6)})
    assert result.whole
    assert "TRANSPOSE" not in result.operators


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_group_normalization(check_node: Check, groups: int) -> None:
    constants = {"scale": normal(6), "bias": normal(6)}
    result = check_node(
        "GroupNormalization", [shape := (2, 6, 5, 7)], constants, num_groups=groups, opset=21, shape=shape
    )
    assert result.whole
    assert "TRANSPOSE" not in result.operators
    assert result.rank <= 4


@pytest.mark.parametrize(("groups", "reshaped"), [(2, 4), (6, 0)])
def test_a_norm_of_a_large_image_loses_no_digits(check_node: Check, groups: int, reshaped: int) -> None:
    """Nor is the image reshaped, but only the means of its channels."""
    image = RANDOM.standard_normal((1, 6, 250, 260), np.float32) + np.float32(3)
    constants = {"scale": np.ones(6, np.float32), "bias": np.zeros(6, np.float32)}
    arguments = {"num_groups": groups, "opset": 21, "shape": image.shape, "feeds": {"x0": image}}
    result = check_node("GroupNormalization", [image.shape], constants, **arguments)
    assert result.operators["RESHAPE"] == reshaped
    grouped = image.astype(np.float64).reshape(1, groups, -1)
    exact = (grouped - grouped.mean(2, keepdims=True)) / np.sqrt(grouped.var(2, keepdims=True) + 1e-5)
    (actual,) = result.outputs.values()
    np.testing.assert_allclose(actual.transpose(0, 3, 1, 2), exact.reshape(image.shape), atol=2e-6)


@pytest.mark.parametrize(
    ("scale", "bias", "products", "sums"), [(1, 0, 2, 1), (2, 0, 3, 1), (1, 2, 2, 2), (2, 2, 3, 2)]
)
def test_an_affine_that_does_nothing_is_left_out(
    check_node: Check, scale: float, bias: float, products: int, sums: int
) -> None:
    constants = {"scale": np.full(6, scale, np.float32), "bias": np.full(6, bias, np.float32)}
    result = check_node("InstanceNormalization", [(2, 6, 5, 7)], constants)
    assert (result.operators["MUL"], result.operators["ADD"]) == (products, sums)


def test_batch_normalization_alone(check_node: Check) -> None:
    constants = {"s": normal(6), "b": normal(6), "m": normal(6), "v": np.abs(normal(6)) + 0.5}
    assert check_node("BatchNormalization", [(2, 6, 5, 7)], constants).operators == {"MUL": 1, "ADD": 1}


@pytest.mark.parametrize("slope", [(6, 1, 1), (1,)])
def test_parametric_relu(check_node: Check, slope: Any) -> None:
    assert check_node("PRelu", [(2, 6, 5, 7)], {"slope": np.abs(normal(*slope))}).whole


@pytest.mark.parametrize(("shape", "repeated"), [((2, 3, 7, 5), [5, 3]), ((2, 32, 7, 5), [32])])
def test_a_constant_that_is_short_in_memory_is_repeated(check_node: Check, shape: Any, repeated: list[int]) -> None:
    """XNNPACK's kernel runs once for each run of elements: one of three channels takes ten times as long."""
    result = check_node("Sub", [shape], {"c": normal(shape[1], 1, 1)})
    constants = [
        tensor for tensor in schema.ModelT.InitFromPackedBuf(result.data, 0).subgraphs[0].tensors if tensor.buffer
    ]
    assert [list(tensor.shape) for tensor in constants] == [repeated]
