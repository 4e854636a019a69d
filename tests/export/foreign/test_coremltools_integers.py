"""Quotients of integers in coremltools: integers, and refused where it cannot be patched."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from efficientmod_export.foreign import _coremltools_integers, integer_quotients, quiet
from efficientmod_export.foreign._names import ForeignName
from efficientmod_mobile.deploy import capture
from efficientmod_mobile.errors import ConversionError

from ...raising import refused


class Divides(nn.Module):
    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, x: Tensor) -> Tensor:
        y = (x * 1000).int() if self.whole else x
        return torch.div(y, 7, rounding_mode="trunc")


def program(*, whole: bool) -> Any:
    return capture(Divides(whole=whole).eval(), torch.randn(1, 3, 5, 7))


@pytest.fixture(scope="module")
def registry() -> Any:
    with quiet():  # its imports warn
        from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY
    return _TORCH_OPS_REGISTRY


def test_it_is_applied_where_integers_are_divided(registry: Any) -> None:
    known = registry.get_func("div")
    with integer_quotients(program(whole=False).graph):
        assert registry.get_func("div") is known
    with integer_quotients(program(whole=True).graph):
        assert registry.get_func("div") is not known
        assert registry.get_func("relu").__name__ == "relu"
    assert registry.get_func("div") is known


@pytest.mark.usefixtures("registry")
def test_a_coremltools_that_cannot_be_patched(
    convert: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = _coremltools_integers.INTEGER_QUOTIENTS
    moved = replace(patch, target=ForeignName(patch.target.module, "_NO_SUCH_REGISTRY.get_func"))
    monkeypatch.setattr(_coremltools_integers, "INTEGER_QUOTIENTS", moved)
    with refused(ConversionError, "unsupported_quotient", "pip install"):
        convert("coreml", program(whole=True), tmp_path / "refused")
