"""Einsum of two operands against ONNX Runtime."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest

from efficientmod_export.targets.tflite.writer import UnsupportedOperatorsError, to_tflite

from .....raising import refused

Check = Callable[..., Any]
EXTENTS = dict(zip("bhijdckqwo", (2, 3, 7, 5, 4, 6, 8, 9, 10, 11), strict=True))
PRODUCTS = [
    ("bhid,bhjd->bhij", "BATCH_MATMUL"),
    ("bhij, bhjd -> bhid", "BATCH_MATMUL"),
    ("bihd,bjhd->bjih", "BATCH_MATMUL"),
    ("bqc,bchw->bqhw", "BATCH_MATMUL"),
    ("bchw,bdhw->bcd", "BATCH_MATMUL"),
    ("bhwc,hkc->bhwk", "BATCH_MATMUL"),
    ("bchw,bc->bhw", "BATCH_MATMUL"),
    ("ij,jk", "BATCH_MATMUL"),
    ("bchw,bc->bchw", "MUL"),
    ("bi,bj->bji", "MUL"),
    ("bchw,bwch->bh", "SUM"),
    ("ij,ji->", "SUM"),
]


def shapes_of(equation: str) -> list[tuple[int, ...]]:
    letters = equation.replace(" ", "").split("->")[0].split(",")
    return [tuple(EXTENTS[letter] for letter in term) for term in letters]


@pytest.mark.parametrize(("equation", "written"), PRODUCTS)
def test_einsum(check_node: Check, equation: str, written: str) -> None:
    result = check_node("Einsum", shapes_of(equation), equation=equation)
    assert result.whole
    assert result.operators[written] == 1


@pytest.mark.parametrize("equation", ["bchw,oc->bohw", "oc,bchw->bohw"])
def test_einsum_with_a_constant_matrix(check_node: Check, equation: str) -> None:
    first, last = shapes_of(equation)
    constant, image = (last, first) if len(first) == 4 else (first, last)
    matrix = np.random.default_rng(4).standard_normal(constant).astype(np.float32)
    order = ["x0", "w"] if image is first else ["w", "x0"]
    result = check_node("Einsum", [image], {"w": matrix}, order, equation=equation)
    assert result.whole
    assert result.operators["FULLY_CONNECTED"] == 1
    assert "TRANSPOSE" not in result.operators


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("...ij,...jk->...ik", [(2, 4, 5), (2, 5, 6)]),
        ("bij,jk->ik", [(2, 4, 5), (5, 6)]),
        ("ii,ij->ij", [(4, 4), (4, 5)]),
        ("ij->ji", [(4, 5)]),
        ("ij,jk,kl->il", [(4, 5), (5, 6), (6, 2)]),
    ],
)
def test_an_einsum_of_another_kind(build_node: Callable[..., onnx.ModelProto], equation: str, shapes: Any) -> None:
    with refused(UnsupportedOperatorsError, "unsupported_operators", "Einsum"):
        to_tflite(build_node("Einsum", shapes, equation=equation))
