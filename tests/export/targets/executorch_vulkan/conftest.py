"""Networks lowered for Vulkan without the forms of the target, and programs written by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._stages import InputSpec, ModelFile, TensorSpec
from efficientmod_export.foreign import quiet
from efficientmod_export.targets._program import output_names, output_shapes
from efficientmod_export.targets.executorch._lowering import partitioned_pte
from efficientmod_export.targets.executorch_vulkan._graph import CHANNELS_PACKED, Call, Graph, Several, Value
from efficientmod_mobile.deploy import Program, capture

from ..conftest import strengthen

TEXTURE = 1


def tensor(*shape: int, layout: int = CHANNELS_PACKED, storage: int = TEXTURE) -> Value:
    return Value(shape, torch.float32, storage, layout)


def written(name: str, *arguments: object, result: object = None) -> Graph:
    """A program of one operator; each argument is a value of its own, and those that are tensors are inputs."""
    values = (*arguments, tensor(1) if result is None else result)
    inputs = tuple(place for place, value in enumerate(arguments) if isinstance(value, Value))
    call = Call(0, name, tuple(range(len(arguments))), len(arguments))
    outputs = result.places if isinstance(result, Several) else (len(arguments),)
    return Graph(values, (call,), inputs, outputs)


class Faulty(nn.Module):
    """Every row that a network can come to, with groups, norms and activations that PyTorch computes right."""

    def __init__(self) -> None:
        super().__init__()
        self.padded = nn.Conv2d(3, 6, 3, padding=1)
        self.depthwise = nn.Conv2d(6, 6, 7, padding=3, groups=6)
        self.strided = nn.Conv2d(6, 6, 7, stride=2, groups=6)
        self.pointwise = nn.Conv2d(6, 6, 1, groups=2)
        self.grouped = nn.Conv2d(6, 12, 3, groups=3)
        self.doubled = nn.Conv2d(12, 24, 3, padding=1, groups=12)
        self.norm = nn.LayerNorm(7, elementwise_affine=False)
        self.slopes = nn.PReLU(24)

    def forward(self, x: Tensor) -> Tensor:
        y = F.gelu(self.depthwise(F.relu(self.padded(x))))
        y = self.doubled(self.grouped(self.pointwise(self.strided(y))))
        y = self.norm(self.slopes(y))
        return (3 * y.mean((2, 3), keepdim=True).flatten(1)).softmax(-1)


@pytest.fixture(scope="session")
def lower(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Program], ModelFile]:
    """Lower as ExecuTorch does by itself."""

    def lowered(program: Program) -> ModelFile:
        with quiet():
            from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

            data = partitioned_pte(program, VulkanPartitioner()).data
        path: Path = tmp_path_factory.mktemp("lowered") / "model.pte"
        path.write_bytes(data)
        outputs = zip(output_names(program), output_shapes(program), strict=True)
        taken = InputSpec("input", tuple(program.examples[0].shape), "float32", "NCHW", None)
        return ModelFile(path, (taken,), tuple(TensorSpec(name, shape, "float32", "any") for name, shape in outputs))

    return lowered


@pytest.fixture(scope="session")
def faulty() -> Program:
    return capture(strengthen(Faulty()), torch.zeros(1, 3, 22, 24))


@pytest.fixture(scope="session")
def faulty_file(faulty: Program, lower: Callable[[Program], ModelFile]) -> ModelFile:
    return lower(faulty)
