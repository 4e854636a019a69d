"""Sums that are spelled out, against ONNX Runtime."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest

from efficientmod_export.targets.tflite.writer import UnsupportedOperatorsError, to_tflite

from .....raising import refused

Check = Callable[..., Any]


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("exclusive", [0, 1])
@pytest.mark.parametrize("reverse", [0, 1])
def test_cumulative_sum(check_node: Check, axis: int, exclusive: int, reverse: int) -> None:
    constants = {"axis": np.asarray(axis)}
    assert check_node("CumSum", [(2, 3, 4, 5)], constants, exclusive=exclusive, reverse=reverse).whole


@pytest.mark.parametrize("axes", [[1], [-1], [0, 2], None])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_logarithm_of_a_sum(check_node: Check, axes: list[int] | None, keepdims: int) -> None:
    constants = {} if axes is None else {"axes": np.asarray(axes)}
    feeds = {"x0": 40 * np.random.default_rng(2).standard_normal((2, 3, 4, 5)).astype(np.float32) + 200}
    assert check_node("ReduceLogSumExp", [(2, 3, 4, 5)], constants, keepdims=keepdims, feeds=feeds).whole


@pytest.mark.parametrize(
    ("operator", "shape", "constants", "attributes"),
    [
        ("CumSum", (3, 300), {"axis": np.asarray(1)}, {}),
        ("ReduceLogSumExp", (3, 4), {}, {"noop_with_empty_axes": 1}),
    ],
)
def test_a_sum_that_stays(
    build_node: Callable[..., onnx.ModelProto], operator: str, shape: Any, constants: Any, attributes: Any
) -> None:
    with refused(UnsupportedOperatorsError, "unsupported_operators", operator):
        to_tflite(build_node(operator, [shape], constants, **attributes))
