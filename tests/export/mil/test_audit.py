"""The float16 audit: values and partial sums against sums added one by one, and programs that overflow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export.mil import FLOAT16_LARGEST, SATURATION, MILProgram, audit_float16
from efficientmod_export.mil._partial_sums import largest_sum

GENERATOR = torch.Generator().manual_seed(8)


def values(*shape: int) -> Tensor:
    return torch.randn(shape, generator=GENERATOR)


def worst(terms: np.ndarray[Any, Any]) -> float:
    """Largest partial sum along the last axis when all terms of one sign come first."""
    positive = np.where(terms > 0, terms, 0).sum(-1)
    negative = np.where(terms < 0, terms, 0).sum(-1)
    return float(max(positive.max(), -negative.min()))


X, W, B, M = values(2, 3, 6, 7), values(4, 3, 3, 2), values(4), values(5, 7)
WINDOWS = F.unfold(X, (3, 2), padding=(1, 0)).reshape(2, 18, -1).numpy()
CONV_TERMS = np.concatenate(
    [
        np.einsum("oi,nip->nopi", W.reshape(4, 18).numpy(), WINDOWS),
        np.broadcast_to(B.numpy()[None, :, None, None], (2, 4, WINDOWS.shape[2], 1)),
    ],
    -1,
)
CENTRED = (X - X.mean((2, 3), keepdim=True)).flatten(2).square().numpy()
SUMS: dict[str, tuple[str, dict[str, Any], float]] = {
    "conv": ("conv", {"x": X, "weight": W, "bias": B, "pad_type": "custom", "pad": (1, 1, 0, 0)}, worst(CONV_TERMS)),
    "linear": (
        "linear",
        {"x": X, "weight": M},
        worst(X.numpy()[..., None, :] * M.numpy()),
    ),
    "matmul": (
        "matmul",
        {"x": X, "y": X, "transpose_y": True},
        worst(X.numpy()[..., :, None, :] * X.numpy()[..., None, :, :]),
    ),
    "reduce_mean": ("reduce_mean", {"x": X, "axes": (1, 2)}, worst(X.movedim(3, 1).flatten(2).numpy())),
    "reduce_l2_norm": ("reduce_l2_norm", {"x": X, "axes": (-1,)}, worst(X.square().numpy())),
    "layer_norm": ("layer_norm", {"x": X, "axes": (2, 3)}, max(worst(X.flatten(2).numpy()), worst(CENTRED))),
    "avg_pool": (
        "avg_pool",
        {"x": X, "kernel_sizes": (2, 2), "pad_type": "valid"},
        worst(F.unfold(X.reshape(6, 1, 6, 7), 2).movedim(1, 2).numpy()),
    ),
    "softmax": ("softmax", {"x": X, "axis": 1}, float((X - X.amax(1, keepdim=True)).exp().sum(1).max())),
}


@pytest.mark.parametrize("case", SUMS)
def test_the_largest_partial_sum_is_the_worst_order_of_the_terms(case: str) -> None:
    kind, inputs, expected = SUMS[case]
    assert largest_sum(kind, inputs) == pytest.approx(expected, rel=1e-5)


def test_an_operator_without_sums_has_none() -> None:
    assert largest_sum("gelu", {"x": X}) is None


class Overflowing(nn.Module):
    """A product that leaves float16, and a sum that leaves it and comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.Linear(40, 3)
        with torch.no_grad():
            self.back.weight.copy_(torch.tensor([1.0, -1.0]).repeat(20).expand(3, 40) * 300)

    def forward(self, x: Tensor) -> Tensor:
        large = torch.sigmoid((x * 500) * 500)
        return self.back(torch.relu(x)) + large.sum()


@pytest.fixture(scope="module")
def program(from_torch: Callable[..., Path]) -> MILProgram:
    return MILProgram.load(from_torch(Overflowing(), torch.zeros(2, 40), precision="FLOAT16"))


def test_values_and_sums_that_do_not_fit_are_named_worst_first(program: MILProgram) -> None:
    small, large = np.full((2, 40), 0.01, np.float32), np.full((2, 40), 8.0, np.float32)
    ranges = audit_float16(program, [{"x0": small}, {"x0": large}, {"x0": small}])
    assert [held.load for held in ranges] == sorted((held.load for held in ranges), reverse=True)
    overflowing = [held for held in ranges if held.overflows]
    assert [held.operation.kind for held in overflowing] == ["mul"]
    assert overflowing[0].largest == pytest.approx(8 * 500 * 500, rel=1e-3)
    (product,) = [held for held in ranges if held.operation.kind == "linear"]
    assert product.largest < 100
    assert product.partial_sum == pytest.approx(20 * 8 * 300, rel=1e-3)
    assert product.saturates_at == SATURATION < product.partial_sum < FLOAT16_LARGEST
    assert product.saturates
    assert not product.overflows
    assert product.operation.module == "back"


def test_small_values_fit(program: MILProgram) -> None:
    ranges = audit_float16(program, [{"x0": np.full((2, 40), 0.01, np.float32)}])
    assert not [held for held in ranges if held.overflows or held.saturates]


@pytest.mark.parametrize(("size", "limit"), [(1, FLOAT16_LARGEST), (3, SATURATION)])
def test_a_convolution_saturates_earlier_with_more_than_one_tap(
    size: int, limit: float, from_torch: Callable[..., Path]
) -> None:
    path = from_torch(nn.Conv2d(3, 4, size), torch.zeros(1, 3, 5, 6))
    (held,) = audit_float16(MILProgram.load(path), [{"x0": np.zeros((1, 3, 5, 6), np.float32)}])
    assert held.saturates_at == limit


def test_a_value_that_is_not_a_number_overflows(program: MILProgram) -> None:
    ranges = audit_float16(program, [{"x0": np.full((2, 40), np.nan, np.float32)}])
    assert all(held.overflows for held in ranges)
