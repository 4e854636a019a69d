"""With the speed-ups a converter writes the same bytes as without; one whose target changed is not applied."""

import functools
import gc
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from efficientmod_export.bundle._digest import digest
from efficientmod_export.foreign import (
    _faster_coremltools,
    _faster_executorch,
    _faster_torch,
    coremltools_shortcuts,
    executorch_shortcuts,
    quiet,
    torch_shortcuts,
)
from efficientmod_export.foreign._coremltools_gelu import TANH_GELU
from efficientmod_export.foreign._coremltools_integers import INTEGER_QUOTIENTS
from efficientmod_export.foreign._coremltools_joined import WHOLE_VALUES
from efficientmod_export.foreign._faster_executorch import GraphState
from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import NO_PATCHES, Patch
from efficientmod_export.foreign._private_names import PATCHES
from efficientmod_export.targets._program import export
from efficientmod_export.targets.executorch._lowering import assemble, lower
from efficientmod_mobile.deploy import Program

SPEEDUPS: list[tuple[Any, Any, str]] = [
    (torch_shortcuts, _faster_torch, "COMPILE_WHEN_CALLED"),
    (torch_shortcuts, _faster_torch, "SHARE_HISTORIES"),
    (executorch_shortcuts, _faster_executorch, "TRACE_CHANGED_GRAPHS"),
    (coremltools_shortcuts, _faster_coremltools, "SKIP_VALIDATION"),
]
FUNCTIONS = [row for row in SPEEDUPS if getattr(row[1], row[2]).target.signature]  # the other one replaces a module


def parametrized(rows: list[tuple[Any, Any, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("shortcuts", "module", "name"), rows, ids=[name for _, _, name in rows])


EACH, EACH_FUNCTION = parametrized(SPEEDUPS), parametrized(FUNCTIONS)

DigestOf = Callable[[str], str]
Shortcuts = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def digest_of(classifier: Program, convert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> DigestOf:
    """Convert the network for a target; give the SHA-256 of the file or package."""
    return lambda target: digest(convert(target, classifier, tmp_path_factory.mktemp(target) / "converted"))


@pytest.fixture(scope="module")
def fast(digest_of: DigestOf) -> DigestOf:
    """The same with all speed-ups, each target once."""
    return functools.cache(digest_of)


@pytest.fixture(scope="module", autouse=True)
def imports_warn() -> None:
    with quiet():
        import coremltools  # noqa: F401
        from executorch.exir import pass_base  # noqa: F401


def in_place(patch: Patch) -> Any:
    return getattr(patch.target.owner(), patch.target.attribute)


@contextmanager
def other_signature(patch: Patch) -> Iterator[Any]:
    """The library with one more parameter in the patched function."""
    original = in_place(patch)

    def changed(*args: Any, added: object = None, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(patch.target.owner(), patch.target.attribute, changed)
        yield changed


@EACH
def test_it_is_applied_and_taken_back(shortcuts: Shortcuts, module: Any, name: str) -> None:
    patch = getattr(module, name)
    original = in_place(patch)
    with shortcuts():
        assert in_place(patch) is not original
    assert in_place(patch) is original
    with pytest.raises(ZeroDivisionError), shortcuts():
        raise ZeroDivisionError
    assert in_place(patch) is original
    assert gc.isenabled()


@EACH
def test_a_target_that_is_gone(
    shortcuts: Shortcuts, module: Any, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    patch = getattr(module, name)
    gone = ForeignName(patch.target.module, f"{patch.target.path}_of_old")
    monkeypatch.setattr(module, name, replace(patch, target=gone))
    original = in_place(patch)
    with shortcuts():
        assert in_place(patch) is original
        assert not hasattr(gone.owner(), gone.attribute)
    assert f"takes longer: {gone} does not exist" in caplog.text


@EACH
@pytest.mark.parametrize(
    "needed", [ForeignName("torch.fx.no_such_module", "x"), ForeignName("torch.fx", "Node.no_such_attribute")]
)
def test_a_name_that_the_replacement_needs_is_gone(
    shortcuts: Shortcuts, module: Any, name: str, needed: ForeignName, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = getattr(module, name)
    monkeypatch.setattr(module, name, replace(patch, relies_on=(*patch.relies_on, needed)))
    original = in_place(patch)
    with shortcuts():
        assert in_place(patch) is original


@EACH_FUNCTION
def test_a_target_with_another_signature(shortcuts: Shortcuts, module: Any, name: str) -> None:
    patch = getattr(module, name)
    with other_signature(patch) as changed:
        assert "is called as" in (patch.problem() or "")
        with shortcuts():
            assert in_place(patch) is changed


def test_a_changed_function_among_those_that_are_needed() -> None:
    patch = _faster_torch.SHARE_HISTORIES
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("torch.fx.traceback.NodeSource", lambda node: node)
        assert "NodeSource is called as (node), not as" in (patch.problem() or "")


@EACH
def test_the_switch(shortcuts: Shortcuts, module: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = getattr(module, name)
    original = in_place(patch)
    monkeypatch.setenv(NO_PATCHES, "1")
    with shortcuts():
        assert in_place(patch) is original
        assert gc.isenabled()
    monkeypatch.setenv(NO_PATCHES, "0")
    with shortcuts():
        assert in_place(patch) is not original


SLOW_TARGETS = [pytest.param(target, marks=pytest.mark.slow) for target in ("executorch", "executorch-coreml")]
TARGETS = pytest.mark.parametrize("target", ["onnx", "coreml", *SLOW_TARGETS])


@TARGETS
def test_the_bytes_with_the_switch(
    target: str, digest_of: DigestOf, fast: DigestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = fast(target)
    monkeypatch.setenv(NO_PATCHES, "1")
    assert digest_of(target) == short


@TARGETS
def test_the_bytes_with_libraries_that_changed(
    target: str, digest_of: DigestOf, fast: DigestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = fast(target)
    gone = ForeignName("torch.fx.traceback", "no_such_name")
    monkeypatch.setattr(_faster_torch, "SHARE_HISTORIES", replace(_faster_torch.SHARE_HISTORIES, target=gone))
    with (
        other_signature(_faster_torch.COMPILE_WHEN_CALLED),
        other_signature(_faster_coremltools.SKIP_VALIDATION),
        other_signature(_faster_executorch.TRACE_CHANGED_GRAPHS),
    ):
        assert digest_of(target) == short


def xnnpack() -> Any:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return XnnpackPartitioner()


def vulkan() -> Any:
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

    return VulkanPartitioner()


@pytest.mark.slow
@pytest.mark.parametrize("partitioner", [xnnpack, vulkan])
def test_executorchs_own_calls_give_the_same_bytes(partitioner: Callable[[], Any], classifier: Program) -> None:
    with quiet():  # executorch warns of its own deprecations when it is imported
        from executorch.exir import to_edge_transform_and_lower

        long = to_edge_transform_and_lower(export(classifier), partitioner=[partitioner()]).to_executorch()
        short = assemble(lower(classifier, partitioner()))
    assert bytes(short.buffer) == bytes(long.buffer)


def test_every_speedup_is_tested() -> None:
    corrections = {TANH_GELU, INTEGER_QUOTIENTS, WHOLE_VALUES}
    assert {getattr(module, name) for _, module, name in SPEEDUPS} == {*PATCHES} - corrections


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
