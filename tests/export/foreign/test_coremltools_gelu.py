"""coremltools writes the GELU that the network has, or the network is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import torch
from torch import nn

from efficientmod_export.bundle._digest import digest
from efficientmod_export.foreign import _coremltools_gelu, quiet, tanh_gelu
from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import NO_PATCHES, Patch
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.errors import ConversionError

from ...raising import refused

Convert = Callable[[str, Program, Path], Path]


def network(form: Literal["tanh", "none"]) -> Program:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.GELU(approximate=form), nn.AdaptiveAvgPool2d(1))
    return capture(nn.Sequential(layers, nn.Flatten()).eval(), torch.zeros(1, 3, 8, 10))


@pytest.fixture(scope="module")
def with_tanh() -> Program:
    return network("tanh")


@pytest.fixture(scope="module")
def exact() -> Program:
    return network("none")


@pytest.fixture(scope="module")
def registry() -> Any:
    with quiet():  # its imports warn
        from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY
    return _TORCH_OPS_REGISTRY


PATCH = _coremltools_gelu.TANH_GELU
MOVED = [
    replace(PATCH, target=ForeignName(PATCH.target.module, "_NO_SUCH_REGISTRY.get_func")),
    replace(PATCH, target=replace(PATCH.target, signature="(kind)")),
    replace(PATCH, relies_on=(ForeignName("coremltools.converters.mil", "Builder.no_such_operator"),)),
]


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("moved", MOVED, ids=["gone", "other signature", "other names"])
def test_a_coremltools_that_cannot_be_patched(
    moved: Patch,
    with_tanh: Program,
    exact: Program,
    convert: Convert,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digest(convert("coreml", exact, tmp_path / "before"))
    monkeypatch.setattr(_coremltools_gelu, "TANH_GELU", moved)
    with refused(ConversionError, "unsupported_gelu", "pip install") as caught:
        convert("coreml", with_tanh, tmp_path / "refused")
    assert (moved.problem() or "no problem") in str(caught.value)
    assert digest(convert("coreml", exact, tmp_path / "after")) == before


def test_it_is_applied_for_networks_that_need_it(with_tanh: Program, exact: Program, registry: Any) -> None:
    known = registry.get_func("gelu")
    with tanh_gelu(exact.graph):
        assert registry.get_func("gelu") is known
    with tanh_gelu(with_tanh.graph):
        assert registry.get_func("gelu") is not known
        assert registry.get_func("relu").__name__ == "relu"
        assert registry.get_func("no such operator") is None
    assert registry.get_func("gelu") is known


def test_the_switch_does_not_concern_it(with_tanh: Program, registry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NO_PATCHES, "1")
    known = registry.get_func("gelu")
    with tanh_gelu(with_tanh.graph):
        assert registry.get_func("gelu") is not known


def test_a_form_that_is_given_in_another_way_is_refused(with_tanh: Program, registry: Any) -> None:
    node = SimpleNamespace(kwinputs={"approximate": "tanh"}, inputs=["x"], name="y")
    with tanh_gelu(with_tanh.graph), refused(ConversionError, "unsupported_gelu", "'tanh'"):
        registry.get_func("gelu")({}, node)
