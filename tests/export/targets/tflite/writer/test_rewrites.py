"""Each rewrite by itself: how often it applies, the resulting graph and values; and the cases where it must not."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from efficientmod_export.targets.tflite.writer._graph import Graph
from efficientmod_export.targets.tflite.writer._reader import read
from efficientmod_export.targets.tflite.writer.rewrites import REWRITES
from efficientmod_export.targets.tflite.writer.rewrites._activations import form_activations
from efficientmod_export.targets.tflite.writer.rewrites._identities import drop_identities
from efficientmod_export.targets.tflite.writer.rewrites._linear import form_linear
from efficientmod_export.targets.tflite.writer.rewrites._norms import form_norms
from efficientmod_export.targets.tflite.writer.rewrites._pixel_shuffle import form_space_to_depth, sort_shuffled
from efficientmod_export.targets.tflite.writer.rewrites._repeated_operands import broadcast_tiles
from efficientmod_export.targets.tflite.writer.rewrites._reshapes import reshapes_only
from efficientmod_export.targets.tflite.writer.rewrites._rotary_pairs import turn_pairs
from efficientmod_export.targets.tflite.writer.rewrites._scales import fold_scales
from efficientmod_export.targets.tflite.writer.rewrites._slices import form_cuts, raise_cuts
from efficientmod_export.targets.tflite.writer.rewrites._split_reshapes import refine_reshapes

Build = Callable[..., onnx.ModelProto]
Check = Callable[..., Any]
RANDOM = np.random.default_rng(11)
node = helper.make_node


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.asarray(values, np.int64)


def number(value: float) -> np.ndarray:
    return np.asarray(value, np.float32)


def operators(graph: Graph) -> list[str]:
    graph.sweep()
    return [item.operator for item in graph.nodes]


def conv(source: str = "x0", result: str = "c", **attributes: Any) -> onnx.NodeProto:
    return node("Conv", [source, "w"], [result], pads=[1, 1, 1, 1], **attributes)


WEIGHT = {"w": normal(4, 3, 3, 3)}
IMAGE = [(1, 3, 5, 6)]

CASES: dict[str, tuple[Sequence[Callable[[Graph], int]], list[onnx.NodeProto], Any, Any, list[str]]] = {
    "constants, which the reader folds": (
        [],
        [node("Shape", ["x0"], ["s"]), node("Concat", ["s", "one"], ["t"], axis=0),
         node("Reshape", ["x0", "t"], ["y0"])],
        [(2, 3)], {"one": ints(1)}, ["Reshape"],
    ),
    "renaming": (
        [reshapes_only, reshapes_only],
        [node("Unsqueeze", ["x0", "a"], ["u"]), node("Flatten", ["u"], ["f"]), node("Squeeze", ["f", "a"], ["y0"])],
        [(2, 3)], {"a": ints(0)}, ["Reshape"],
    ),
    "identities": (
        [drop_identities, drop_identities],
        [node("Identity", ["x0"], ["i"]), node("Transpose", ["i"], ["t"], perm=[1, 2, 0]),
         node("Transpose", ["t"], ["u"], perm=[2, 0, 1]), node("Relu", ["u"], ["y0"])],
        [(2, 3, 4)], {}, ["Relu"],
    ),
    "expand": (
        [drop_identities],
        [node("Expand", ["x1", "s"], ["e"]), node("Div", ["x0", "e"], ["y0"])],
        [(2, 3), (2, 1)], {"s": ints(2, 3)}, ["Div"],
    ),
    "linear": (
        [form_linear],
        [node("MatMul", ["x0", "w"], ["m"]), node("Add", ["b", "m"], ["y0"])],
        [(2, 5, 3)], {"w": normal(3, 4), "b": normal(4)}, ["Linear"],
    ),
    "scale and shift": (
        [fold_scales],
        [conv(), node("Mul", ["c", "s"], ["m"]), node("Add", ["m", "t"], ["a"]), node("Div", ["a", "d"], ["v"]),
         node("Sub", ["v", "e"], ["y0"])],
        IMAGE, {**WEIGHT, "s": normal(4, 1, 1), "t": normal(1, 4, 1, 1), "d": number(1.7), "e": number(0.3)}, ["Conv"],
    ),
    "scale through views": (
        [form_linear, fold_scales],
        [node("MatMul", ["x0", "w"], ["m"]), node("Reshape", ["m", "s"], ["r"]),
         node("Transpose", ["r"], ["t"], perm=[1, 0, 2]), node("Mul", ["t", "f"], ["y0"])],
        [(5, 3)], {"w": normal(3, 4), "s": ints(5, 2, 2), "f": number(0.25)}, ["Linear", "Reshape", "Transpose"],
    ),
    "batch norm": (
        [fold_scales],
        [conv(), node("BatchNormalization", ["c", "g", "b", "m", "v"], ["y0"])],
        IMAGE, {**WEIGHT, "g": normal(4), "b": normal(4), "m": normal(4), "v": np.abs(normal(4)) + 0.5}, ["Conv"],
    ),
    "cut of a product": (
        [form_linear, form_cuts, raise_cuts, raise_cuts, raise_cuts],
        [node("MatMul", ["x0", "w"], ["m"]), node("Reshape", ["m", "s"], ["r"]),
         node("Transpose", ["r"], ["t"], perm=[1, 0, 2]), node("Split", ["t"], ["a", "b"], axis=0, num_outputs=2),
         node("Sub", ["a", "b"], ["y0"])],
        [(5, 3)], {"w": normal(3, 8), "s": ints(5, 2, 4)},
        ["Linear", "Reshape", "Transpose", "Linear", "Reshape", "Transpose", "Sub"],
    ),
    "cut of a convolution": (
        [form_cuts, raise_cuts],
        [conv(), node("Split", ["c", "n"], ["a", "b"], axis=1), node("Concat", ["b", "a"], ["y0"], axis=1)],
        IMAGE, {**WEIGHT, "n": ints(1, 3)}, ["Conv", "Conv", "Concat"],
    ),
    "tile": (
        [broadcast_tiles],
        [node("Tile", ["x1", "n"], ["t"]), node("Mul", ["x0", "t"], ["y0"])],
        [(2, 5, 12), (2, 5, 4)], {"n": ints(1, 1, 3)}, ["Reshape", "Reshape", "Mul", "Reshape"],
    ),
    "hard swish": (
        [form_activations],
        [node("Add", ["x0", "three"], ["a"]), node("Clip", ["a", "zero", "six"], ["c"]),
         node("Mul", ["x0", "c"], ["m"]), node("Div", ["m", "six"], ["y0"])],
        [(2, 3)], {"three": number(3), "zero": number(0), "six": number(6)}, ["HardSwish"],
    ),
    "hard swish of a gate": (
        [form_activations],
        [node("HardSigmoid", ["x0"], ["h"], alpha=1 / 6, beta=0.5), node("Mul", ["h", "x0"], ["y0"])],
        [(2, 3)], {}, ["HardSwish"],
    ),
    "hard swish scaled by a product": (
        [form_activations],
        [node("Add", ["x0", "three"], ["a"]), node("Clip", ["a", "zero", "six"], ["c"]),
         node("Mul", ["c", "x0"], ["m"]), node("Mul", ["sixth", "m"], ["y0"])],
        [(2, 3)], {"three": number(3), "zero": number(0), "six": number(6), "sixth": number(1 / 6)}, ["HardSwish"],
    ),
    "hard sigmoid": (
        [form_activations],
        [node("Add", ["x0", "three"], ["a"]), node("Clip", ["a", "zero", "six"], ["c"]),
         node("Mul", ["c", "sixth"], ["m"]), node("Div", ["c", "six"], ["d"]), node("Add", ["m", "d"], ["y0"])],
        [(2, 3)], {"three": number(3), "zero": number(0), "six": number(6), "sixth": number(1 / 6)},
        ["HardSigmoid", "HardSigmoid", "Add"],
    ),
    "gelu": (
        [form_activations],
        [node("Div", ["x0", "root"], ["d"]), node("Erf", ["d"], ["e"]), node("Add", ["e", "one"], ["a"]),
         node("Mul", ["x0", "a"], ["m"]), node("Mul", ["m", "half"], ["y0"])],
        [(2, 3)], {"root": number(2**0.5), "one": number(1), "half": number(0.5)}, ["Gelu"],
    ),
    "gelu of a product": (
        [form_activations],
        [node("Mul", ["x0", "x1"], ["p"]), node("Div", ["p", "root"], ["d"]), node("Erf", ["d"], ["e"]),
         node("Add", ["e", "one"], ["a"]), node("Mul", ["a", "half"], ["h"]), node("Mul", ["p", "h"], ["y0"])],
        [(2, 3), (2, 3)], {"root": number(2**0.5), "one": number(1), "half": number(0.5)}, ["Mul", "Gelu"],
    ),
    "inverse root": (
        [form_activations],
        [node("Exp", ["x0"], ["e"]), node("Sqrt", ["e"], ["s"]), node("Reciprocal", ["s"], ["y0"])],
        [(2, 3)], {}, ["Exp", "Rsqrt"],
    ),
    "a division by a smaller root": (
        [form_activations],
        [node("Exp", ["x1"], ["e"]), node("Sqrt", ["e"], ["s"]), node("Div", ["x0", "s"], ["y0"])],
        [(2, 3), (2, 1)], {}, ["Exp", "Rsqrt", "Mul"],
    ),
    "group norm": (
        [form_norms],
        [node("Reshape", ["x0", "g"], ["r"]), node("InstanceNormalization", ["r", "one", "zero"], ["i"]),
         node("Reshape", ["i", "s"], ["y0"])],
        [(2, 6, 4, 5)],
        {"g": ints(2, 2, -1), "s": ints(2, 6, 4, 5), "one": np.ones(2, np.float32), "zero": np.zeros(2, np.float32)},
        ["Reshape", "GroupNormalize"],
    ),
    "neighbours that change places": (
        [reshapes_only, form_cuts, turn_pairs],
        [node("Slice", ["x0", "one", "end", "two", "two"], ["odd"]), node("Neg", ["odd"], ["minus"]),
         node("Slice", ["x0", "zero", "end", "two", "two"], ["even"]), node("Unsqueeze", ["minus", "last"], ["a"]),
         node("Unsqueeze", ["even", "last"], ["b"]), node("Concat", ["a", "b"], ["c"], axis=-1),
         node("Reshape", ["c", "s"], ["y0"])],
        [(2, 5, 6)], {"zero": ints(0), "one": ints(1), "two": ints(2), "end": ints(99), "last": ints(-1),
                      "s": ints(2, 5, 6)}, ["Reshape", "Linear", "Reshape"],
    ),
    "pixel shuffle": (
        [sort_shuffled],
        [node("Conv", ["x0", "w", "b"], ["c"]), node("DepthToSpace", ["c"], ["y0"], blocksize=2, mode="CRD")],
        IMAGE, {"w": normal(12, 3, 2, 3), "b": normal(12)}, ["Conv", "DepthToSpace"],
    ),
    "pixel unshuffle": (
        [form_space_to_depth],
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 1, 3, 5, 2, 4]),
         node("Reshape", ["t", "u"], ["c"]), conv("c", "y0")],
        [(2, 3, 6, 9)], {"s": ints(2, 3, 2, 3, 3, 3), "u": ints(2, 27, 2, 3), "w": normal(4, 27, 3, 3)},
        ["SpaceToDepth", "Conv"],
    ),
    "space to depth": (
        [form_space_to_depth],
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 3, 5, 1, 2, 4]),
         node("Reshape", ["t", "u"], ["y0"])],
        [(2, 3, 6, 4)], {"s": ints(2, 3, 3, 2, 2, 2), "u": ints(2, 12, 3, 2)}, ["SpaceToDepth"],
    ),
    "merged to be split": (
        [refine_reshapes],
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 2, 1, 3]),
         node("Reshape", ["t", "u"], ["y0"])],
        [(1, 3, 4, 6)], {"s": ints(6, 2, 3, 2), "u": ints(3, 2, 3, 4)}, ["Reshape", "Transpose", "Reshape"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rewrite(case: str, build_graph: Build, check_graph: Check) -> None:
    rewrites, nodes, inputs, constants, after = CASES[case]
    graph = read(build_graph(nodes, inputs, constants))
    for rewrite in rewrites:
        graph.sweep()
        assert rewrite(graph) > 0
    assert operators(graph) == after
    check_graph(nodes, inputs, constants, tolerance=1e-5)


REFUSALS: dict[str, tuple[Callable[[Graph], int], list[onnx.NodeProto], Any, Any]] = {
    "a scale along rows": (
        fold_scales, [conv(), node("Mul", ["c", "s"], ["y0"])], IMAGE, {**WEIGHT, "s": normal(5, 1)},
    ),
    "a scale of a value that is read twice": (
        fold_scales, [conv(), node("Mul", ["c", "s"], ["m"]), node("Add", ["c", "m"], ["y0"])],
        IMAGE, {**WEIGHT, "s": number(2)},
    ),
    "a division of a constant": (
        fold_scales, [conv(), node("Div", ["s", "c"], ["y0"])], IMAGE, {**WEIGHT, "s": number(2)},
    ),
    "a division by zero": (
        fold_scales, [conv(), node("Div", ["c", "s"], ["m"]), node("Tanh", ["m"], ["y0"])],
        IMAGE, {**WEIGHT, "s": np.zeros((4, 1, 1), np.float32)},
    ),
    "a channel scale through a transpose": (
        fold_scales,
        [conv(), node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]), node("Mul", ["t", "s"], ["y0"])],
        IMAGE, {**WEIGHT, "s": normal(4)},
    ),
    "a cut beside another reader": (
        raise_cuts, [conv(), node("Slice", ["c", "a", "b", "i"], ["s"]), node("Concat", ["c", "s"], ["y0"], axis=1)],
        IMAGE, {**WEIGHT, "a": ints(0), "b": ints(2), "i": ints(1)},
    ),
    "a cut of an inner part": (
        raise_cuts,
        [node("Relu", ["x0"], ["c"]), node("Reshape", ["c", "s"], ["r"]), node("Slice", ["r", "a", "b", "i"], ["y0"])],
        [(5, 6)], {"s": ints(5, 2, 3), "a": ints(1), "b": ints(3), "i": ints(2)},
    ),
    "a gelu with another root": (
        form_activations,
        [node("Div", ["x0", "root"], ["d"]), node("Erf", ["d"], ["e"]), node("Add", ["e", "one"], ["a"]),
         node("Mul", ["x0", "a"], ["m"]), node("Mul", ["m", "half"], ["y0"])],
        [(2, 3)], {"root": number(1.5), "one": number(1), "half": number(0.5)},
    ),
    "a gate of another value": (
        form_activations,
        [node("HardSigmoid", ["x0"], ["h"], alpha=1 / 6, beta=0.5), node("Mul", ["h", "x1"], ["y0"])],
        [(2, 3), (2, 3)], {},
    ),
    "a shuffle of a grouped convolution": (
        sort_shuffled,
        [conv(group=3), node("DepthToSpace", ["c"], ["y0"], blocksize=2, mode="CRD")],
        IMAGE, {"w": normal(12, 1, 3, 3)},
    ),
    "a shuffle of what is read elsewhere": (
        sort_shuffled,
        [conv(), node("DepthToSpace", ["c"], ["d"], blocksize=2, mode="CRD"), node("ReduceMax", ["c"], ["m"]),
         node("Add", ["d", "m"], ["y0"])],
        IMAGE, WEIGHT,
    ),
    "neighbours of two values": (
        turn_pairs,
        [node("Slice", ["x0", "one", "end", "two", "two"], ["odd"]),
         node("Slice", ["x1", "one", "end", "two", "two"], ["even"]), node("Reshape", ["odd", "s"], ["a"]),
         node("Reshape", ["even", "s"], ["b"]), node("Concat", ["a", "b"], ["y0"], axis=-1)],
        [(2, 5, 6), (2, 5, 6)],
        {"one": ints(1), "two": ints(2), "end": ints(99), "s": ints(2, 5, 3, 1)},
    ),
    "neighbours of neighbours": (
        turn_pairs,
        [node("Slice", ["x0", "one", "end", "two", "two"], ["odd"]),
         node("Slice", ["x0", "two", "end", "two", "two"], ["even"]), node("Reshape", ["odd", "s"], ["a"]),
         node("Reshape", ["even", "t"], ["b"]), node("Concat", ["a", "b"], ["y0"], axis=2)],
        [(2, 5, 6)], {"one": ints(1), "two": ints(2), "end": ints(99), "s": ints(2, 5, 3, 1), "t": ints(2, 5, 2, 1)},
    ),
    "an unshuffle of what is read elsewhere": (
        form_space_to_depth,
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 1, 3, 5, 2, 4]),
         node("Reshape", ["t", "u"], ["c"]), conv("c", "d"), node("Concat", ["c", "d"], ["y0"], axis=1)],
        [(2, 3, 4, 6)], {"s": ints(2, 3, 2, 2, 3, 2), "u": ints(2, 12, 2, 3), "w": normal(4, 12, 3, 3)},
    ),
    "an unshuffle of blocks that are no squares": (
        form_space_to_depth,
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 3, 5, 1, 2, 4]),
         node("Reshape", ["t", "u"], ["y0"])],
        [(2, 3, 4, 6)], {"s": ints(2, 3, 2, 2, 2, 3), "u": ints(2, 18, 2, 2)},
    ),
    "patches in an image of the same size": (
        form_space_to_depth,
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 1, 3, 5, 2, 4]),
         node("Reshape", ["t", "u"], ["y0"])],
        [(2, 3, 4, 6)], {"s": ints(2, 3, 2, 2, 3, 2), "u": ints(2, 3, 4, 6)},
    ),
    "tokens of patches": (
        form_space_to_depth,
        [node("Reshape", ["x0", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 1, 3, 5, 2, 4]),
         node("Reshape", ["t", "u"], ["y0"])],
        [(2, 3, 4, 6)], {"s": ints(2, 3, 2, 2, 3, 2), "u": ints(2, 3, 24, 1)},
    ),
    "a matrix on the left": (form_linear, [node("MatMul", ["w", "x0"], ["y0"])], [(3, 4)], {"w": normal(5, 3)}),
    "a bias along rows": (
        form_linear, [node("MatMul", ["x0", "w"], ["m"]), node("Add", ["m", "b"], ["n"]), node("Relu", ["n"], ["y0"])],
        [(4, 3)], {"w": normal(3, 4), "b": normal(4, 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refusal(case: str, build_graph: Build, check_graph: Check) -> None:
    rewrite, nodes, inputs, constants = REFUSALS[case]
    graph = read(build_graph(nodes, inputs, constants))
    if rewrite in (raise_cuts, turn_pairs):
        form_cuts(graph)
    if rewrite is form_linear and len(nodes) > 1:
        assert form_linear(graph) == 1  # the product itself
    assert rewrite(graph) == 0
    if case not in ("a division by zero", "a gelu with another root"):  # one is not finite, one has an Erf
        check_graph(nodes, inputs, constants)


def test_folding_is_exact_in_float64(build_graph: Build) -> None:
    """The folded weights are the float32 values nearest to those computed in float64."""
    gamma, beta, mean, variance = normal(4), normal(4), normal(4), np.abs(normal(4)) + 0.5
    nodes = [conv(), node("BatchNormalization", ["c", "g", "b", "m", "v"], ["y0"])]
    graph = read(build_graph(nodes, IMAGE, {**WEIGHT, "g": gamma, "b": beta, "m": mean, "v": variance}))
    assert fold_scales(graph) == 1
    scale = gamma.astype(float) / np.sqrt(variance.astype(float) + np.float32(1e-5))
    (folded,) = graph.nodes
    expected = WEIGHT["w"].astype(float) * scale[:, None, None, None]
    np.testing.assert_allclose(graph.constants[folded.inputs[1]], expected, rtol=6e-8)
    np.testing.assert_allclose(graph.constants[folded.inputs[2]], beta - scale * mean, rtol=1e-6, atol=1e-8)


def test_a_network_of_everything_settles(build_graph: Build) -> None:
    """No two rewrites undo each other."""
    _, nodes, inputs, constants, _ = CASES["cut of a product"]
    graph = read(build_graph(nodes, inputs, constants))
    rounds = 0
    while sum([rewrite(graph) for rewrite in REWRITES]):
        graph.sweep()
        rounds += 1
        assert rounds < 8
