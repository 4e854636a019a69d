"""Operators that cut, take and add parts along axes, against ONNX Runtime."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import helper

Check = Callable[..., Any]
RANDOM = np.random.default_rng(5)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.asarray(values, np.int64)


@pytest.mark.parametrize(
    ("starts", "ends", "axes", "steps"),
    [
        ([1], [3], [1], [1]),
        ([0, 1], [2, -1], [2, 3], [1, 1]),
        ([-2], [1000], [3], [1]),
        ([0, 1], [1000, 1000], [2, 3], [2, 2]),
        ([-1], [-1000], [1], [-1]),
        ([3, 1, 1000], [0, 3, -1000], [-2, 0, 1], [-2, 1, -1]),
    ],
)
def test_slice(check_node: Check, starts: Any, ends: Any, axes: Any, steps: Any) -> None:
    constants = {"s": ints(*starts), "e": ints(*ends), "a": ints(*axes), "t": ints(*steps)}
    result = check_node("Slice", [(2, 4, 6, 5)], constants)
    assert result.whole


@pytest.mark.parametrize(
    ("shape", "axis", "start", "step", "whole"),
    [((2, 6, 4, 5), 1, 0, 2, True), ((2, 9, 4, 5), 1, 4, 3, True), ((2, 7, 5), 1, 1, 2, False),
     ((2, 3, 8), 2, 1, 2, True), ((2, 3, 8), 2, 0, 3, False), ((2, 3, 8), -1, 5, 2, True)],
)  # fmt: skip
def test_every_other_element(check_node: Check, shape: Any, axis: int, start: int, step: int, whole: bool) -> None:
    constants = {"s": ints(start), "e": ints(1000), "a": ints(axis), "t": ints(step)}
    assert check_node("Slice", [shape], constants).whole == whole


@pytest.mark.parametrize("index", [0, 2, [1, 2], [[0, 1]]])
def test_gather_of_neighbours(check_node: Check, index: Any) -> None:
    assert check_node("Gather", [(2, 3, 5)], {"i": np.asarray(index, np.int64)}, axis=1).whole


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("places", [[2, 0], [-1, 0, 0], [[1, 0, 1], [0, 2, 2]]])
def test_gather_anywhere(check_node: Check, places: Any, axis: int) -> None:
    indices = np.asarray(places, np.int64)
    result = check_node("Gather", [(4, 3, 5, 6)], {"i": indices}, axis=axis)
    assert result.whole
    assert result.operators["FULLY_CONNECTED"] == (axis == 1)


@pytest.mark.parametrize(("axis", "operator"), [(1, "GATHER"), (2, "GATHER"), (3, "SLICE")])
def test_gather_of_many(check_node: Check, axis: int, operator: str) -> None:
    """Of 20 channels that lie innermost, of 20 rows, and of 20 columns in two runs."""
    places = np.roll(np.arange(20), 7) if axis == 3 else np.arange(20)[::-1]
    assert check_node("Gather", [(2, 20, 20, 20)], {"i": places}, axis=axis).operators[operator]


@pytest.mark.parametrize("places", [[[0, 1], [-1, 0]], [[1, 2], [3, 0]], [[[0, 1, 2]], [[3, 0, -1]]]])
def test_gather_nd(check_graph: Check, places: Any) -> None:
    nodes = [
        helper.make_node("Conv", ["x0", "w"], ["image"]),
        helper.make_node("Transpose", ["image"], ["first"], perm=[1, 2, 3, 0]),
        helper.make_node("GatherND", ["first", "i"], ["y0"]),
    ]
    constants = {"w": normal(4, 3, 1, 1), "i": np.asarray(places, np.int64)}
    assert check_graph(nodes, [(2, 3, 5, 7)], constants).operators["GATHER"] == 1


def test_channels_by_a_list(check_graph: Check) -> None:
    """PyTorch's x[:, [2, 1, 0]]."""
    nodes = [
        helper.make_node("Transpose", ["x0"], ["first"], perm=[1, 0, 2, 3]),
        helper.make_node("GatherND", ["first", "i"], ["taken"]),
        helper.make_node("Transpose", ["taken"], ["y0"], perm=[1, 0, 2, 3]),
    ]
    result = check_graph(nodes, [(2, 3, 5, 7)], {"i": ints(2, 1, 0).reshape(3, 1)})
    assert result.operators == {"FULLY_CONNECTED": 1}


def test_gather_keeps_the_layout(check_graph: Check) -> None:
    nodes = [
        helper.make_node("Conv", ["x0", "w"], ["image"]),
        helper.make_node("Gather", ["image", "i"], ["y0"], axis=2),
    ]
    constants = {"w": normal(6, 3, 1, 1), "i": np.asarray([[0, 3], [1, 2]], np.int64)}
    check_graph(nodes, [(1, 3, 5, 7)], constants)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge", "wrap"])
@pytest.mark.parametrize("pads", [[0, 0, 1, 2, 0, 0, 3, 0], [0, 1, 0, 0, 0, 2, 0, 0], [0, 0, 3, 0, 0, 0, 3, 4]])
def test_pad(check_node: Check, mode: str, pads: Any) -> None:
    result = check_node("Pad", [(2, 3, 4, 5)], {"p": ints(*pads)}, mode=mode)
    assert result.whole
    assert "TRANSPOSE" not in result.operators


@pytest.mark.parametrize(("mode", "outside"), [("reflect", 1), ("edge", 0), ("wrap", 0)])
def test_a_wide_border(check_node: Check, mode: str, outside: int) -> None:
    result = check_node(
        "Pad", [(2, 3, 19, 5)], {"p": ints(17, 2, 18, 0), "axes": ints(2, -1)}, ["x0", "p", "", "axes"], mode=mode
    )
    assert result.operators["MIRROR_PAD"] == outside


@pytest.mark.parametrize("pads", [[0, 0, -1, 2, 0, 0, 0, -2], [0, -1, 0, 0, 0, 1, 0, 0], [-1, 0, -2, 0, 0, 0, 2, 0]])
def test_a_negative_padding_is_a_cut(check_node: Check, pads: Any) -> None:
    assert check_node("Pad", [(2, 3, 4, 5)], {"p": ints(*pads)}).operators["SLICE"] == 1


@pytest.mark.parametrize(
    ("pads", "whole"),
    [((0, 0, 1, 1, 0, 0, 1, 1), False), ((0, 2, 0, 0, 0, 1, 0, 0), True), ((0, 0, 0, 0, 0, 0, 3, 0), True)],
)
def test_pad_with_a_number(check_node: Check, pads: Any, whole: bool) -> None:
    assert check_node("Pad", [(2, 3, 4, 5)], {"p": ints(*pads), "v": np.float32(2.5)}).whole == whole
