"""Joined numbers in coremltools: a known part of them stays a part of float numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from efficientmod_export.targets.coreml import _convert
from efficientmod_mobile.deploy import capture
from efficientmod_mobile.errors import ConversionError


class Joins(nn.Module):
    """A row of numbers that are computed before rows of zeros, of which some are taken."""

    def forward(self, x: Tensor) -> Tensor:
        rows = torch.cat([x.mean((2, 3))[:, None], torch.zeros(1, 4, 3)], 1)
        return torch.cat([rows[:, :1], x.amax((2, 3))[:, None], rows[:, 2:]], 1)


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def test_known_numbers_among_computed_ones(
    convert: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = capture(Joins().eval(), torch.randn(1, 3, 5, 7))
    assert convert("coreml", program, tmp_path / "patched").exists()
    monkeypatch.setattr(_convert, "joined_floats", _as_it_is)
    with pytest.raises(ConversionError, match="int32"):  # what the patch is for
        convert("coreml", program, tmp_path / "unpatched")
