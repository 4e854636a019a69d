"""The table of what LiteRT computes wrongly or refuses on a GPU: each row on a software GPU, and what is in no row."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from types import ModuleType

import numpy as np
import pytest

from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.targets.tflite._gpu_limit import Effect, GpuLimit
from efficientmod_export.targets.tflite._gpu_limits import GPU_LIMITS, gpu_findings
from efficientmod_export.targets.tflite._gpu_process import GpuProcess
from efficientmod_export.targets.tflite.writer._versions import _RELEASES
from efficientmod_mobile.errors import InputError

from ....raising import refused

DRIVER = "SwiftShader"
EACH = 151
"""One in so many of the benchmark's files runs here."""

WITNESSES = {
    "five axes": ("TANH", "1x3x8x7x6"),
    "wide integers": ("CAST", "5x7x6 to int64 and back"),
    "widened weights": ("DEQUANTIZE", "int8 weight of FULLY_CONNECTED, 7x6"),
    "first slice of a constant": ("ADD", "5x7x6 with constant 5x1x6"),
    "constant of more axes": ("ADD", "1x8x1x6 with constant 5x8x7x6"),
    "power of a number": ("POW", "constant scalar with 1x8x7x6"),
    "rows of another width": ("FULLY_CONNECTED", "5x7x6 by 9x42"),
    "constant left side": ("BATCH_MATMUL", "constant 7x6 by 6x9"),
    "turned constant": ("BATCH_MATMUL", "7x6 by constant 9x6, adjY"),
    "unlike batches": ("BATCH_MATMUL", "2x5x7x6 by 1x5x6x9"),
    "wide right side": ("BATCH_MATMUL", "3x2 by 2x32772"),
    "nothing computed": ("TRANSPOSE", "constant 5x7x6"),
    "softmax of one axis": ("SOFTMAX", "6"),
    "narrow groups": ("CONV_2D", "1x8x7x4, 3x3, 2 groups of 2 to 3"),
    "odd groups": ("CONV_2D", "1x8x7x16, 3x3, 2 groups of 8 to 3"),
    "grouped points in eight bits": ("CONV_2D", "1x8x7x8, 1x1, 2 groups of 4 to 8, int8"),
    "multiplied channels": ("DEPTHWISE_CONV_2D", "1x17x15x6, 1x1, stride 1x1, dilation 1x1, VALID, multiplier 2"),
    "transposed convolution, SAME": ("TRANSPOSE_CONV", "1x8x7x6, 3x3, stride 2x2, SAME"),
    "blocks of a batch": ("SPACE_TO_DEPTH", "3x8x6x5, block 2"),
    "borders of few axes": ("PAD", "7x6, (2, 1) along 0"),
    "borders of the first axis": ("PAD", "5x7x6, (2, 1) along 1"),
    "places of several axes": ("GATHER", "5x7x6, places [2, 1] along 1 (zeros)"),
    "places along several axes": ("GATHER_ND", "5x7x6, places along 2 axes"),
    "slopes": ("PRELU", "1x8x7x6 with constant 7x6"),
    "slope beyond one": ("LEAKY_RELU", "5x7x6, slope 1.5"),
    "choices that are repeated": ("SELECT_V2", "1x8x7x6 above 0, 1x8x7x6, constant 6"),
    "scattered parts": ("SCATTER_ND", "3x6 into 7x6"),
    "place of the least": ("ARG_MIN", "1x8x7x6 along 1, int32, then CAST"),
    "greatest of padded channels": ("TOPK_V2", "the 3 of 1x8x7x6, values"),
    "backwards": ("STRIDED_SLICE", "5x7x6, every -1 from 6 on along 1"),
    "greatest of a sum": ("ADD", "1x8x7x8 twice, then REDUCE_MAX over [3]"),
    "border of a pool": ("PAD", "1x8x7x6, then AVERAGE_POOL_2D"),
    "border of numbers": ("PADV2", "1x8x7x6, then CONV_2D"),
    "padding of the channels": ("DIV", "1x8x7x6 with 1x1x1x6, then CONV_2D"),
    "padding of the channels, summed": ("RSQRT", "7x6, then MEAN"),
    "result that is read": ("ADD", "ADD of two, shown, then MEAN"),
    "no kernel": ("SQUEEZE", "1x4x6x8"),
    "an app's own operator": ("AudioSpectrogram", "64x1"),
    "types without kernels": ("CAST", "1x4x6x8 to float64 and back"),
    "integers of 16 bits": ("QUANTIZE", "1x4x6x8 in 16 bits, then DEQUANTIZE"),
    "no elements": ("CONCATENATION", "1x4x6x8 and 1x4x0x8"),
    "softmax of a multiple": ("SOFTMAX", "1x4x6x8, beta 2"),
    "sum of several": ("ADD_N", "1x4x6x8, 3 times"),
    "constant place": ("DYNAMIC_UPDATE_SLICE", "1x2x6x8 into 1x4x6x8"),
    "result shown twice": ("ABS", "1x4x6x8, shown twice"),
    "input handed through": ("ABS", "1x4x6x8, its input shown"),
}

needs_gpu = pytest.mark.skipif(not installed(DRIVER), reason=f"{DRIVER} is not installed; run .ci/install_vulkan")


@pytest.fixture(scope="module")
def gpu() -> Iterator[GpuProcess]:
    with GpuProcess(DRIVERS[DRIVER]) as process:
        yield process


def test_every_operator_of_the_writer_has_cases(benchmark: ModuleType) -> None:
    assert {case.operator for case in benchmark.cases()} > {code for code, _ in _RELEASES}


def test_each_row_has_a_witness() -> None:
    assert list(WITNESSES) == [limit.id for limit in GPU_LIMITS]


@needs_gpu
@pytest.mark.parametrize("limit", GPU_LIMITS, ids=lambda limit: limit.id)
def test_a_row_is_true(benchmark: ModuleType, gpu: GpuProcess, limit: GpuLimit) -> None:
    case = next(case for case in benchmark.cases() if (case.operator, case.form) == WITNESSES[limit.id])
    result = benchmark.examine(case, gpu)
    assert result.limit == limit.id
    version = metadata.version("ai-edge-litert")
    assert result.outcome != benchmark.RIGHT, f"LiteRT {version} computes {limit.id!r} rightly: remove the row."
    assert result.outcome == limit.effect, f"LiteRT {version}: {limit.id!r} is {result.outcome}; change the row."


@needs_gpu
def test_what_is_in_no_row_is_right(benchmark: ModuleType, gpu: GpuProcess) -> None:
    chosen = [case for place, case in enumerate(benchmark.cases()) if place % EACH == 0]
    results = [benchmark.examine(case, gpu) for case in chosen]
    assert len({result.operator for result in results}) > 30
    assert [result for result in results if not result.told] == []


def test_a_finding_names_the_operator_and_its_shapes(benchmark: ModuleType) -> None:
    case = next(case for case in benchmark.cases() if case.operator == "BATCH_MATMUL" and "constant" in case.form[:8])
    (finding,) = gpu_findings(case.written())
    assert finding.limit.effect == Effect.REFUSED
    assert str(finding) == "refused: BATCH_MATMUL(7x6, 6x9) -> 7x9 '/batch_matmul': the left side is a constant"


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(64), np.zeros(4096, np.uint8).tobytes()])
def test_no_tflite_file(data: bytes) -> None:
    with refused(InputError, "damaged_tflite"):
        gpu_findings(data)
