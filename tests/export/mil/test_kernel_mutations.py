"""The float32 gate must fail for a fault of the kind that float16's noise hides."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil import MILProgram
from efficientmod_export.mil._registry import REGISTRY

TOLERANCE = 1e-5


@pytest.fixture
def gate(small: tuple[Path, Tensor, Tensor]) -> Callable[[], float]:
    """Error of the smallest network's program, in the reference's range, with the kernels as they are now."""
    path, x, expected = small
    program = MILProgram.load(path)

    def error() -> float:
        result = program.with_arithmetic("float32").predict({"image": x.numpy()})["logits"]
        return float(np.abs(result - expected.numpy()).max() / (expected.max() - expected.min()))

    return error


def tanh_gelu(x: Tensor, mode: str) -> Tensor:
    assert mode == "EXACT"
    return F.gelu(x, approximate="tanh")


def wide_epsilon(x: Tensor, axes: tuple[int, ...], epsilon: float, gamma: Tensor, beta: Tensor) -> Tensor:
    assert epsilon < 1e-4
    return F.layer_norm(x, [x.shape[axis] for axis in axes], gamma, beta, 1e-3)


def wrong_axis(x: Tensor, axis: int) -> Tensor:
    return torch.softmax(x, axis - 1)


class ScaledLinear:
    """The linear layer with index `turn` returns 1.01 times its result."""

    def __init__(self, turn: int) -> None:
        self.turn = turn

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        self.turn -= 1
        return F.linear(x, weight, bias) * (1.01 if self.turn == -1 else 1.0)


MUTATIONS: dict[str, tuple[str, Any]] = {
    "tanh for the exact GELU": ("gelu", tanh_gelu),
    "epsilon 1e-3": ("layer_norm", wide_epsilon),
    "the wrong softmax axis": ("softmax", wrong_axis),
    "the first linear layer scaled by 1.01": ("linear", ScaledLinear(0)),
    "the tenth linear layer scaled by 1.01": ("linear", ScaledLinear(9)),
}


def test_the_gate_passes_without_a_mutation(gate: Callable[[], float]) -> None:
    assert gate() < TOLERANCE


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_gate_fails_with(mutation: str, gate: Callable[[], float], monkeypatch: pytest.MonkeyPatch) -> None:
    name, kernel = MUTATIONS[mutation]
    monkeypatch.setitem(REGISTRY[name], 15, dataclasses.replace(REGISTRY[name][15], kernel=kernel))
    assert gate() > 3 * TOLERANCE
