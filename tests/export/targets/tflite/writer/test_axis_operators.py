"""Operators that move, join and multiply along axes, against ONNX Runtime."""

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


@pytest.mark.parametrize("perm", [[0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3]])
def test_transpose(check_node: Check, perm: list[int]) -> None:
    assert check_node("Transpose", [(2, 3, 4, 5)], perm=perm).whole or perm == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("shape", "target"),
    [
        ((2, 6, 4, 5), (2, 6, 20)),
        ((2, 6, 4, 5), (2, 120)),
        ((2, 6, 4, 5), (2, 2, 3, 20)),
        ((2, 6, 20), (2, 6, 4, 5)),
        ((2, 6, 4, 5), (12, 1, 20)),
        ((2, 6, 4, 5), (3, 4, 20)),
        ((1, 6, 1, 1), (1, 6)),
    ],
)
def test_reshape(check_node: Check, shape: Any, target: Any) -> None:
    check_node("Reshape", [shape], {"shape": ints(*target)})


@pytest.mark.parametrize(("operator", "axes"), [("Squeeze", [0]), ("Unsqueeze", [0]), ("Unsqueeze", [1, 4])])
def test_renaming_axes(check_node: Check, operator: str, axes: list[int]) -> None:
    check_node(operator, [(1, 3, 5)], {"axes": ints(*axes)})


def test_flatten(check_node: Check) -> None:
    check_node("Flatten", [(2, 3, 4, 5)], axis=2)


@pytest.mark.parametrize("axis", [0, 1, 3])
@pytest.mark.parametrize("parts", [2, 3, 7])
def test_concat(check_node: Check, axis: int, parts: int) -> None:
    shapes = [tuple(2 + i if a == axis else 3 for a in range(4)) for i in range(parts)]
    assert check_node("Concat", shapes, axis=axis).whole


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("lengths", [[2, 2, 2], [1, 5]])
def test_split(check_node: Check, axis: int, lengths: list[int]) -> None:
    result = check_node("Split", [(2, 6, 6, 5)], {"split": ints(*lengths)}, outputs=len(lengths), axis=axis)
    assert result.whole


@pytest.mark.parametrize("constant", ["x", "y", None])
def test_where(check_graph: Check, constant: str | None) -> None:
    """Of values that lie in two layouts, or of one and a number."""
    operands = {"x": "image", "y": "x1", **({constant: "number"} if constant else {})}
    nodes = [
        helper.make_node("Conv", ["x0", "w"], ["image"]),
        helper.make_node("Where", ["mask", operands["x"], operands["y"]], ["y0"]),
    ]
    constants = {"w": normal(4, 3, 1, 1), "mask": normal(4, 1, 7) > 0, "number": np.float32(-3.5)}
    shapes = [(2, 3, 5, 7), (2, 4, 5, 7)][: 1 + ("x1" in operands.values())]
    if constant is None:
        del constants["number"]
    assert check_graph(nodes, shapes, constants).operators["SELECT"] == 1


@pytest.mark.parametrize("mask", [True, False, [[True], [True]]])
def test_where_all_or_nothing_is_chosen(check_graph: Check, mask: Any) -> None:
    """PyTorch's lerp."""
    nodes = [
        helper.make_node("Exp", ["x0"], ["a"]),
        helper.make_node("Sin", ["x0"], ["b"]),
        helper.make_node("Where", ["mask", "a", "b"], ["y0"]),
    ]
    result = check_graph(nodes, [(2, 3)], {"mask": np.asarray(mask)})
    assert result.operators == {"SIN" if mask is False else "EXP": 1}


@pytest.mark.parametrize(("operator", "counts"), [("Tile", (1, 2, 1, 3)), ("Expand", (2, 3, 4, 5))])
def test_repetition(check_node: Check, operator: str, counts: Any) -> None:
    shape = (2, 3, 4, 5) if operator == "Tile" else (2, 1, 4, 1)
    assert check_node(operator, [shape], {"n": ints(*counts)}).whole


@pytest.mark.parametrize(
    ("left", "right"),
    [((7, 5), (5, 6)), ((2, 7, 5), (2, 5, 6)), ((2, 3, 7, 5), (2, 3, 5, 6)), ((2, 3, 7, 5), (5, 6)),
     ((2, 3, 7, 5), (3, 5, 6)), ((1, 2, 3, 7, 5), (1, 2, 3, 5, 6))],
)  # fmt: skip
@pytest.mark.parametrize("constant", [False, True])
def test_matmul(check_node: Check, left: Any, right: Any, constant: bool) -> None:
    operands = [[left], {"w": normal(*right)}] if constant else [[left, right]]
    assert check_node("MatMul", *operands).whole


def test_a_pointwise_convolution_with_the_channels_outermost(check_graph: Check) -> None:
    nodes = [
        helper.make_node("Reshape", ["x0", "shape"], ["r"]),
        helper.make_node("Conv", ["r", "w", "b"], ["y0"]),
    ]
    constants = {"shape": ints(1, 5, 3, 4), "w": normal(6, 5, 1, 1), "b": normal(6)}
    operators = check_graph(nodes, [(5, 12)], constants).operators
    assert operators["BATCH_MATMUL"] == operators["ADD"] == 1


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3, 7, 5), (5,)), ((7,), (2, 3, 7, 5)), ((4, 5), (5,)), ((5,), (5, 4)), ((5,), (5,))]
)
@pytest.mark.parametrize("constant", [None, 0, 1])
def test_matmul_with_a_vector(check_node: Check, left: Any, right: Any, constant: int | None) -> None:
    shapes = [left, right]
    if constant is None:
        assert check_node("MatMul", shapes).whole
    else:
        order = ["w", "x0"] if constant == 0 else ["x0", "w"]
        assert check_node("MatMul", [shapes[1 - constant]], {"w": normal(*shapes[constant])}, order).whole


@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("bias", [(), (6,), (1, 6), (1,)])
def test_gemm(check_node: Check, transposed: int, bias: Any) -> None:
    constants = {"w": normal(6, 5) if transposed else normal(5, 6), "b": normal(*bias)}
    result = check_node("Gemm", [(4, 5)], constants, transB=transposed, alpha=0.7, beta=1.3)
    assert result.operators == {"FULLY_CONNECTED": 1}


@pytest.mark.parametrize("coordinates", ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"])
@pytest.mark.parametrize("target", [(9, 20), (3, 4), (4, 11)])
@pytest.mark.parametrize("coefficient", [-0.75, -0.5])
def test_cubic_resize(check_node: Check, coordinates: str, target: Any, coefficient: float) -> None:
    attributes = {"mode": "cubic", "coordinate_transformation_mode": coordinates, "cubic_coeff_a": coefficient}
    constants = {"sizes": ints(2, 3, *target)}
    assert check_node("Resize", [(2, 3, 4, 7)], constants, ["x0", "", "", "sizes"], **attributes).whole


def test_cubic_resize_by_scales(check_node: Check) -> None:
    constants = {"scales": np.asarray([1.3, 2.6], np.float32)}
    arguments = ([(2, 3, 4, 7)], constants, ["x0", "", "scales"])
    assert check_node("Resize", *arguments, mode="cubic", axes=[2, 3]).whole


@pytest.mark.parametrize("mode", ["linear", "nearest"])
@pytest.mark.parametrize("target", [(8, 14), (12, 21), (4, 7)])
@pytest.mark.parametrize("coordinates", ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
def test_resize(check_node: Check, mode: str, target: Any, coordinates: str) -> None:
    if mode == "nearest" and coordinates == "align_corners":
        pytest.skip("TFLite rounds those places otherwise; the writer refuses it")
    nearest = {"nearest_mode": "floor" if coordinates == "asymmetric" else "round_prefer_floor"}
    constants = {"sizes": ints(2, 3, *target)}
    result = check_node(
        "Resize", [(2, 3, 4, 7)], constants, ["x0", "", "", "sizes"],
        mode=mode, coordinate_transformation_mode=coordinates, **(nearest if mode == "nearest" else {}),
    )  # fmt: skip
    assert result.whole or target == (4, 7)


@pytest.mark.parametrize("operator", ["DepthToSpace", "SpaceToDepth"])
def test_blocks(check_node: Check, operator: str) -> None:
    assert check_node(operator, [(2, 8, 4, 6)], blocksize=2).whole


def test_a_pixel_shuffle_without_a_convolution_before_it(check_node: Check) -> None:
    result = check_node("DepthToSpace", [(2, 27, 4, 6)], blocksize=3, mode="CRD")
    assert result.whole
    assert result.rank == 4


def test_attention_transposes_only_for_its_products(check_graph: Check) -> None:
    """Four of them: query, key and value to heads, and back. The joint product is three, with nothing cut."""
    tokens, heads, width = 20, 3, 8
    wide = heads * width
    nodes = [
        helper.make_node("Reshape", ["x0", "flat"], ["tokens"]),
        helper.make_node("Transpose", ["tokens"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["rows", "w"], ["joint"]),
        helper.make_node("Add", ["joint", "b"], ["biased"]),
        helper.make_node("Reshape", ["biased", "heads"], ["split"]),
        helper.make_node("Transpose", ["split"], ["apart"], perm=[2, 0, 3, 1, 4]),
        helper.make_node("Split", ["apart"], ["q5", "k5", "v5"], axis=0, num_outputs=3),
        *[helper.make_node("Squeeze", [f"{n}5", "first"], [n]) for n in "qkv"],
        helper.make_node("Mul", ["q", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["scaled", "kt"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["weights"], axis=-1),
        helper.make_node("MatMul", ["weights", "v"], ["mixed"]),
        helper.make_node("Transpose", ["mixed"], ["joined"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["joined", "image"], ["back"]),
        helper.make_node("Transpose", ["back"], ["y0"], perm=[0, 3, 1, 2]),
    ]
    constants = {
        "flat": ints(1, 6, tokens), "w": normal(6, 3 * wide), "b": normal(3 * wide),
        "heads": ints(1, tokens, 3, heads, width), "first": ints(0), "scale": np.float32(0.3),
        "image": ints(1, 4, 5, wide),
    }  # fmt: skip
    result = check_graph(nodes, [(1, 6, 4, 5)], constants)
    assert result.whole
    assert result.rank == 4
    assert result.operators["TRANSPOSE"] == 4
    assert result.operators["FULLY_CONNECTED"] == 3
    assert not result.operators["SLICE"] + result.operators["SPLIT"] + result.operators["MUL"]
