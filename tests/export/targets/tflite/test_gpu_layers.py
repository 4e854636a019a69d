"""`verify --layers` on the GPU: the first layer that drifts there, in each arithmetic."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export._vulkan import DRIVERS, installed

Command = Callable[..., Result]

OVERFLOWING = """
import torch
from torch import nn


class Large(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2)
        self.wide = nn.Conv2d(8, 12, 1)
        self.head = nn.Linear(12, 5)
        nn.init.normal_(self.wide.weight, std=3e4)

    def forward(self, x):
        return self.head((torch.relu(self.wide(torch.relu(self.stem(x)))) / 3e4).mean((2, 3)))


def build():
    torch.manual_seed(0)
    return Large().eval()
"""


@pytest.mark.slow
@pytest.mark.skipif(not all(map(installed, DRIVERS)), reason="a driver is not installed; run .ci/install_vulkan")
def test_layers_name_what_overflows_on_the_gpu(
    efficientmod: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VK_ICD_FILENAMES")
    monkeypatch.chdir(tmp_path)
    Path("large_on_gpu.py").write_text(OVERFLOWING)
    arguments = ("--model", "large_on_gpu:build", "--resolution", "48x64", "--target", "tflite")
    made = efficientmod("export", *arguments, "--publish-names", "--output", "bundle")
    assert "on the gpu in float16" in made.stderr, made.output
    sentences = json.loads(efficientmod("verify", "bundle", "--layers", "--json").stdout)["layers"]["tflite"]
    cpu, float32, float16 = sentences
    assert cpu.startswith("no layer drifts: all ")
    assert float32.startswith("on the gpu in float32, no layer drifts: all ")
    assert float16.startswith("on the gpu in float16, the first layer that drifts is ")
    assert "node relu_1): inf of its range" in float16
    assert "not readable between the two: conv2d_1." in float16
