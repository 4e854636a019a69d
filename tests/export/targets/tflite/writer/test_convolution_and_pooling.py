"""Convolutions and pooling against ONNX Runtime: odd sizes, H unlike W, paddings that are SAME and that are not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import helper

Check = Callable[..., Any]
RANDOM = np.random.default_rng(7)


def weights(*shape: int) -> np.ndarray:
    return (RANDOM.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


SIZES = [(9, 14), (8, 7)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("kernel", "attributes"),
    [
        ((1, 1), {}),
        ((1, 1), {"strides": [2, 2]}),
        ((3, 3), {"pads": [1, 1, 1, 1]}),
        ((3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ((3, 5), {"pads": [0, 1, 2, 3], "strides": [1, 2]}),
        ((3, 3), {"dilations": [2, 2], "pads": [2, 2, 2, 2]}),
        ((2, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ((2, 3), {"auto_pad": "SAME_LOWER"}),
        ((3, 3), {"auto_pad": "VALID"}),
        ((7, 7), {"pads": [3, 3, 3, 3], "strides": [4, 4]}),
    ],
)
@pytest.mark.parametrize("group", [1, 2, 6, "multiplied"])
def test_conv(check_node: Check, size: Any, kernel: Any, attributes: Any, group: Any) -> None:
    channels, outputs = 6, 12 if group == "multiplied" else 6
    groups = 6 if group == "multiplied" else group
    constants = {"w": weights(outputs, channels // groups, *kernel), "b": weights(outputs)}
    result = check_node("Conv", [(2, channels, *size)], constants, group=groups, **attributes)
    assert result.whole
    assert "TRANSPOSE" not in result.operators


def test_same_padding_needs_no_pad(check_node: Check) -> None:
    same = check_node("Conv", [(1, 4, 8, 6)], {"w": weights(5, 4, 3, 3)}, pads=[1, 1, 1, 1])
    assert same.operators == {"CONV_2D": 1}
    strided = check_node("Conv", [(1, 4, 8, 6)], {"w": weights(5, 4, 3, 3)}, pads=[1, 1, 1, 1], strides=[2, 2])
    assert strided.operators == {"PAD": 1, "CONV_2D": 1}


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "parts"), [((5, 5), 1), ((7, 7), 3), ((9, 9), 5), ((13, 3), 2), ((3, 13), 3)])
def test_large_depthwise_is_split(check_node: Check, kernel: Any, parts: int, stride: int) -> None:
    constants = {"w": weights(4, 1, *kernel), "b": weights(4)}
    pads = [kernel[0] // 2, kernel[1] // 2] * 2
    strides = [stride, stride]
    result = check_node("Conv", [(1, 4, 17, 14)], constants, group=4, pads=pads, strides=strides)
    assert result.operators["DEPTHWISE_CONV_2D"] == parts
    assert result.whole


@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": [2, 2]},
        {"strides": [2, 3], "pads": [1, 0, 1, 2]},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
        {"strides": [3, 2], "output_padding": [2, 1]},
        {"strides": [2, 1], "dilations": [2, 3], "pads": [1, 2, 0, 1]},
        {"strides": [2, 2], "output_shape": [11, 16]},
        {"strides": [2, 2], "output_shape": [10, 15], "auto_pad": "SAME_UPPER"},
        {"strides": [3, 2], "auto_pad": "SAME_UPPER"},
        {"strides": [3, 2], "auto_pad": "SAME_LOWER"},
        {"strides": [3, 2], "auto_pad": "VALID"},
    ],
)
def test_conv_transpose(check_node: Check, attributes: Any) -> None:
    constants = {"w": weights(3, 5, 3, 4), "b": weights(5)}
    assert check_node("ConvTranspose", [(1, 3, 5, 7)], constants, **attributes).whole


@pytest.mark.parametrize("group", [2, 4])
def test_conv_transpose_in_groups(check_graph: Check, group: int) -> None:
    """Its weight is not what a scale behind it folds into."""
    nodes = [
        helper.make_node("ConvTranspose", ["x0", "w", "b"], ["a"], group=group, strides=[2, 2], pads=[1, 0, 0, 1]),
        helper.make_node("Mul", ["a", "s"], ["y0"]),
    ]
    constants = {"w": weights(4, 3, 3, 2), "b": weights(3 * group), "s": weights(3 * group, 1, 1)}
    assert check_graph(nodes, [(1, 4, 5, 7)], constants).whole


@pytest.mark.parametrize(
    ("kernel", "attributes"),
    [
        ((4, 4), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ((3, 4), {"strides": [2, 2], "pads": [1, 0, 1, 2], "output_padding": [1, 0]}),
        ((5, 3), {"strides": [3, 3], "pads": [4, 2, 0, 1], "output_padding": [2, 1]}),
        ((2, 1), {"strides": [3, 3], "output_padding": [2, 2]}),
        ((8, 5), {"strides": [4, 4], "pads": [2, 3, 1, 0]}),
    ],
)
@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_conv_transpose(check_node: Check, kernel: Any, attributes: Any, multiplier: int) -> None:
    constants = {"w": weights(6, multiplier, *kernel), "b": weights(6 * multiplier)}
    result = check_node("ConvTranspose", [(2, 6, 5, 7)], constants, group=6, **attributes)
    assert result.whole
    of_points = multiplier > 1 and max(kernel) <= attributes["strides"][0]
    convolutions = attributes["strides"][0] ** 2
    assert result.operators["CONV_2D" if of_points else "DEPTHWISE_CONV_2D"] == convolutions
    assert not result.operators["TRANSPOSE_CONV"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": [2, 3]},
        {"strides": [1, 1]},
        {"strides": [9, 9]},
        {"strides": [2, 2], "pads": [3, 0, 0, 0]},
        {"strides": [2, 2], "dilations": [2, 2]},
        {"strides": [2, 2], "output_shape": [11, 16]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
    ],
)
def test_depthwise_conv_transpose_as_it_was(check_node: Check, attributes: Any) -> None:
    result = check_node("ConvTranspose", [(2, 6, 5, 7)], {"w": weights(6, 1, 3, 4)}, group=6, **attributes)
    assert result.operators["TRANSPOSE_CONV"] == 1


@pytest.mark.parametrize(("each", "parts"), [(24, 4), (3, 1)])
def test_conv_transpose_in_large_groups(check_node: Check, each: int, parts: int) -> None:
    constants = {"w": weights(640, each, 3, 3), "b": weights(4 * each)}
    attributes = {"strides": [2, 2], "pads": [1, 1, 1, 0], "output_padding": [0, 1]}
    result = check_node("ConvTranspose", [(1, 640, 5, 7)], constants, group=4, **attributes)
    assert result.whole
    assert result.operators["TRANSPOSE_CONV"] == parts


POOLS = [
    {"kernel_shape": [2, 2], "strides": [2, 2]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]},
    {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 0, 1]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("attributes", POOLS)
def test_max_pool(check_node: Check, size: Any, attributes: Any) -> None:
    feeds = {"x0": RANDOM.standard_normal((2, 3, *size)).astype(np.float32) - 5}
    assert check_node("MaxPool", [(2, 3, *size)], feeds=feeds, **attributes).whole


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("attributes", POOLS)
@pytest.mark.parametrize("counted", [0, 1])
def test_average_pool(check_node: Check, size: Any, attributes: Any, counted: int) -> None:
    if attributes.get("ceil_mode") and counted:
        pytest.skip("ONNX Runtime divides by the whole window there, unlike PyTorch")
    assert check_node("AveragePool", [(2, 3, *size)], count_include_pad=counted, **attributes).whole


def test_global_average_pool(check_node: Check) -> None:
    assert check_node("GlobalAveragePool", [(2, 3, 5, 7)]).operators == {"MEAN": 1}


@pytest.mark.parametrize(
    ("operator", "attributes"), [("GlobalAveragePool", {}), ("ReduceMean", {"keepdims": 0}), ("ReduceSum", {})]
)
def test_a_sum_over_a_large_image_loses_no_digits(check_node: Check, operator: str, attributes: Any) -> None:
    image = RANDOM.random((1, 3, 112, 113), np.float32)
    constants = {"axes": np.asarray([2, 3])} if operator.startswith("Reduce") else {}
    result = check_node(operator, [image.shape], constants, feeds={"x0": image}, **attributes)
    assert result.operators.total() == 2
    exact = (image.sum if operator == "ReduceSum" else image.mean)((2, 3), np.float64)
    (actual,) = result.outputs.values()
    np.testing.assert_allclose(actual.reshape(exact.shape), exact, rtol=1e-6)


@pytest.mark.parametrize(("shape", "seen", "axis"), [((1, 3, 112, 113), (1, 3, -1), 2), ((2, 12000, 3), (0, 0, 0), 1)])
@pytest.mark.parametrize("operator", ["ReduceMean", "ReduceSum"])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_a_sum_along_one_long_axis_loses_no_digits(
    check_graph: Check, shape: Any, seen: Any, axis: int, operator: str, keepdims: int
) -> None:
    """By the rows and columns that it is stored with, or in parts."""
    value = 3 + RANDOM.random(shape, np.float32)
    nodes = [
        helper.make_node("Reshape", ["x0", "seen"], ["long"]),
        helper.make_node(operator, ["long", "axis"], ["y0"], keepdims=keepdims),
    ]
    constants = {"seen": np.asarray(seen), "axis": np.asarray([axis])}
    result = check_graph(nodes, [shape], constants, feeds={"x0": value})
    assert result.operators["MEAN"] + result.operators["SUM"] == 2
    rows = value.reshape([extent or same for extent, same in zip(seen, shape, strict=False)])
    exact = (rows.sum if operator == "ReduceSum" else rows.mean)(axis, np.float64)
    (actual,) = result.outputs.values()
    np.testing.assert_allclose(actual.reshape(exact.shape), exact, rtol=1e-6)


ROWS = [
    ("Conv", {"pads": [1, 1]}, {"w": (6, 4, 3), "b": (6,)}),
    ("Conv", {"pads": [0, 2], "strides": [2], "dilations": [2], "kernel_shape": [3]}, {"w": (6, 4, 3)}),
    ("Conv", {"group": 4, "auto_pad": "SAME_UPPER"}, {"w": (4, 1, 5)}),
    ("ConvTranspose", {"strides": [2], "pads": [1, 0]}, {"w": (4, 6, 3)}),
    ("MaxPool", {"kernel_shape": [3], "strides": [2], "pads": [1, 0]}, {}),
    ("AveragePool", {"kernel_shape": [2], "strides": [2]}, {}),
]


@pytest.mark.parametrize(("operator", "attributes", "constants"), ROWS)
def test_a_window_over_one_axis(check_node: Check, operator: str, attributes: Any, constants: Any) -> None:
    made = {name: weights(*shape) for name, shape in constants.items()}
    assert check_node(operator, [(2, 4, 11)], made, **attributes).whole
