"""Operators on indices that the network computes, on integers and on angles, against ONNX Runtime."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

Check = Callable[..., Any]
RANDOM = np.random.default_rng(11)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def best(axis: int, keepdims: int = 1) -> Any:
    return helper.make_node("ArgMax", ["x0"], ["places"], axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("operator", ["Tan", "Sinh", "Cosh", "Atan", "Erf"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 5), (7,)])
def test_angles(check_node: Check, operator: str, shape: Any) -> None:
    feeds = {"x0": normal(*shape) * 0.4}
    feeds["x0"].reshape(-1)[0] = 0.0
    check_node(operator, [shape], feeds=feeds)


@pytest.mark.parametrize("operator", ["Asin", "Acos", "Atanh"])
def test_angles_of_fractions(check_node: Check, operator: str) -> None:
    check_node(operator, [(2, 3, 4, 5)], feeds={"x0": np.tanh(normal(2, 3, 4, 5)) * np.float32(0.95)})


def test_angles_in_two_layouts(check_graph: Check) -> None:
    nodes = [helper.make_node("Conv", ["x0", "w"], ["image"]), helper.make_node("Tanh", ["image"], ["small"])]
    check_graph([*nodes, helper.make_node("Acos", ["small"], ["y0"])], [(2, 3, 5, 7)], {"w": normal(4, 3, 1, 1)})


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_elements_at_computed_places(check_graph: Check, axis: int) -> None:
    gathered = helper.make_node("GatherElements", ["x1", "places"], ["y0"], axis=axis)
    check_graph([best(axis), gathered], [(2, 3, 4, 5), (2, 3, 4, 5)], {}, gpu=False)


def test_elements_at_constant_places(check_graph: Check) -> None:
    places = RANDOM.integers(-5, 5, (2, 3, 4, 2))
    check_graph(
        [helper.make_node("GatherElements", ["x0", "i"], ["y0"], axis=3)], [(2, 3, 4, 5)], {"i": places}, gpu=False
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("rank", [2, 3])
def test_parts_at_computed_places(check_graph: Check, axis: int, rank: int) -> None:
    nodes = [best(1, keepdims=rank - 2), helper.make_node("Gather", ["x1", "places"], ["y0"], axis=axis)]
    check_graph(nodes, [(2, 3, 4), (3, 4, 5)], {}, gpu=False)


def test_the_last_part(check_graph: Check) -> None:
    nodes = [best(1, keepdims=0), helper.make_node("Sub", ["places", "one"], ["back"])]
    gathered = helper.make_node("Gather", ["x1", "back"], ["y0"], axis=0)
    feeds = {"x0": np.eye(3, dtype=np.float32), "x1": normal(3, 5)}
    check_graph([*nodes, gathered], [(3, 3), (3, 5)], {"one": np.int64(1)}, feeds=feeds, gpu=False)


def test_rows_at_computed_places(check_graph: Check) -> None:
    nodes = [best(1), helper.make_node("GatherND", ["x1", "places"], ["y0"])]
    check_graph(nodes, [(6, 3), (3, 4, 5)], {}, gpu=False)


def test_points_at_computed_places(check_graph: Check) -> None:
    """A row and a column of each point, the column from the end."""
    nodes = [
        best(1),
        helper.make_node("Concat", ["rows", "places"], ["pairs"], axis=1),
        helper.make_node("Sub", ["pairs", "four"], ["back"]),
        helper.make_node("GatherND", ["x1", "back"], ["y0"]),
    ]
    constants = {"rows": np.array([[1], [0], [2], [2], [1], [0]]), "four": np.array([0, 4])}
    check_graph(nodes, [(6, 3), (3, 4, 5)], constants, gpu=False)


@pytest.mark.parametrize("dtype", [TensorProto.INT32, TensorProto.INT64])
@pytest.mark.parametrize("operator", ["Div", "Pow", "Clip"])
def test_integers(check_graph: Check, operator: str, dtype: int) -> None:
    kind = np.int32 if dtype == TensorProto.INT32 else np.int64
    constants = {"c": np.asarray(3, kind), "low": np.asarray(-4, kind)}
    operands = {"Div": ["whole", "c"], "Pow": ["whole", "c"], "Clip": ["whole", "low", "c"]}[operator]
    nodes = [helper.make_node("Cast", ["x0"], ["whole"], to=dtype), helper.make_node(operator, operands, ["z"])]
    nodes.append(helper.make_node("Cast", ["z"], ["y0"], to=TensorProto.FLOAT))
    used = {name: value for name, value in constants.items() if name in operands}
    check_graph(nodes, [(2, 3, 4, 5)], used, feeds={"x0": normal(2, 3, 4, 5) * 9}, gpu=False)


@pytest.mark.parametrize("largest", [0, 1])
def test_best_of_integers(check_graph: Check, largest: int) -> None:
    """The places of an order, which are in no order themselves: the ranks."""
    nodes = [
        helper.make_node("TopK", ["x0", "all"], ["ordered", "places"], axis=1),
        helper.make_node("TopK", ["places", "all"], ["whole", "ranks"], axis=1, largest=largest),
        helper.make_node("Cast", ["ranks"], ["y0"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["whole"], ["y1"], to=TensorProto.FLOAT),
    ]
    check_graph(nodes, [(2, 7)], {"all": np.array([7])}, gpu=False)


@pytest.mark.parametrize("operator", ["IsNaN", "IsInf"])
def test_what_is_no_finite_number(check_graph: Check, operator: str) -> None:
    x = normal(2, 3, 4, 5)
    x[0, 0] = np.nan if operator == "IsNaN" else np.inf
    x[1, 2, 0] = np.nan if operator == "IsNaN" else -np.inf
    nodes = [
        helper.make_node(operator, ["x0"], ["odd"]),
        helper.make_node("Not", ["odd"], ["plain"]),
        helper.make_node("Where", ["plain", "x0", "zero"], ["y0"]),
    ]
    check_graph(nodes, [x.shape], {"zero": np.float32(0)}, feeds={"x0": x}, gpu=False)


@pytest.mark.parametrize("reduction", ["none", "add"])
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_elements_written_at_computed_places(check_graph: Check, axis: int, reduction: str) -> None:
    scattered = helper.make_node("ScatterElements", ["x1", "places", "x2"], ["y0"], axis=axis, reduction=reduction)
    part = [1 if other == axis else size for other, size in enumerate((2, 3, 4, 5))]
    check_graph([best(axis), scattered], [(2, 3, 4, 5), (2, 3, 4, 5), tuple(part)], {}, gpu=False)


@pytest.mark.parametrize("reduction", ["none", "add"])
def test_elements_written_at_constant_places(check_graph: Check, reduction: str) -> None:
    places = np.array([[[1, -1, 0]], [[0, 2, 3]]])
    scattered = helper.make_node("ScatterElements", ["x0", "i", "x1"], ["y0"], axis=2, reduction=reduction)
    check_graph([scattered], [(2, 1, 5), (2, 1, 3)], {"i": places}, gpu=False)


@pytest.mark.parametrize("reduction", ["none", "add"])
def test_parts_written_at_places(check_graph: Check, reduction: str) -> None:
    places = np.array([[1, 0], [0, -1]] if reduction == "none" else [[1, 0], [1, 0]])
    scattered = helper.make_node("ScatterND", ["x0", "i", "x1"], ["y0"], reduction=reduction)
    check_graph([scattered], [(2, 3, 4), (2, 4)], {"i": places}, gpu=False)


def test_rows_written_at_computed_places(check_graph: Check) -> None:
    nodes = [best(1), helper.make_node("ScatterND", ["x1", "places", "x2"], ["y0"])]
    feeds = {"x0": np.eye(3, dtype=np.float32), "x1": normal(5, 4), "x2": normal(3, 4)}
    check_graph(nodes, [(3, 3), (5, 4), (3, 4)], {}, feeds=feeds, gpu=False)
