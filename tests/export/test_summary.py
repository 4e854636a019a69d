"""What an export prints of a TFLite file that delegates do not take whole."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

AWKWARD = """
from torch import nn


class Awkward(nn.Module):
    def __init__(self):
        super().__init__()
        self.pad = nn.ReflectionPad2d(20)
        self.stem = nn.Conv2d(3, 6, 3)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        y = self.stem(self.pad(x))
        n, _, h, w = y.shape
        return self.head(y.mean((2, 3))), y.reshape(n, 3, 2, h, w)


def build():
    return Awkward().eval()
"""


def test_it_names_what_stays_outside_and_the_axes(
    efficientmod: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "awkward_network.py").write_text(AWKWARD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    arguments = ("--model", "awkward_network:build", "--resolution", "32x48", "--target", "tflite")
    printed = efficientmod("export", *arguments).output
    assert "; outside them MIRROR_PAD x1" in printed
    assert "    tensors of up to 5 axes; delegates for GPUs take 4" in printed
