"""A file opened on the GPU: its inputs and outputs are found by name."""

from itertools import permutations
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export._stages import InputSpec, ModelFile, TensorSpec
from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.targets._runtime import Configuration
from efficientmod_export.targets.tflite import TARGET
from efficientmod_export.targets.tflite._gpu_process import PATIENCE, GpuProcess, Ran, until_done
from efficientmod_export.targets.tflite._gpu_runtime import refusal
from efficientmod_export.targets.tflite._shown_values import pack

DRIVER = "SwiftShader"
SHAPE = (1, 8, 7, 6)
GPU = Configuration("tflite", "fp32", "gpu", "float32")


@pytest.fixture
def two_of_each(benchmark: ModuleType, tmp_path: Path) -> Path:
    """The difference of two inputs, and the tangent of the first; the graph lists the second of each first."""
    from gpu_cases._case import File  # type: ignore[import-not-found]  # beside the benchmark

    assert benchmark is not None
    file = File()
    minuend, subtrahend = file.tensor(SHAPE), file.tensor(SHAPE)
    difference = file.emit("SUB", [minuend, subtrahend], SHAPE, schema.SubOptionsT())
    tangent = file.emit("TANH", [minuend], SHAPE)
    model = schema.ModelT.InitFromPackedBuf(file.written(difference), 0)
    graph = model.subgraphs[0]
    graph.inputs = np.array([subtrahend, minuend], np.int32)
    graph.outputs = np.array([tangent, difference], np.int32)
    graph.tensors[difference].name, graph.tensors[tangent].name = b"difference", b"tangent"
    signature = model.signatureDefs[0]
    second = schema.TensorMapT()
    second.name, second.tensorIndex = b"tangent", tangent
    signature.outputs.append(second)  # the signature in the other order
    path = tmp_path / "two.tflite"
    path.write_bytes(pack(model))
    return path


@pytest.mark.skipif(not installed(DRIVER), reason=f"{DRIVER} is not installed; run .ci/install_vulkan")
@pytest.mark.parametrize("taken", [*permutations(("x0", "x1"))])
@pytest.mark.parametrize("given", [*permutations(("difference", "tangent"))])
def test_inputs_and_outputs_by_name(
    two_of_each: Path, taken: tuple[str, ...], given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ICD_FILENAMES", str(DRIVERS[DRIVER]))
    random = np.random.default_rng(0)
    values = {name: random.standard_normal(SHAPE, np.float32) for name in ("x0", "x1")}
    expected = {"difference": values["x0"] - values["x1"], "tangent": np.tanh(values["x0"])}
    inputs = tuple(InputSpec(name, SHAPE, "float32", "NHWC", None) for name in taken)
    outputs = tuple(TensorSpec(name, SHAPE, "float32", "NHWC") for name in given)
    session = TARGET.runtime.open(ModelFile(two_of_each, inputs, outputs), GPU)
    session.bind([values[name] for name in taken])
    session.invoke()
    for name, result in zip(given, session.results(), strict=True):
        np.testing.assert_allclose(result, expected[name], atol=1e-6)


class Busy:
    """A run that is done after some timeouts."""

    def __init__(self, failures: int, message: str = "TensorBufferWrapper error: code=7, message=ERROR") -> None:
        self.failures, self.message = failures, message

    def __call__(self) -> str:
        if self.failures:
            self.failures -= 1
            raise RuntimeError(self.message)
        return "done"


def test_what_is_not_done_in_time_runs_again() -> None:
    assert until_done(Busy(3)) == "done"


def test_other_errors_are_raised() -> None:
    with pytest.raises(RuntimeError, match="code=3"):
        until_done(Busy(1, "TensorBufferWrapper error: code=3"))


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, PATIENCE + 1.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    busy = Busy(9)
    with pytest.raises(RuntimeError, match="code=7"):
        until_done(busy)
    assert busy.failures == 7


def test_what_no_row_knows_is_said_by_litert(benchmark: ModuleType) -> None:
    data = next(case for case in benchmark.cases() if case.operator == "TANH").written()
    log = (
        "ERROR: [./litert/cc/litert_compiled_model.h:1961]\n"
        "ERROR: Following operations are not supported by GPU delegate:\n"
        "CUMSUM: Operation is not supported.\n"
        "TILE: Max version supported: 2.\n"
        "2 operations will run on the GPU, and the remaining 2 operations will run on the CPU.\n"
    )
    said = "LiteRT says: CUMSUM: Operation is not supported; LiteRT says: TILE: Max version supported: 2"
    assert refusal(data, log) == said
    assert refusal(data, "the process ended with code -11") == "the process ended with code -11"
    placed = "ERROR: [./litert/cc/litert_compiled_model.h:1961]\n└ Some ops are not accelerated.\nINFO: ...\n"
    assert refusal(data, placed) == "Some ops are not accelerated."
    assert refusal(data, "") == "LiteRT does not say why"


@pytest.mark.skipif(not installed(DRIVER), reason=f"{DRIVER} is not installed; run .ci/install_vulkan")
def test_truth_values_are_read(benchmark: ModuleType) -> None:
    from gpu_cases._case import File  # type: ignore[import-not-found]  # beside the benchmark

    assert benchmark is not None
    file = File()
    operands = [file.tensor(SHAPE), file.tensor(SHAPE)]
    data = file.written(file.emit("GREATER", operands, SHAPE, schema.GreaterOptionsT(), np.bool_))
    random = np.random.default_rng(0)
    one, other = (random.standard_normal(SHAPE, np.float32) for _ in range(2))
    with GpuProcess(DRIVERS[DRIVER]) as gpu:
        answer = gpu.run(data, (one, other))
    assert isinstance(answer, Ran)
    assert answer.outputs[0].dtype == np.bool_
    assert np.array_equal(answer.outputs[0], one > other)
