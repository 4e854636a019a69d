"""The short way through ExecuTorch's lowering gives the very bytes of the long one."""

import gc
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn
from torch.fx import traceback

from efficientmod_export.backends import quiet
from efficientmod_export.backends._lowering import _State, assemble, lower
from efficientmod_export.backends._program import export
from efficientmod_mobile.deploy import Program, capture


class Everything(nn.Module):
    """Something for each of the passes: fused activations, norms, a linear layer, attention, resizing, a long sum."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU6())
        self.other = nn.Conv2d(8, 8, 1)
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.stem(x), self.other(self.stem(x)).relu()], 1)[:, 4:12]
        x = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear")
        tokens = self.norm(x.flatten(2).transpose(1, 2))
        weights = (self.query(tokens) @ self.key(tokens).transpose(1, 2)).softmax(-1)
        return self.head(nn.functional.gelu(weights @ self.value(tokens)).mean(1))


@pytest.fixture(scope="module")
def program() -> Program:
    return capture(Everything().eval(), torch.zeros(1, 3, 12, 16))


def xnnpack() -> Any:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return XnnpackPartitioner()


def vulkan() -> Any:
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

    return VulkanPartitioner()


@pytest.mark.slow
@pytest.mark.parametrize("partitioner", [xnnpack, vulkan])
def test_the_bytes_are_executorchs_own(partitioner: Callable[[], Any], program: Program) -> None:
    with quiet():  # executorch warns of its own deprecations when it is imported
        from executorch.exir import to_edge_transform_and_lower

        long = to_edge_transform_and_lower(export(program), partitioner=[partitioner()]).to_executorch()
        short = assemble(lower(program, partitioner()))
    assert bytes(short.buffer) == bytes(long.buffer)


def test_everything_is_put_back(program: Program) -> None:
    with quiet():
        from executorch.exir.pass_base import _ExportPassBase

    before = (fx.GraphModule.recompile, _ExportPassBase.call, vars(traceback)["copy"], gc.isenabled())
    with quiet():
        lower(program, xnnpack())
        with pytest.raises(AttributeError):
            lower(program, "no partitioner")
    assert (fx.GraphModule.recompile, _ExportPassBase.call, vars(traceback)["copy"], gc.isenabled()) == before


def test_a_changed_graph_is_another_state(program: Program) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.export warns of its own deprecations
        module = export(program).graph_module
    state = _State(module)
    assert _State(module) == state
    node = next(node for node in module.graph.nodes if node.op == "call_function")
    value = node.meta["val"]
    node.meta["val"] = value.clone()
    assert _State(module) != state
    node.meta["val"] = value
    assert _State(module) == state
    node.target = torch.ops.aten.neg.default
    assert _State(module) != state
