"""Kernels against coremltools' own constant folding, for the operators that it can fold.

Each family is one program: every case twice, on placeholders (saved, loaded, run here) and on constants (the oracle).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from efficientmod_export.mil import MILProgram

RANDOM = np.random.default_rng(5)
X = RANDOM.standard_normal((2, 3, 4, 5)).astype(np.float32)
Y = RANDOM.standard_normal((3, 1, 5)).astype(np.float32)
POSITIVE = np.abs(X) + np.float32(0.5)
UNIT = np.tanh(X).astype(np.float32)
INTS = RANDOM.integers(-7, 8, (2, 3, 4, 5)).astype(np.int32)
DIVISORS = RANDOM.integers(1, 5, (4, 5)).astype(np.int32)
BOOLS = INTS > 0
MATRIX = RANDOM.standard_normal((5, 6)).astype(np.float32)
BIAS = RANDOM.standard_normal(6).astype(np.float32)
CHANNELS = np.array([0.3, 0.7, 1.1], np.float32)


@dataclass(frozen=True)
class Case:
    """One operator on `inputs` (values at run time) with `constants`."""

    kind: str
    inputs: dict[str, Any]
    constants: dict[str, Any] = field(default_factory=dict)
    ios: int = 15


def on(kind: str, x: Any = X, ios: int = 15, **constants: Any) -> Case:
    return Case(kind, {"x": x}, constants, ios)


def both(kind: str, x: Any, y: Any) -> Case:
    return Case(kind, {"x": x, "y": y})


REDUCTIONS = ("l1_norm", "l2_norm", "log_sum_exp", "max", "mean", "min", "prod", "sum", "sum_square")
FAMILIES: dict[str, list[Case]] = {
    "activation": [
        on("clamped_relu", alpha=0.3, beta=1.2),
        on("elu", alpha=0.7),
        on("erf"),
        on("gelu", mode="EXACT"),
        on("gelu", mode="TANH_APPROXIMATION"),
        on("gelu", mode="SIGMOID_APPROXIMATION"),
        on("leaky_relu", alpha=0.2),
        on("linear_activation", alpha=1.7, beta=-0.4),
        on("prelu", alpha=CHANNELS),
        on("relu"),
        on("relu6", X * 5),
        on("scaled_tanh", alpha=1.3, beta=0.6),
        on("sigmoid"),
        on("sigmoid_hard", alpha=0.4, beta=0.3),
        on("softmax"),
        on("softmax", axis=1),
        on("softmax", axis=-2),
        on("softplus"),
        on("softplus_parametric", alpha=CHANNELS, beta=CHANNELS[::-1].copy()),
        on("softsign"),
        on("thresholded_relu", alpha=0.4),
    ],
    "unary": [
        *(on(kind) for kind in ("abs", "atan", "ceil", "cos", "exp", "exp2", "floor", "round", "sign", "sin")),
        *(on(kind) for kind in ("cosh", "sinh", "square", "tan", "tanh")),
        *(on(kind, UNIT) for kind in ("acos", "asin", "atanh")),
        on("round", np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32)),
        on("sqrt", POSITIVE),
        on("inverse", POSITIVE, epsilon=0.2),
        on("log", POSITIVE, epsilon=0.3),
        on("rsqrt", POSITIVE, epsilon=0.1),
        on("clip", alpha=-0.5, beta=0.8),
        on("threshold", alpha=0.1),
        on("logical_not", BOOLS),
        on("cast", X * 4, dtype="int32"),
        on("cast", INTS, dtype="fp32"),
        on("cast", INTS, dtype="bool"),
        on("abs", INTS),
        on("square", INTS),
    ],
    "binary": [
        *(both(kind, X, Y) for kind in ("add", "floor_div", "maximum", "minimum", "mod", "mul", "real_div", "sub")),
        *(both(kind, INTS, DIVISORS) for kind in ("add", "floor_div", "maximum", "mod", "mul", "sub")),
        *(both(kind, INTS, DIVISORS) for kind in ("equal", "greater", "greater_equal", "less", "less_equal")),
        both("not_equal", INTS, DIVISORS),
        *(both(kind, BOOLS, DIVISORS > 2) for kind in ("logical_and", "logical_or", "logical_xor")),
        both("pow", POSITIVE, Y),
        Case("select", {"cond": BOOLS, "a": X, "b": -2 * X}),
    ],
    "linear": [
        Case("linear", {"x": X}, {"weight": MATRIX.T.copy(), "bias": BIAS}),
        both("matmul", X, MATRIX),
        Case("matmul", {"x": X, "y": RANDOM.standard_normal((3, 4, 6)).astype(np.float32)}, {"transpose_x": True}),
        Case("matmul", {"x": X, "y": MATRIX.T.copy()}, {"transpose_y": True}),
    ],
    "normalization": [
        on("l2_norm", epsilon=1e-2),
        on("layer_norm", axes=[-1], gamma=BIAS[:5], beta=BIAS[1:], epsilon=1e-3),
        on("layer_norm", axes=[2, 3], epsilon=1e-2),
        on("layer_norm", axes=[1], gamma=CHANNELS, beta=CHANNELS + 1, epsilon=1e-2),
        on("layer_norm", axes=[1, -1], epsilon=1e-2),
    ],
    "reduction": [
        *(on(f"reduce_{kind}", axes=[1, -1]) for kind in REDUCTIONS),
        *(on(f"reduce_{kind}", axes=[2], keep_dims=True) for kind in REDUCTIONS),
        *(on(f"reduce_{kind}", axes=[0, 1, 2, 3], keep_dims=True) for kind in REDUCTIONS),
        on("reduce_log_sum", POSITIVE, axes=[1]),
        *(on(f"reduce_{kind}", INTS, axes=[1]) for kind in ("max", "mean", "min", "prod", "sum")),
        on("reduce_argmax", axis=1),
        on("reduce_argmin", axis=-2, keep_dims=True),
    ],
    "shape": [
        on("reshape", shape=[2, -1, 5]),
        on("transpose", perm=[3, 1, 0, 2]),
        on("expand_dims", X[0], axes=[1, -1]),
        on("squeeze", X[:1], axes=[0]),
        on("squeeze", X[:1, :, :1]),
        on("flatten2d", axis=2),
        on("shape"),
        on("identity"),
        on("tile", reps=[1, 2, 1, 3]),
        on("reverse", axes=[1, 3]),
        on("reverse"),
        on("band_part", lower=1, upper=2),
        on("band_part", lower=-1, upper=0),
        on("pad", pad=[1, 2, 3, 0], mode="constant", constant_val=0.7),
        on("pad", pad=[2, 1, 3, 4], mode="reflect"),
        on("pad", pad=[2, 3, 4, 1], mode="replicate"),
        on("split", num_splits=2, axis=2),
        on("split", split_sizes=[1, 3, 1], axis=-1),
        on("cumsum", axis=2),
        on("cumsum", axis=1, reverse=True),
        on("argsort", axis=2),
        on("argsort", axis=-1, ascending=True),
        on("topk", k=2, axis=1),
        on("topk", k=3, axis=-1, ascending=True),
        on("non_zero", X > 0.5),
    ],
    "slice": [
        on("slice_by_index", begin=[0, 1, 0, 1], end=[2, 3, 4, -1], stride=[1, 1, 2, 2]),
        on("slice_by_index", begin=[0, 2, 3, 0], end=[0, 0, 0, 0], stride=[1, -1, -2, 1],
           begin_mask=[True, False, False, True], end_mask=[True, False, True, True]),
        on("slice_by_index", begin=[1, 0, -1, 0], end=[0, 3, 0, 5], squeeze_mask=[True, False, True, False]),
        on("slice_by_size", begin=[0, 1, 0, 2], size=[2, 2, -1, 3]),
        Case("gather", {"x": X}, {"indices": np.array([[2, 0], [1, 1]], np.int32), "axis": 1}),
        Case("gather", {"x": X}, {"indices": np.int32(2), "axis": 2}),
        Case("gather_along_axis", {"x": X}, {"indices": np.abs(INTS) % 4, "axis": 2}),
        Case("scatter_along_axis", {"data": X, "updates": X[:, :2] + 1},
             {"indices": np.argsort(X, axis=1)[:, :2].astype(np.int32), "axis": 1, "mode": "update"}),
    ],
    "ios16": [
        Case("gather", {"x": X}, {"indices": np.array([[1, 0], [2, 2]], np.int32), "axis": 1, "batch_dims": 1}, 16),
        on("topk", k=2, axis=1, return_indices=False, ios=16),
        Case("fill_like", {}, {"ref_tensor": X, "value": 2.5}, 16),
    ],
    "ios17": [
        Case("gather", {"x": X}, {"indices": np.array([-1, 0, -3], np.int32), "axis": 1}, 17),
        on("reshape", shape=[3, 2, 0, 5], ios=17),
        on("reduce_argmax", axis=1, output_dtype="int32", ios=17),
        Case("quantize", {"input": X}, {"scale": np.float32(0.02), "output_dtype": "int8"}, 17),
        Case("quantize", {"input": X}, {"scale": CHANNELS / 50, "zero_point": np.array([3, 120, 7], np.uint8),
                                        "axis": 1, "output_dtype": "uint8"}, 17),
    ],
    "ios18": [
        Case("slice_update", {"x": X, "update": RANDOM.standard_normal((2, 2, 2, 5)).astype(np.float32)},
             {"begin": [0, 1, 0, 0], "end": [2, 3, 4, 5], "stride": [1, 1, 2, 1]}, 18),
        Case("scaled_dot_product_attention", {"query": X, "key": X[:, :, :3] * 2, "value": X[:, :, 1:]}, {}, 18),
        Case("scaled_dot_product_attention", {"query": X, "key": X[:, :, :3] * 2, "value": X[:, :, 1:]},
             {"attn_mask": BOOLS[0, 0, :, :3] | np.eye(4, 3, dtype=bool)}, 18),
    ],
}  # fmt: skip


def oracle(mb: Any, case: Case) -> list[Any]:
    """What coremltools folds the case to; on copies, since it folds thresholded_relu in place."""
    result = getattr(mb, case.kind)(**copy.deepcopy(case.inputs), **case.constants)
    return [np.asarray(one.val) for one in (result if isinstance(result, (list, tuple)) else [result])]


@pytest.mark.parametrize("family", FAMILIES)
def test_kernels_agree_with_coremltools(family: str, from_mil: Callable[..., Path]) -> None:
    cases = FAMILIES[family]
    arrays = {f"c{i}_{name}": np.asarray(value) for i, case in enumerate(cases) for name, value in case.inputs.items()}
    expected: list[tuple[str, Any]] = []

    def build(mb: Any, variables: dict[str, Any]) -> list[Any]:
        outputs = []
        for i, case in enumerate(cases):
            inputs = {name: variables[f"c{i}_{name}"] for name in case.inputs}
            result = getattr(mb, case.kind)(**inputs, **case.constants)
            several = list(result) if isinstance(result, (list, tuple)) else [result]
            for variable, value in zip(several, oracle(mb, case), strict=True):
                kind = variable.dtype.__name__ if hasattr(variable.dtype, "__name__") else ""
                if kind not in {"fp32", "int32"}:
                    variable = mb.cast(x=variable, dtype="int32")
                outputs.append(mb.identity(x=variable, name=f"out{len(expected)}"))
                expected.append((f"{case.kind}{case.constants}", value))
        return outputs

    program = MILProgram.load(from_mil(build, arrays, ios=max(case.ios for case in cases)))
    assert {case.kind for case in cases} <= {operation.kind for operation in program.function.operations}
    results = program.predict(arrays)
    for i, (label, value) in enumerate(expected):
        result = results[f"out{i}"]
        assert result.shape == value.shape, label
        np.testing.assert_allclose(result, value, rtol=2e-5, atol=2e-5, err_msg=label)
