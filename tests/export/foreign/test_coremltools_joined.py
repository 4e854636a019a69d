"""Joined numbers in coremltools: a known part of them stays a part of float numbers."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import capture


class Joins(nn.Module):
    """A row of numbers that are computed before rows of zeros, of which some are taken."""

    def forward(self, x: Tensor) -> Tensor:
        rows = torch.cat([x.mean((2, 3))[:, None], torch.zeros(1, 4, 3)], 1)
        return torch.cat([rows[:, :1], x.amax((2, 3))[:, None], rows[:, 2:]], 1)


def test_known_numbers_among_computed_ones(convert: Callable[..., Path], tmp_path: Path) -> None:
    """Without the patch the conversion fails: a part of int32 in place of one of float32."""
    assert convert("coreml", capture(Joins().eval(), torch.randn(1, 3, 5, 7)), tmp_path / "joined").exists()
