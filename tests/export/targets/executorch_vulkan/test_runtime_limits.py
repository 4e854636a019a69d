"""The table of what the Vulkan runtime computes wrongly: each row by itself, then all in the files of a network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from efficientmod_export._stages import ModelFile, Sample
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_export.targets.executorch_vulkan._file import read_file
from efficientmod_export.targets.executorch_vulkan._graph import (
    BUFFER,
    CHANNELS_PACKED,
    HEIGHT_PACKED,
    WIDTH_PACKED,
    Call,
    Graph,
)
from efficientmod_export.targets.executorch_vulkan._interpreter import VulkanInterpreter
from efficientmod_export.targets.executorch_vulkan._runtime_conditions import CONVOLUTIONS
from efficientmod_export.targets.executorch_vulkan._runtime_limits import LIMITS, MISSING, broken_limits
from efficientmod_mobile.deploy import Program, deploy, run
from efficientmod_mobile.errors import ParityError

from ....raising import refused
from ..conftest import options
from .conftest import tensor, written

BATCH_NORM = "aten._native_batch_norm_legit_no_training.default"
NEAREST, BILINEAR = "aten.upsample_nearest2d.vec", "aten.upsample_bilinear2d.vec"


def then(graph: Graph, name: str) -> Graph:
    """An operator of two tensors that reads what a program gives, twice."""
    (call,) = graph.calls
    more = Call(1, name, (call.result, call.result), len(graph.values))
    return Graph((*graph.values, tensor(1)), (call, more), graph.inputs, (more.result,))


def convolution(
    weight: tuple[int, ...],
    groups: int | float = 1,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    transposed: bool = False,
    name: str = CONVOLUTIONS[0],
) -> Graph:
    pairs = ([stride, stride], [padding, padding], [dilation, dilation])
    return written(name, tensor(1, 8, 9, 9), tensor(*weight), None, *pairs, transposed, [0, 0], groups)


def softmax(*shape: int, axis: int = -1, layout: int = WIDTH_PACKED, storage: int = 1) -> Graph:
    return written("aten._softmax.default", tensor(*shape, layout=layout, storage=storage), axis, False)


BROKEN: dict[str, tuple[Graph, str]] = {
    "depthwise 7x7, padded": (convolution((8, 1, 7, 7), 8, padding=3), "last columns are wrong"),
    "depthwise 2x2, padded": (convolution((8, 1, 2, 2), 8, padding=1), "last columns are wrong"),
    "depthwise 3x5, padded": (convolution((8, 1, 3, 5), 8, padding=1), "last columns are wrong"),
    "padded, with a clamp": (convolution((8, 1, 7, 7), 8, padding=3, name=CONVOLUTIONS[1]), "last columns are wrong"),
    "depthwise 7x7, strided": (convolution((8, 1, 7, 7), 8, stride=2), "a stride like the dilation"),
    "depthwise 7x7, dilated": (convolution((8, 1, 7, 7), 8, dilation=3), "a stride like the dilation"),
    "1x1 in groups": (convolution((8, 4, 1, 1), 2), "groups are ignored"),
    "two channels a group": (convolution((8, 2, 3, 3), 4), "multiple of four channels"),
    "two for each channel": (convolution((16, 1, 3, 3), 8), "multiple of four channels"),
    "transposed in groups": (convolution((8, 4, 2, 2), 2, transposed=True), "transposed"),
    "transposed and dilated": (convolution((8, 8, 2, 2), transposed=True, dilation=2), "without dilation only"),
    "groups with a fraction": (convolution((8, 8, 3, 3), 1.0), "stored with a fraction"),
    "GELU": (written("aten.gelu.default", tensor(1, 8), "none"), "tanh form of GELU"),
    "softmax of two rows": (softmax(1, 2, 9), "threads leave before a barrier"),
    "log softmax of one row": (written("aten._log_softmax.default", tensor(1, 9), 1, False), "threads leave"),
    "softmax of 49 rows": (softmax(8, 49, 49), "threads leave before a barrier"),
    "softmax over channels": (softmax(1, 8, 6, 5, axis=1, layout=HEIGHT_PACKED), "threads leave before a barrier"),
    "softmax of packed rows": (softmax(1, 1, 20, 8, layout=HEIGHT_PACKED), "threads leave before a barrier"),
    "LayerNorm without weight": (
        written("aten.native_layer_norm.default", tensor(4, 8), [8], None, tensor(8), 1e-5), "weight and bias",
    ),
    "LayerNorm without bias": (
        written("aten.native_layer_norm.default", tensor(4, 8), [8], tensor(8), None, 1e-5), "weight and bias",
    ),
    "LayerNorm of two axes": (
        written("aten.native_layer_norm.default", tensor(4, 8), [4, 8], tensor(4, 8), tensor(4, 8), 1e-5), "one axis",
    ),
    "GroupNorm without weight": (
        written("aten.native_group_norm.default", tensor(1, 8, 5, 5), None, None, 1, 8, 25, 2, 1e-5), "GroupNorm",
    ),
    "BatchNorm of rows": (
        written(BATCH_NORM, tensor(4, 8), tensor(8), tensor(8), tensor(8), tensor(8), 0.1, 1e-5), "four axes only",
    ),
    "a layer of a batch of images": (
        written("aten.linear.default", tensor(2, 5, 7, 6), tensor(4, 6), None), "only what belongs to the first",
    ),
    "a layer of one axis": (written("aten.linear.default", tensor(6), tensor(4, 6), None), "a single axis aborts"),
    "mean of channels in a batch": (
        written("aten.mean.dim", tensor(2, 8, 5, 5), [-3], True, None), "not reduced over its channels",
    ),
    "greatest of a batch": (written("aten.amax.default", tensor(1, 8, 5, 5), [0], True), "reduced over the first"),
    "nearest, by 1.5": (
        written(NEAREST, tensor(1, 8, 4, 4), [6, 6], None, result=tensor(1, 8, 6, 6)), "only for whole factors",
    ),
    "bilinear, by a factor that is cut": (
        written(BILINEAR, tensor(1, 8, 5, 4), None, False, [1.5, 1.5], result=tensor(1, 8, 7, 6)), "must be whole",
    ),
    "aligned corners of a row": (
        written(BILINEAR, tensor(1, 8, 4, 4), [1, 6], True, None, result=tensor(1, 8, 1, 6)), "divided by zero",
    ),
    "power of what may be negative": (
        written("aten.pow.Tensor_Tensor", tensor(1, 8), tensor(1, 8)), "undefined for negative",
    ),
    "an odd root": (written("aten.pow.Tensor_Scalar", tensor(1, 8), -3), "the sign of negative numbers"),
    **{name: (written(name, tensor(4, 8), 0), "the runtime lacks it") for name in MISSING},
}  # fmt: skip


@pytest.mark.parametrize(("graph", "says"), BROKEN.values(), ids=BROKEN)
def test_each_fault_is_found(graph: Graph, says: str) -> None:
    (sentence,) = broken_limits(graph)
    assert says in sentence
    assert sentence.startswith(graph.text(graph.calls[0]))
    assert sentence.endswith("(ExecuTorch 1.4.1)")


RIGHT: dict[str, Graph] = {
    "dense 7x7": convolution((8, 8, 7, 7), padding=3, stride=4),
    "1x1": convolution((8, 8, 1, 1)),
    "depthwise 3x3": convolution((8, 1, 3, 3), 8, padding=1, stride=2),
    "depthwise 5x5": convolution((8, 1, 5, 5), 8, padding=2),
    "depthwise 7x7, nothing padded": convolution((8, 1, 7, 7), 8),
    "depthwise 7x7, stride like the dilation": convolution((8, 1, 7, 7), 8, stride=2, dilation=2),
    "four channels a group": convolution((8, 4, 3, 3), 2, padding=1),
    "transposed": convolution((8, 8, 2, 2), stride=2, transposed=True),
    "over a line": written(CONVOLUTIONS[0], tensor(1, 8, 9), tensor(8, 1, 7), None, [1], [3], [1], False, [0], 8),
    "softmax of eight rows": softmax(1, 8, 9),
    "softmax over channels in fours": softmax(1, 8, 3, 8, axis=1, layout=HEIGHT_PACKED),
    "softmax in a buffer": softmax(1, 2, 9, storage=BUFFER),
    "softmax of packed channels": softmax(1, 5, 4, 9, layout=CHANNELS_PACKED),
    "LayerNorm": written("aten.native_layer_norm.default", tensor(4, 8), [8], tensor(8), tensor(8), 1e-5),
    "eq.Scalar": written("aten.eq.Scalar", tensor(4, 8), 0),
    "GroupNorm": written("aten.native_group_norm.default", tensor(2, 8, 5, 5), tensor(8), tensor(8), 2, 8, 25, 2, 1e-5),
    "a layer of three axes": written("aten.linear.default", tensor(2, 5, 6), tensor(4, 6), None),
    "a layer of one image": written("aten.linear.default", tensor(1, 5, 7, 6), tensor(4, 6), None),
    "mean of channels": written("aten.mean.dim", tensor(1, 8, 5, 5), [1], True, None),
    "mean of an image of a batch": written("aten.mean.dim", tensor(2, 8, 5, 5), [2, 3], True, None),
    "nearest, by three": written(NEAREST, tensor(1, 8, 4, 4), None, [3.0, 3.0], result=tensor(1, 8, 12, 12)),
    "bilinear, by 1.5": written(BILINEAR, tensor(1, 8, 4, 4), [6, 6], True, None, result=tensor(1, 8, 6, 6)),
    "power of what is not negative": then(
        written("aten.clamp.default", tensor(1, 8), 1e-6, None, result=tensor(1, 8)), "aten.pow.Tensor_Tensor"
    ),
    "square": written("aten.pow.Tensor_Scalar", tensor(1, 8), 2),
}


@pytest.mark.parametrize("graph", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_not_accused(graph: Graph) -> None:
    assert broken_limits(graph) == ()


def test_every_row_has_a_case() -> None:
    sentences = [broken_limits(graph)[0] for graph, _ in BROKEN.values()]
    assert all(any(limit.happens in sentence for sentence in sentences) for limit in LIMITS)


def test_the_first_call_is_shown_and_the_others_counted() -> None:
    one = convolution((8, 4, 1, 1), 2)
    graph = Graph(one.values, one.calls * 3, one.inputs, one.outputs)
    (sentence,) = broken_limits(graph)
    assert sentence.startswith("aten.convolution.default(1x8x9x9, 8x4x1x1) -> 1 and 2 more: wrong: groups are ignored")


def test_a_file_without_the_forms_fails_its_proof_and_says_all(faulty_file: ModelFile) -> None:
    target = find_target("executorch-vulkan")
    broken = (
        "last columns are wrong", "a stride like the dilation", "groups are ignored", "and 2 more: wrong",
        "tanh form of GELU", "threads leave before", "weight and bias", "aten.gt.Scalar(1x24x6x7",
    )  # fmt: skip
    with quiet(), refused(ParityError, "wrong_result", *broken):
        VulkanInterpreter().open(faulty_file, target.variants[0].configurations()[0])


def test_the_same_network_in_the_targets_form_breaks_no_row(
    faulty: Program, tmp_path: Path, made_sample: Callable[[Program], Sample]
) -> None:
    target = find_target("executorch-vulkan")
    deployed = deploy(faulty, target.variants[0].recipe)
    assert deployed.certificate.float64_error <= 1e-12
    with quiet():
        artifact = target.make(deployed.program, options("fp32"), tmp_path)
        session = VulkanInterpreter().open(artifact, target.variants[0].configurations()[0])
    assert (artifact.delegates, artifact.outside, artifact.rewrites) == (1, (), {"gelu_by_sigmoid": 1})
    assert broken_limits(read_file(artifact.path).graph) == ()
    sample = made_sample(faulty)
    session.bind([sample.inputs[0].tensor])
    session.invoke()
    (found,), (expected,) = session.results(), run(faulty, torch.from_numpy(sample.inputs[0].tensor))
    assert np.abs(found - expected.numpy()).max() < 1e-5
