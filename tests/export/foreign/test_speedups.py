"""With the shortcuts a converter writes the very bytes that it writes without."""

import gc
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import fx
from torch.fx import traceback

from efficientmod_export._stages import ConversionOptions
from efficientmod_export.backends import BACKENDS, _coreml, _onnx
from efficientmod_export.backends._lowering import assemble, lower
from efficientmod_export.backends._program import export
from efficientmod_export.bundle._digest import digest
from efficientmod_export.foreign import quiet
from efficientmod_export.foreign._faster_executorch import GraphState
from efficientmod_mobile.deploy import Program


def xnnpack() -> Any:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return XnnpackPartitioner()


def vulkan() -> Any:
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

    return VulkanPartitioner()


@pytest.mark.slow
@pytest.mark.parametrize("partitioner", [xnnpack, vulkan])
def test_executorch(partitioner: Callable[[], Any], classifier: Program) -> None:
    with quiet():  # executorch warns of its own deprecations when it is imported
        from executorch.exir import to_edge_transform_and_lower

        long = to_edge_transform_and_lower(export(classifier), partitioner=[partitioner()]).to_executorch()
        short = assemble(lower(classifier, partitioner()))
    assert bytes(short.buffer) == bytes(long.buffer)


@pytest.mark.parametrize(("target", "backend"), [("coreml", _coreml), ("onnx", _onnx)])
def test_coremltools_and_onnx(
    target: str, backend: ModuleType, classifier: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = ConversionOptions("fp32", 16, (0.5,) * 3, (0.2, 0.3, 0.4), None, "toy", "A toy network.")

    def converted(folder: str) -> str:
        (tmp_path / folder).mkdir()
        with quiet():
            return digest(BACKENDS[target].convert(classifier, settings, tmp_path / folder).path)

    short = converted("short")
    for shortcuts in ("torch_shortcuts", "coremltools_shortcuts"):
        monkeypatch.setattr(backend, shortcuts, nullcontext, raising=False)
    assert converted("long") == short


def test_everything_is_put_back(classifier: Program) -> None:
    with quiet():
        from executorch.exir.pass_base import _ExportPassBase

    def patched() -> tuple[Any, ...]:
        return fx.GraphModule.recompile, _ExportPassBase.call, vars(traceback)["copy"], gc.isenabled()

    before = patched()
    with quiet():
        lower(classifier, xnnpack())
        with pytest.raises(AttributeError):
            lower(classifier, "no partitioner")
    assert patched() == before


def test_a_changed_graph_is_another_state(classifier: Program) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.export warns of its own deprecations
        module = export(classifier).graph_module
    state = GraphState(module)
    assert GraphState(module) == state
    node = next(node for node in module.graph.nodes if node.op == "call_function")
    value = node.meta["val"]
    node.meta["val"] = value.clone()
    assert GraphState(module) != state
    node.meta["val"] = value
    assert GraphState(module) == state
    node.target = torch.ops.aten.neg.default
    assert GraphState(module) != state
