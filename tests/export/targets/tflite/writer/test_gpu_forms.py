"""The forms that a GPU computes as a CPU does. `check` runs them on both, where a software GPU is installed."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from onnx import helper

from efficientmod_export.targets.tflite.writer._layout import in_steps

Check = Callable[..., Any]
RANDOM = np.random.default_rng(5)
node = helper.make_node


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.asarray(values, np.int64)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5, 6), (2, 3, 2, 5, 3, 4)])
def test_a_transposition_in_steps_of_four_axes(shape: tuple[int, ...]) -> None:
    array = RANDOM.standard_normal(shape)
    longest = 0
    for order in [*permutations(range(len(shape)))][:: 1 if len(shape) == 5 else 7]:
        moved = array
        steps = in_steps(shape, order, 4)
        longest = max(longest, len(steps))
        for extents, axes in steps:
            assert len(extents) <= 4
            moved = moved.reshape(extents).transpose(axes)
        assert np.array_equal(moved.reshape(-1), array.transpose(order).reshape(-1))
    assert longest == 2


def test_windows_move_in_four_axes(check_graph: Check) -> None:
    """MobileViT's patches of 2 x 2 pixels."""
    nodes = [
        node("Reshape", ["x0", "split"], ["s"]),
        node("Transpose", ["s"], ["t"], perm=[0, 3, 5, 2, 4, 1]),
        node("Reshape", ["t", "merged"], ["y0"]),
    ]
    constants = {"split": ints(1, 6, 4, 2, 5, 2), "merged": ints(4, 20, 6)}
    result = check_graph(nodes, [(1, 6, 8, 10)], constants)
    assert result.whole
    assert result.rank <= 4


def test_a_constant_left_side(check_node: Check) -> None:
    result = check_node("MatMul", [(2, 8, 33)], {"w": normal(2, 5, 8)}, order=["w", "x0"])
    assert result.operators["CONCATENATION"] == result.operators["BATCH_MATMUL"] == 1
    assert result.whole


@pytest.mark.parametrize(("width", "products"), [(181, 1), (182, 2)])
def test_talking_heads(check_graph: Check, width: int, products: int) -> None:
    """Heads that lie outermost are mixed where they lie; more than 32768 columns in parts."""
    nodes = [
        node("Transpose", ["x0"], ["heads"], perm=[0, 2, 3, 1]),
        node("MatMul", ["heads", "w"], ["mixed"]),
        node("Transpose", ["mixed"], ["back"], perm=[0, 3, 1, 2]),
        node("Softmax", ["back"], ["y0"]),
    ]
    nodes.insert(0, node("MatMul", ["x0", "x1"], ["scores"]))
    nodes[1].input[0] = "scores"
    shapes = [(1, 3, width, 4), (1, 3, 4, width)]
    result = check_graph(nodes, shapes, {"w": normal(3, 3)})
    assert result.operators["BATCH_MATMUL"] == 1 + products


@pytest.mark.parametrize(
    ("groups", "each", "to", "grouped"), [(8, 2, 2, True), (3, 3, 4, False), (4, 6, 2, True), (3, 1, 2, False)]
)
@pytest.mark.parametrize("kernel", [1, 3])
def test_groups_of_a_multiple_of_four(
    check_node: Check, groups: int, each: int, to: int, grouped: bool, kernel: int
) -> None:
    """Two of (6 to 2) are (12 to 4); where no number of groups is, one convolution with zeros."""
    constants = {"w": normal(groups * to, each, kernel, kernel), "b": normal(groups * to)}
    result = check_node("Conv", [(2, groups * each, 5, 7)], constants, group=groups, dilations=[1, 1])
    depthwise = each == 1 and kernel > 1
    assert result.operators == {"DEPTHWISE_CONV_2D" if depthwise else "CONV_2D": 1}
    assert result.whole


@pytest.mark.parametrize(
    ("shape", "pads"),
    [
        ((7,), [2, 1]),
        ((5, 7), [2, 0, 1, 3]),
        ((3, 5, 7), [0, 1, 0, 0, 2, 1]),
        ((3, 5, 7), [1, 0, 0, 0, 0, 2]),
        ((1, 3, 5, 7), [2, 0, 0, 0, 0, 0, 0, 0]),
        ((1, 3, 5, 7), [2, 1, 0, 0, 0, 0, 1, 2]),
        ((2, 3, 2, 5, 7), [0, 0, 0, 1, 1, 0, 0, 0, 1, 2]),
    ],
)
@pytest.mark.parametrize("mode", ["constant", "reflect", "number"])
def test_borders(check_node: Check, shape: tuple[int, ...], pads: list[int], mode: str) -> None:
    constants = {"p": ints(*pads)}
    if mode == "number":
        constants["n"] = np.asarray(1.5, np.float32)
    if mode == "reflect" and shape[0] == 1 and pads[0]:
        pytest.skip("one line cannot be mirrored")
    check_node("Pad", [shape], constants, mode="reflect" if mode == "reflect" else "constant")


def test_a_border_of_numbers_and_a_convolution(check_graph: Check) -> None:
    nodes = [node("Pad", ["x0", "p", "n"], ["a"]), node("Conv", ["a", "w"], ["y0"])]
    constants = {"p": ints(0, 0, 1, 1, 0, 0, 1, 1), "n": np.asarray(0.7, np.float32), "w": normal(5, 3, 3, 3)}
    assert check_graph(nodes, [(1, 3, 6, 8)], constants).operators["MUL"] == 1


@pytest.mark.parametrize("counted", [0, 1])
def test_a_mean_that_reaches_into_the_border(check_node: Check, counted: int) -> None:
    """ShuffleNet's pooling."""
    attributes = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": counted}
    result = check_node("AveragePool", [(1, 6, 8, 10)], **attributes)
    assert result.operators["DEPTHWISE_CONV_2D"] == 1
    assert result.whole


@pytest.mark.parametrize(("channels", "more"), [(3, {"RESHAPE": 2, "MUL": 1}), (4, {})])
def test_a_division_before_a_convolution(check_graph: Check, channels: int, more: dict[str, int]) -> None:
    nodes = [node("Div", ["x0", "x1"], ["q"]), node("Conv", ["q", "w"], ["y0"])]
    shape = (1, channels, 5, 6)
    feeds = {"x0": normal(*shape), "x1": np.abs(normal(*shape)) + np.float32(0.5)}
    result = check_graph(nodes, [shape] * 2, {"w": normal(5, channels, 3, 3)}, feeds=feeds)
    assert result.operators == {"DIV": 1, "CONV_2D": 1, **more}
    assert result.whole


def test_a_division_that_is_not_read_together(check_graph: Check) -> None:
    nodes = [node("Reciprocal", ["x0"], ["q"]), node("Tanh", ["q"], ["y0"])]
    feeds = {"x0": np.abs(normal(1, 3, 5, 6)) + np.float32(0.5)}
    assert check_graph(nodes, [(1, 3, 5, 6)], {}, feeds=feeds).operators == {"DIV": 1, "TANH": 1}


@pytest.mark.parametrize(("read_twice", "products"), [(False, 1), (True, 0)])
def test_the_greatest_of_a_sum(check_graph: Check, read_twice: bool, products: int) -> None:
    nodes = [node("Add", ["x0", "x1"], ["s"]), node("ReduceMax", ["s", "axes"], ["y0"])]
    results = ["y0"]
    if read_twice:
        nodes.append(node("Tanh", ["s"], ["y1"]))
        results.append("y1")
    result = check_graph(nodes, [(1, 8, 5, 6)] * 2, {"axes": ints(1)}, results)
    assert result.operators["MUL"] == products


@pytest.mark.parametrize(
    ("slope", "operators"),
    [
        (np.float32([0.3]), {"LEAKY_RELU"}),
        (np.float32([1.7]), {"PRELU"}),
        (normal(3, 1, 1), {"PRELU"}),
        (normal(1, 6, 1), {"RELU", "MINIMUM", "MUL", "ADD"}),
    ],
)
def test_slopes(check_node: Check, slope: np.ndarray, operators: set[str]) -> None:
    assert check_node("PRelu", [(2, 3, 6, 5)], {"slope": slope}).operators.keys() == operators


@pytest.mark.parametrize("alpha", [-0.5, 0.0, 1.0, 1.5])
def test_a_slope_beyond_one(check_node: Check, alpha: float) -> None:
    expected = "LEAKY_RELU" if 0 <= alpha <= 1 else "PRELU"
    assert check_node("LeakyRelu", [(2, 3, 6, 5)], alpha=alpha).operators == {expected: 1}


def test_a_power_of_a_number(check_node: Check) -> None:
    result = check_node("Pow", [(2, 5, 6)], {"b": np.asarray(1.5, np.float32)}, order=["b", "x0"])
    assert result.operators == {"MUL": 1, "EXP": 1}


@pytest.mark.parametrize("steps", [(1, -1, 1), (-1, 1, -2), (1, 1, -1)])
def test_a_cut_backwards(check_node: Check, steps: tuple[int, ...]) -> None:
    starts = [-1 if step < 0 else 0 for step in steps]
    ends = [-99 if step < 0 else 99 for step in steps]
    constants = {"s": ints(*starts), "e": ints(*ends), "a": ints(0, 1, 2), "t": ints(*steps)}
    assert not check_node("Slice", [(3, 5, 7)], constants).operators["STRIDED_SLICE"]


@pytest.mark.parametrize("operator", ["SpaceToDepth", "DepthToSpace"])
def test_blocks_of_a_batch(check_node: Check, operator: str) -> None:
    assert check_node(operator, [(3, 8, 4, 6)], blocksize=2).whole


@pytest.mark.parametrize("axes", [[1], [1, 3], [0, 2, 4], [2, 4]])
@pytest.mark.parametrize("operator", ["ReduceMean", "ReduceMax"])
def test_reductions_of_split_axes(check_graph: Check, axes: list[int], operator: str) -> None:
    """CSATv2's means."""
    nodes = [node("Reshape", ["x0", "s"], ["r"]), node(operator, ["r", "axes"], ["m"]), node("Tanh", ["m"], ["y0"])]
    constants = {"s": ints(2, 3, 4, 5, 6), "axes": ints(*axes)}
    assert check_graph(nodes, [(6, 4, 30)], constants).whole


@pytest.mark.parametrize(("left", "right"), [((5, 1, 7, 1), (1, 8, 1, 6)), ((1, 8, 1, 6), (5, 1, 7, 1))])
def test_a_constant_that_is_longer(check_node: Check, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    assert check_node("Add", [left], {"c": normal(*right)}).whole


def test_more_axes_than_a_gpu_takes(check_graph: Check) -> None:
    """Each axis of the product is in one of the two, so that none can be merged."""
    nodes = [
        node("Reshape", ["x0", "a"], ["left"]),
        node("Reshape", ["x1", "b"], ["right"]),
        node("Mul", ["left", "right"], ["p"]),
        node("Reshape", ["p", "c"], ["y0"]),
    ]
    constants = {"a": ints(2, 1, 3, 1, 4), "b": ints(1, 5, 1, 6, 1), "c": ints(30, 24)}
    assert check_graph(nodes, [(6, 4), (5, 6)], constants).whole


JOINED = {
    "a sum that is averaged": (node("Add", ["x0", "x1"], ["shown"]), node("ReduceMean", ["shown", "a"], ["y0"])),
    "a layer before a product": (node("Conv", ["x0", "w"], ["shown"]), node("Mul", ["shown", "c"], ["y0"])),
    "a product before a layer": (node("Mul", ["x0", "c"], ["shown"]), node("Conv", ["shown", "w"], ["y0"])),
}


@pytest.mark.parametrize("joined", JOINED)
def test_an_output_that_is_read_is_written(joined: str, check_graph: Check) -> None:
    """A GPU joins both operators, and does not write what is between them; a copy is another reader."""
    constants = {"a": ints(2, 3), "w": normal(8, 8, 1, 1), "c": normal(8, 1, 1)}
    used = {name for one in JOINED[joined] for name in one.input}
    inputs = [(1, 8, 7, 5)] * len(used & {"x0", "x1"})
    kept = {name: value for name, value in constants.items() if name in used}
    result = check_graph([*JOINED[joined]], inputs, kept, ["shown", "y0"])
    assert result.operators["RESHAPE"] >= 1
    assert result.whole


@pytest.mark.parametrize("shape", [(6,), (3, 7), (2, 3, 5), (1, 4, 3, 9), (2, 3, 4, 8)])
def test_the_greatest_of_channels_that_are_padded(check_graph: Check, shape: tuple[int, ...]) -> None:
    """All are below zero, which is what the padding is."""
    nodes = [node("Sub", ["x0", "much"], ["low"]), node("TopK", ["low", "two"], ["y0", "places"], axis=-1)]
    result = check_graph(nodes, [shape], {"much": np.float32([9.0]), "two": ints(2)})
    assert result.on_gpu or not result.operators["TOPK_V2"]


@pytest.mark.parametrize("choice", [(6,), (7, 1), (1, 1), (8, 7, 6), (1, 8, 1, 1)])
@pytest.mark.parametrize("constant", [False, True])
def test_choices_that_are_repeated(check_graph: Check, choice: tuple[int, ...], constant: bool) -> None:
    nodes = [node("Greater", ["x0", "zero"], ["above"]), node("Where", ["above", "x0", "other"], ["y0"])]
    constants = {"zero": np.float32([0.0])}
    if constant:
        constants["other"] = normal(*choice)
    else:
        nodes[1].input[2] = "x1"
    result = check_graph(nodes, [(1, 8, 7, 6), *[choice] * (not constant)], constants)
    assert result.operators["SELECT_V2"] + result.operators["SELECT"] == 1
