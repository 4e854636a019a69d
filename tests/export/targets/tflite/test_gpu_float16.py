"""A GPU in float16: the driver adds as the network's noise is computed, and that noise hides no fault of a layer."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from torch import Tensor, fx
from torch.nn import functional

from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.parity import Tolerance, compare, reference_ranges
from efficientmod_export.parity._float16_sums import Float16Sums
from efficientmod_export.steps import Subject, subject_of, with_noise
from efficientmod_export.targets.tflite import TARGET
from efficientmod_export.targets.tflite._gpu_process import GpuProcess, Ran
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import get_tensor

PLACE = next(place for place in TARGET.variant("fp32").places if place.compute_precision == "float16")
aten = torch.ops.aten


def halves(*shape: int) -> NDArray[np.float32]:
    """Numbers of float16."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float16).astype(np.float32)


def _convolution(file: ModuleType) -> tuple[bytes, list[NDArray[np.float32]], Callable[..., Tensor]]:
    """3 x 3, with a border and a bias."""
    made, weight, bias = file.File(), halves(8, 3, 3, 16), halves(8)
    options = schema.Conv2DOptionsT(strideW=1, strideH=1, dilationWFactor=1, dilationHFactor=1, padding=0)
    sources = [made.tensor((1, 9, 7, 16)), made.tensor(weight), made.tensor(bias)]
    written = made.written(made.emit("CONV_2D", sources, (1, 9, 7, 8), options))
    kernel = torch.from_numpy(weight).permute(0, 3, 1, 2)

    def expected(x: Tensor) -> Tensor:
        return functional.conv2d(x.permute(0, 3, 1, 2), kernel, torch.from_numpy(bias), padding=1).permute(0, 2, 3, 1)

    return written, [halves(1, 9, 7, 16)], expected


def _linear(file: ModuleType) -> tuple[bytes, list[NDArray[np.float32]], Callable[..., Tensor]]:
    made, weight, bias = file.File(), halves(12, 512), halves(12)
    sources = [made.tensor((49, 512)), made.tensor(weight), made.tensor(bias)]
    written = made.written(made.emit("FULLY_CONNECTED", sources, (49, 12), schema.FullyConnectedOptionsT()))
    return written, [halves(49, 512)], lambda x: functional.linear(x, torch.from_numpy(weight), torch.from_numpy(bias))


def _product(file: ModuleType) -> tuple[bytes, list[NDArray[np.float32]], Callable[..., Tensor]]:
    made = file.File()
    sources = [made.tensor((3, 20, 300)), made.tensor((3, 300, 12))]
    written = made.written(made.emit("BATCH_MATMUL", sources, (3, 20, 12), schema.BatchMatMulOptionsT()))
    return written, [halves(3, 20, 300), halves(3, 300, 12)], torch.matmul


@pytest.mark.skipif(not installed("lavapipe"), reason="lavapipe is not installed; run .ci/install_vulkan")
@pytest.mark.parametrize("made", [_convolution, _linear, _product])
def test_the_driver_adds_in_float16_term_by_term(made: Callable[[ModuleType], object], benchmark: ModuleType) -> None:
    from gpu_cases import _case  # type: ignore[import-not-found]  # beside the benchmark

    assert benchmark is not None
    data, inputs, operator = made(_case)  # type: ignore[misc]  # a tuple of three
    with GpuProcess(DRIVERS["lavapipe"]) as process:
        answer = process.run(data, tuple(inputs), float32=False)
    assert isinstance(answer, Ran)
    with Float16Sums():
        expected = operator(*map(torch.from_numpy, inputs)).half().float().numpy()
    np.testing.assert_array_equal(answer.outputs[0], expected)


@pytest.fixture(scope="module")
def network() -> tuple[Subject, Program, Tolerance]:
    """EfficientMod-xxs, whose limits are its own noise's, and the limits."""
    subject = subject_of(load_network("efficientmod_xxs", None))
    program = subject.capture()
    assert PLACE.noise == "float16_sums"
    limits = with_noise(subject, program, (PLACE.noise,)).held.limits(PLACE.limits, PLACE.noise)
    assert limits.sqnr_db < PLACE.limits.sqnr_db
    return subject, program, limits


def _weight(program: Program, layer: fx.Node) -> Tensor:
    return get_tensor(program.graph_module, str(layer.args[1].target))  # type: ignore[union-attr]  # a node


@pytest.mark.parametrize(
    ("fault", "axis"), [("filters out of place", 0), ("rows out of place", -2), ("columns out of place", -1)]
)
def test_a_fault_of_any_layer_is_beyond_the_noise(
    fault: str, axis: int, network: tuple[Subject, Program, Tolerance]
) -> None:
    subject, program, limits = network
    references, sample = subject.held.references, subject.held.samples[0]
    ranges = reference_ranges(references)
    linear = (aten.linear.default, aten.conv2d.default)
    layers = [node for node in program.graph_module.graph.nodes if node.target in linear]
    wide = [layer for layer in layers if axis == 0 or _weight(program, layer)[0, 0].numel() > 1]
    assert len(wide) == (77 if axis == 0 else 16)
    for layer in wide:
        weight = _weight(program, layer)
        kept = weight.detach().clone()
        weight.data = kept.roll(1, axis)
        with torch.no_grad():
            outputs = program.graph_module(torch.from_numpy(sample.inputs[0].tensor))
        weight.data = kept
        worst = compare(references[0], tuple(one.numpy() for one in outputs), ranges).outputs[0]
        assert worst.sqnr_db < limits.sqnr_db, f"{fault}: {layer}"
