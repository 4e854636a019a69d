"""What the tests of the TFLite writer share: small ONNX models, and both runtimes side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper, numpy_helper

from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.targets.tflite._gpu_kinds import MOST_AXES
from efficientmod_export.targets.tflite._gpu_limits import gpu_findings
from efficientmod_export.targets.tflite._gpu_process import GpuProcess, Ran
from efficientmod_export.targets.tflite.writer import to_tflite

OPSET = 20
GPU = "SwiftShader"
GPU_TOLERANCE = 1e-5
SINE_TOLERANCE = 5e-4
"""Of the expected range. Vulkan lets a driver err by 2 ** -11 in sine and cosine."""


@pytest.fixture(autouse=True)
def same_arrays_in_every_run(request: pytest.FixtureRequest) -> None:
    """What a test draws from its module's generator does not depend on the tests before it."""
    if hasattr(request.module, "RANDOM"):
        request.module.RANDOM = np.random.default_rng(0)


@dataclass(frozen=True)
class Converted:
    """A converted model, what LiteRT computed with XNNPACK on, and what ONNX Runtime did."""

    data: bytes
    outputs: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]
    operators: Counter[str]
    whole: bool
    rank: int
    on_gpu: dict[str, np.ndarray]

    def check(self, tolerance: float = 1e-5) -> Converted:
        """Assert that every output is the expected one, to a part of the expected range."""
        assert self.outputs.keys() == self.expected.keys()
        self._compare(self.outputs, tolerance)
        if self.on_gpu:
            of_driver = SINE_TOLERANCE if {"SIN", "COS"} & self.operators.keys() else GPU_TOLERANCE
            self._compare(self.on_gpu, max(tolerance, of_driver))
        return self

    def _compare(self, outputs: Mapping[str, np.ndarray], tolerance: float) -> None:
        for name, expected in self.expected.items():
            actual = outputs[name]
            assert actual.shape == expected.shape, name
            assert np.isfinite(actual).all(), name
            span = max(np.ptp(expected), np.abs(expected).max(), 1e-6)
            assert np.abs(actual - expected).max() <= tolerance * span, name


def node_model(
    operator: str,
    inputs: Sequence[tuple[int, ...]],
    constants: Mapping[str, np.ndarray] | None = None,
    order: Sequence[str] | None = None,
    outputs: int = 1,
    opset: int = OPSET,
    shape: tuple[int, ...] | None = None,
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one operator; its float inputs are x0, x1, ..., and `order` names them among the constants.

    `shape` is the result's, where ONNX does not infer it.
    """
    constants = constants or {}
    names = [f"x{index}" for index in range(len(inputs))]
    wired = list(order) if order is not None else [*names, *constants]
    results = [f"y{index}" for index in range(outputs)]
    node = helper.make_node(operator, wired, results, **attributes)
    return graph_model([node], inputs, constants, results, opset, shape)


def graph_model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[tuple[int, ...]],
    constants: Mapping[str, np.ndarray],
    results: Sequence[str] = ("y0",),
    opset: int = OPSET,
    shape: tuple[int, ...] | None = None,
) -> onnx.ModelProto:
    """A model of these nodes, its inputs x0, x1, ...; the outputs' shapes are inferred where none is given."""
    graph = helper.make_graph(
        list(nodes),
        "test",
        [helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, shape) for i, shape in enumerate(inputs)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in results],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def feeds_for(model: onnx.ModelProto, seed: int = 0) -> dict[str, np.ndarray]:
    """Standard normal values for each input."""
    random = np.random.default_rng(seed)
    shapes = {item.name: [d.dim_value for d in item.type.tensor_type.shape.dim] for item in model.graph.input}
    return {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def channels_last(array: np.ndarray) -> np.ndarray:
    """What the TFLite model takes and gives where ONNX has four axes."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array


def expected_of(model: onnx.ModelProto, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """ONNX Runtime's outputs, channels last."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_outputs()]
    return {name: channels_last(value) for name, value in zip(names, session.run(names, dict(feeds)), strict=True)}


def run(data: bytes, feeds: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], Interpreter]:
    """LiteRT's outputs through the signature, with XNNPACK on."""
    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    runner = interpreter.get_signature_runner("serving_default")
    outputs = {k: np.array(v) for k, v in runner(**{k: channels_last(v) for k, v in feeds.items()}).items()}
    del runner
    return outputs, interpreter


@cache
def gpu() -> GpuProcess:
    """The process that runs files on the software GPU, for all tests of this process."""
    return GpuProcess(DRIVERS[GPU])


@pytest.fixture(scope="session", autouse=True)
def the_gpus_process_ends() -> Iterator[None]:
    yield
    gpu().close()


def outputs_on_gpu(data: bytes, feeds: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, np.ndarray]:
    """What LiteRT computes on a software GPU, where one is installed; nothing elsewhere."""
    if not installed(GPU):
        return {}
    answer = gpu().run(data, tuple(map(channels_last, feeds.values())))
    assert isinstance(answer, Ran), answer.message
    return dict(zip(names, answer.outputs, strict=True))


def is_whole(interpreter: Interpreter) -> bool:
    """Whether one delegate takes the graph's inputs and gives all of its outputs."""
    delegates = [item for item in interpreter._get_ops_details() if item["op_name"] == "DELEGATE"]
    ends = [{int(t["index"]) for t in get()} for get in (interpreter.get_input_details, interpreter.get_output_details)]
    if len(delegates) != 1:
        return False
    inputs, outputs = ({int(index) for index in delegates[0][side]} for side in ("inputs", "outputs"))
    return ends[0] <= inputs and ends[1] == outputs


def operators_of(interpreter: Interpreter) -> Counter[str]:
    """How often each operator is in the file."""
    return Counter(item["op_name"] for item in interpreter._get_ops_details() if item["op_name"] != "DELEGATE")


Check = Callable[..., Converted]


def converted(
    model: onnx.ModelProto, feeds: Mapping[str, np.ndarray] | None = None, *, gpu: bool = True, **options: Any
) -> Converted:
    """Convert a model, run both, and return everything that there is to assert on; without `gpu` on the processor
    alone, for operators that no GPU has.
    """
    feeds = feeds_for(model) if feeds is None else feeds
    data = to_tflite(model, **options)
    outputs, interpreter = run(data, feeds)
    rank = max(len(item["shape"]) for item in interpreter.get_tensor_details())
    expected = expected_of(model, feeds)
    ends = max(array.ndim for array in (*feeds.values(), *expected.values()))
    findings = [str(found) for found in gpu_findings(data)]
    assert not gpu or not findings or ends > MOST_AXES, findings
    on_gpu = {} if findings or not gpu else outputs_on_gpu(data, feeds, list(expected))
    return Converted(data, outputs, expected, operators_of(interpreter), is_whole(interpreter), rank, on_gpu)


@pytest.fixture(scope="session")
def check_model() -> Check:
    """Convert a model and compare: check_model(model, feeds=None, tolerance=1e-5, **options)."""

    def check(model: onnx.ModelProto, feeds: Any = None, tolerance: float = 1e-5, **options: Any) -> Converted:
        return converted(model, feeds, **options).check(tolerance)

    return check


@pytest.fixture(scope="session")
def check_node() -> Check:
    """Convert a model of one node and compare: check_node(operator, inputs, constants, **attributes)."""

    def check(*args: Any, tolerance: float = 1e-5, feeds: Any = None, **keywords: Any) -> Converted:
        return converted(node_model(*args, **keywords), feeds).check(tolerance)

    return check


@pytest.fixture(scope="session")
def check_graph() -> Check:
    """Convert a model of some nodes and compare: check_graph(nodes, inputs, constants, results)."""

    def check(*args: Any, tolerance: float = 1e-5, feeds: Any = None, gpu: bool = True, **keywords: Any) -> Converted:
        return converted(graph_model(*args, **keywords), feeds, gpu=gpu).check(tolerance)

    return check


@pytest.fixture(scope="session")
def build_node() -> Callable[..., onnx.ModelProto]:
    """The model of one node, for tests of what is refused."""
    return node_model


@pytest.fixture(scope="session")
def build_graph() -> Callable[..., onnx.ModelProto]:
    """The model of some nodes, for tests of what is refused."""
    return graph_model
