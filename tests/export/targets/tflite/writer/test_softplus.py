"""Softplus as PyTorch's exporter spells it out, and a Mish that is written by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

Check = Callable[..., Any]
node = helper.make_node
NUMBERS = np.float32([-90, -20, -1, -1e-6, 0, 0.3, 7.4, 7.6, 14.9, 15.1, 19.9, 20.1, 90, 1e4])


def softplus(beta: float, threshold: float) -> tuple[list[onnx.NodeProto], dict[str, np.float32]]:
    """The nodes for softplus(x0; beta), as y0."""
    constants = {"beta": np.float32(beta), "threshold": np.float32(threshold)}
    if beta == 1.0:
        del constants["beta"]
        inside = [node("Softplus", ["x0"], ["soft"]), node("Greater", ["x0", "threshold"], ["large"])]
    else:
        inside = [
            node("Mul", ["x0", "beta"], ["scaled"]),
            node("Softplus", ["scaled"], ["whole"]),
            node("Div", ["whole", "beta"], ["soft"]),
            node("Greater", ["scaled", "threshold"], ["large"]),
        ]
    return [*inside, node("Where", ["large", "x0", "soft"], ["y0"])], constants


@pytest.mark.parametrize(("beta", "threshold"), [(1.0, 20.0), (2.0, 15.0), (-0.5, 20.0)])
def test_softplus_with_a_case_for_large_numbers(check_graph: Check, beta: float, threshold: float) -> None:
    nodes, constants = softplus(beta, threshold)
    result = check_graph(nodes, [NUMBERS.shape], constants, feeds={"x0": NUMBERS})
    assert result.whole
    np.testing.assert_allclose(result.outputs["y0"], result.expected["y0"], rtol=2e-6, atol=5e-7)


@pytest.mark.parametrize("swapped", [False, True])
def test_mish_by_hand(check_graph: Check, swapped: bool) -> None:
    operands = ["tanh", "x0"] if swapped else ["x0", "tanh"]
    nodes, constants = softplus(1.0, 20.0)
    nodes[-1].output[0] = "softplus"
    nodes += [node("Tanh", ["softplus"], ["tanh"]), node("Mul", operands, ["y0"])]
    result = check_graph(nodes, [NUMBERS.shape], constants, feeds={"x0": NUMBERS})
    assert result.whole
    assert not result.operators["LOG"] + result.operators["TANH"]
    np.testing.assert_allclose(result.outputs["y0"], result.expected["y0"], rtol=2e-6, atol=5e-7)


@pytest.mark.parametrize("change", ["a low threshold", "another value", "another beta"])
def test_a_case_that_matters_stays_a_choice(check_graph: Check, change: str) -> None:
    nodes, constants = softplus(2.0, 3.0 if change == "a low threshold" else 20.0)
    if change == "another value":
        nodes[-1].input[1] = "scaled"
    if change == "another beta":
        constants["other"] = np.float32(3.0)
        nodes[2].input[1] = "other"
    result = check_graph(nodes, [NUMBERS.shape], constants, feeds={"x0": NUMBERS})
    assert result.operators["GREATER"] == result.operators["SELECT"] == 1
    np.testing.assert_allclose(result.outputs["y0"], result.expected["y0"], rtol=2e-6, atol=5e-7)
