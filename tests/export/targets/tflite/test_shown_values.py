"""Values inside a file, shown by copies: as many as wanted, also where a GPU joins operators."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.targets.tflite._gpu_process import GpuProcess, Ran
from efficientmod_export.targets.tflite._runtime import interpreter
from efficientmod_export.targets.tflite._shown_values import pack, with_shown

DRIVER = "SwiftShader"
SHAPE = (1, 8, 7, 8)
SUMS = 60


@pytest.fixture(scope="module")
def model(benchmark: ModuleType) -> Any:
    """Sums one after the other, and the means of each, added up."""
    from gpu_cases._case import File, ints  # type: ignore[import-not-found]  # beside the benchmark

    assert benchmark is not None
    file = File()
    x, y = file.tensor(SHAPE), file.tensor(SHAPE)
    total = None
    for _ in range(SUMS):
        y = file.emit("TANH", [y], SHAPE)
        both = file.emit("ADD", [x, y], SHAPE, schema.AddOptionsT())
        mean = file.emit("MEAN", [both, file.tensor(ints(1, 2))], (1, 1, 1, 8), schema.ReducerOptionsT(keepDims=True))
        total = mean if total is None else file.emit("ADD", [total, mean], (1, 1, 1, 8), schema.AddOptionsT())
    made = schema.ModelT.InitFromPackedBuf(file.written(total), 0)
    for index in sums(made):
        made.subgraphs[0].tensors[index].name = b"sum"  # as converters name what they repeat
    return made


def sums(model: Any) -> list[int]:
    """The tensors that only a mean reads."""
    return [int(one.outputs[0]) for one in model.subgraphs[0].operators if list(one.inputs[:1]) == [0]]


def values() -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(0)
    return tuple(random.standard_normal(SHAPE).astype(np.float32) for _ in range(2))


def on_processor(data: bytes) -> list[np.ndarray]:
    loaded = interpreter(data)
    for detail, array in zip(loaded.get_input_details(), values(), strict=True):
        loaded.set_tensor(detail["index"], array)
    loaded.invoke()
    return [loaded.get_tensor(detail["index"]) for detail in loaded.get_output_details()]


def expected() -> list[np.ndarray]:
    x, y = values()
    found = []
    for _ in range(SUMS):
        y = np.tanh(y)
        found.append(x + y)
    return found


def test_on_the_processor_and_the_model_is_left_as_it_was(model: Any) -> None:
    before = pack(model)
    shown = on_processor(with_shown(model, sums(model)))[1:]
    assert len(shown) == SUMS
    np.testing.assert_allclose(shown, expected(), atol=1e-6)
    assert pack(model) == before


def test_tensors_of_one_name(model: Any) -> None:
    names = [item["name"] for item in interpreter(with_shown(model, sums(model))).get_output_details()]
    assert len(set(names)) == SUMS + 1


@pytest.mark.skipif(not installed(DRIVER), reason=f"{DRIVER} is not installed; run .ci/install_vulkan")
def test_many_at_once_on_a_gpu(model: Any) -> None:
    """The tensor itself as an output is not written, which is why a copy is shown."""
    copies, graph = with_shown(model, sums(model)), model.subgraphs[0]
    kept, graph.outputs = graph.outputs, np.array([*graph.outputs, sums(model)[0]], np.int32)
    signatures, model.signatureDefs = model.signatureDefs, None
    itself = pack(model)
    graph.outputs, model.signatureDefs = kept, signatures
    with GpuProcess(DRIVERS[DRIVER]) as gpu:
        answers = [gpu.run(data, values()) for data in (copies, itself)]
    right, lost = (answer.outputs[1:] for answer in answers if isinstance(answer, Ran))
    np.testing.assert_allclose(right, expected(), atol=1e-5)
    assert np.abs(lost[0] - expected()[0]).max() > 0.1
