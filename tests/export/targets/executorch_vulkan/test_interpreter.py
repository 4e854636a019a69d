"""Vulkan programs run in PyTorch: operators by themselves, whole files, float16, and what is not run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._stages import ModelFile, Precision, Sample
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_export.targets.executorch_vulkan import _interpreter
from efficientmod_export.targets.executorch_vulkan._file import VulkanFile
from efficientmod_export.targets.executorch_vulkan._graph import BUFFER, Graph, Several, Value
from efficientmod_export.targets.executorch_vulkan._interpreter import VulkanInterpreter, VulkanSession
from efficientmod_export.targets.executorch_vulkan._kernels import KERNELS, operator
from efficientmod_mobile.deploy import Program, capture, deploy, run
from efficientmod_mobile.errors import ConversionError

from ....raising import refused
from ..conftest import options
from .conftest import TEXTURE, tensor, written

TARGET = find_target("executorch-vulkan")
Samples = Callable[[Program], Sample]


def evaluated(graph: Graph, *inputs: Tensor, rounds: bool = False) -> list[Tensor]:
    session = VulkanSession(VulkanFile(graph, graph.inputs, graph.outputs), rounds=rounds)
    session.bind([values.numpy() for values in inputs])
    session.invoke()
    return [torch.from_numpy(values) for values in session.results()]


X = torch.linspace(-3, 3, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
W = torch.linspace(-1, 1, 6 * 3 * 3 * 2).reshape(6, 3, 3, 2)
CLAMPED = (None, [1, 2], [2, 1], [1, 1], False, [0, 0], 1)

OPERATORS: dict[str, tuple[Graph, tuple[Tensor, ...], Tensor]] = {
    "an argument by keyword": (
        written("aten.add.Tensor", tensor(2, 3, 4, 5), tensor(1, 3, 1, 1), 2, result=tensor(2, 3, 4, 5)),
        (X, X[:1, :, :1, :1]), X + 2 * X[:1, :, :1, :1],
    ),
    "a whole number with a fraction": (
        written("aten.slice_copy.Tensor", tensor(2, 3, 4, 5), 3.0, 0.0, 3, 1.0, result=tensor(2, 3, 4, 3)),
        (X,), X[..., :3],
    ),
    "a convolution with an activation": (
        written("et_vk.conv_with_clamp.default", tensor(2, 3, 4, 5), tensor(6, 3, 3, 2), *CLAMPED, 0.0, 1.797e308,
                result=tensor(2, 6, 6, 3)),
        (X, W), F.relu(F.conv2d(X, W, None, (1, 2), (2, 1))),
    ),
    "a convolution cut on both sides": (
        written("et_vk.conv_with_clamp.default", tensor(2, 3, 4, 5), tensor(6, 3, 3, 2), *CLAMPED, 0, 6,
                result=tensor(2, 6, 6, 3)),
        (X, W), F.relu6(F.conv2d(X, W, None, (1, 2), (2, 1))),
    ),
    "a constant made ready": (written("et_vk.prepack.default", tensor(2, 3, 4, 5), result=tensor(2, 3, 4, 5)), (X,), X),
    "a mean": (
        written("aten.mean.dim", tensor(2, 3, 4, 5), [2, 3], True, None, result=tensor(2, 3, 1, 1)),
        (X,), X.mean((2, 3), keepdim=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("graph", "inputs", "expected"), OPERATORS.values(), ids=OPERATORS)
def test_an_operator(graph: Graph, inputs: tuple[Tensor, ...], expected: Tensor) -> None:
    (found,) = evaluated(graph, *inputs)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= 1e-6


def test_several_results() -> None:
    one = written("aten.split_with_sizes_copy.default", tensor(2, 3, 4, 5), [1, 2], 1, result=Several((4, 5)))
    values = (*one.values, tensor(2, 1, 4, 5), tensor(2, 2, 4, 5))
    first, second = evaluated(Graph(values, one.calls, one.inputs, (4, 5)), X)
    assert torch.equal(first, X[:, :1])
    assert torch.equal(second, X[:, 1:])


def test_float16_rounds_what_is_declared_and_not_moved() -> None:
    half = replace(tensor(2, 3, 4, 5), dtype=torch.float16)
    graph = written("aten.exp.default", half, result=half)
    (rounded,), (exact,) = evaluated(graph, X, rounds=True), evaluated(graph, X)
    assert torch.equal(rounded, X.half().float().exp().half().float())
    assert torch.equal(exact, X.exp())
    single = written("aten.exp.default", tensor(2, 3, 4, 5), result=tensor(2, 3, 4, 5))
    assert torch.equal(evaluated(single, X, rounds=True)[0], X.exp())


@pytest.mark.parametrize(("kernel", "storage", "summed"), [(1, TEXTURE, False), (3, TEXTURE, True), (1, BUFFER, False)])
def test_sums_of_larger_windows_are_in_float16(kernel: int, storage: int, summed: bool) -> None:
    """On a Mali GPU; in float32, or from a texture, the sum is rounded once."""
    torch.manual_seed(0)
    x, w = torch.randn(1, 512, 5, 6).half().float(), (torch.randn(4, 512, kernel, kernel) / 50).half().float()
    same = (None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)
    size = (1, 4, 6 - kernel, 7 - kernel)
    values = (halved(*x.shape), halved(*w.shape), *same, halved(*size, storage=storage))
    graph = written("aten.convolution.default", *values[:-1], result=values[-1])
    once = F.conv2d(x.double(), w.double()).half().float()
    found = evaluated(graph, x, w, rounds=True)[0]
    assert torch.equal(found, once) != summed
    assert (found - once).abs().max() < 0.05


@pytest.mark.parametrize(("storage", "summed"), [(TEXTURE, False), (BUFFER, True)])
def test_sums_of_buffers_are_in_float16(storage: int, summed: bool) -> None:
    torch.manual_seed(0)
    x, w = torch.randn(1, 7, 1024).half().float(), (torch.randn(5, 1024) / 32).half().float()
    graph = written(
        "aten.linear.default", halved(1, 7, 1024), halved(5, 1024), None, result=halved(1, 7, 5, storage=storage)
    )
    once = (x.double() @ w.double().mT).half().float()
    found = evaluated(graph, x, w, rounds=True)[0]
    assert torch.equal(found, once) != summed
    assert (found - once).abs().max() < 0.05


def halved(*shape: int, storage: int = TEXTURE) -> Value:
    return replace(tensor(*shape, storage=storage), dtype=torch.float16)


def test_an_operator_that_gives_another_shape_is_damage() -> None:
    graph = written("aten.exp.default", tensor(2, 3, 4, 5), result=tensor(2, 3, 4, 6))
    with refused(ConversionError, "inconsistent_program", "0, aten.exp.default(2x3x4x5) -> 2x3x4x6"):
        evaluated(graph, X)


def test_an_operator_with_impossible_arguments_is_damage() -> None:
    graph = written("aten.mean.dim", tensor(2, 3, 4, 5), [7], True, None, result=tensor(2, 3, 1, 1))
    with refused(ConversionError, "operator_failed", "aten.mean.dim"):
        evaluated(graph, X)


def opened(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_interpreter, "read_file", lambda _: VulkanFile(graph, graph.inputs, graph.outputs))
    specs = ModelFile(Path("model.pte"), (None,) * len(graph.inputs), (None,) * len(graph.outputs))  # type: ignore[arg-type]
    VulkanInterpreter().open(specs, TARGET.variants[0].configurations()[0])


def test_unknown_operators_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = written("et_vk.sdpa.default", tensor(4, 8)), written("aten.cumsum.default", tensor(4, 8))
    graph = Graph(one.values, (*one.calls, *other.calls), one.inputs, one.outputs)
    with refused(ConversionError, "unsupported_program", "aten.cumsum.default, et_vk.sdpa.default"):
        opened(graph, monkeypatch)


def test_arguments_of_the_wrong_kind_are_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = written("aten._softmax.default", tensor(4, 8), "last", False)
    with refused(ConversionError, "loading_failed", "model.pte"):
        opened(graph, monkeypatch)


def test_registering_twice_raises() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        operator("aten.exp.default")(torch.exp)


def error_of(program: Program, precision: Precision, folder: Path, samples: Samples) -> tuple[float, ModelFile]:
    """The largest difference of any output from PyTorch's, of its range."""
    changed = deploy(program, TARGET.variant(precision).recipe).program
    with quiet():
        artifact = TARGET.make(changed, options(precision), folder)
        (configuration,) = TARGET.variant(precision).configurations()
        session = VulkanInterpreter().open(artifact, configuration)
    sample = samples(program)
    session.bind([sample.inputs[0].tensor])
    session.invoke()
    expected = run(program, torch.from_numpy(sample.inputs[0].tensor))
    pairs = list(zip(session.results(), [values.numpy() for values in expected], strict=True))
    assert all(found.shape == wanted.shape and found.dtype == np.float32 for found, wanted in pairs)
    return max(float(np.abs(found - wanted).max() / np.ptp(wanted)) for found, wanted in pairs), artifact


@pytest.mark.slow
@pytest.mark.parametrize("network", ["classifier", "backbone"])
def test_small_networks(network: str, request: pytest.FixtureRequest, tmp_path: Path, made_sample: Samples) -> None:
    program = request.getfixturevalue(network)
    assert error_of(program, "fp32", tmp_path, made_sample)[0] < 2e-6
    error, artifact = error_of(program, "fp16", tmp_path, made_sample)
    assert 1e-5 < error < 5e-3
    assert artifact.path.name == "model_vulkan_fp16.pte"


class Operators(nn.Module):
    """What networks are made of, each operator as an output of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.transposed = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.linear = nn.Linear(8, 5)
        self.batch, self.groups = nn.BatchNorm2d(8), nn.GroupNorm(2, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.stem(x)
        rows = y.flatten(2).transpose(1, 2)
        first, second = y.split((3, 5), 1)
        return (
            F.hardswish(y), F.silu(y), F.leaky_relu(y, 0.2), F.relu6(y), torch.tanh(y), F.hardsigmoid(y),
            y.abs().sqrt(),
            F.max_pool2d(y, 3, 2, 1), F.avg_pool2d(y, 2), self.transposed(y), self.linear(rows),
            torch.cat((second, first), 1), F.pad(y, (1, 2, 0, 1)), F.interpolate(y, scale_factor=2),
            F.interpolate(y, scale_factor=2, mode="bilinear"), F.pixel_shuffle(y, 2), self.batch(torch.sin(y)),
            rows @ rows.transpose(1, 2), y[:, 1:7:2], torch.minimum(y, 2 - y), y.amax(1), y / (1 + y * y),
            y.repeat(1, 2, 1, 1), self.groups(y), y.pow(2).sum((2, 3)),
        )  # fmt: skip


@pytest.mark.slow
def test_each_operator_of_a_network(tmp_path: Path, made_sample: Samples) -> None:
    torch.manual_seed(0)
    program = capture(Operators().eval(), torch.zeros(1, 3, 8, 10))
    assert error_of(program, "fp32", tmp_path, made_sample)[0] < 3e-6


def test_every_kernel_has_a_name_of_a_known_namespace() -> None:
    assert {name.split(".")[0] for name in KERNELS} == {"aten", "dim_order_ops", "et_vk"}
    assert all(len(name.split(".")) == 3 for name in KERNELS)
    assert isinstance(tensor(1), Value)
