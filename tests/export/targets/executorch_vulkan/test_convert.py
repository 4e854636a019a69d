"""The `.pte` for Vulkan. Its runtime is not here: what is looked at is the finished file."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_mobile.deploy import Program, capture, deploy
from efficientmod_mobile.errors import ConversionError

from ....raising import refused
from ..conftest import Convert, options, strengthen

TARGET = "executorch-vulkan"


class Fused(nn.Module):
    """Attention as PyTorch's one operator for it, in a module of its own; with a mask no transform takes it apart."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 4, stride=4)
        self.attention = Attention()
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.attention(self.stem(x).flatten(2).transpose(1, 2)).mean(1))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.linspace(-1, 1, 30).repeat(30, 1))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (part[:, None] for part in x.split(8, -1))
        return F.scaled_dot_product_attention(q, k, v, self.mask)[:, 0]


@pytest.mark.slow
def test_a_network_in_the_targets_form_is_one_delegate_that_cannot_run_here(
    classifier: Program, convert: Convert
) -> None:
    artifact = convert(TARGET, deploy(classifier, find_target(TARGET).variants[0].recipe).program)
    assert (artifact.path.name, artifact.runtime) == ("model_vulkan.pte", "ExecuTorch with Vulkan")
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert b"VulkanBackend" in artifact.path.read_bytes()
    target = find_target(TARGET)
    (configuration,) = target.variants[0].configurations()
    assert configuration.unit == "gpu"
    with quiet():  # its imports warn
        assert "built without VulkanBackend" in (target.runtime.missing(configuration) or "")


class Logarithm(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(torch.log(1 + x * x).flatten(1))


def test_pieces_are_refused_with_what_lies_between_them(tmp_path: Path) -> None:
    program = capture(Logarithm().eval(), torch.zeros(1, 3, 4, 6))
    with (
        quiet(),
        refused(ConversionError, "not_fully_delegated", "log x1"),
    ):
        find_target(TARGET).make(program, options("fp32"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_fused_attention_is_refused_by_its_module(tmp_path: Path) -> None:
    program = capture(strengthen(Fused()), torch.zeros(1, 3, 20, 24))
    named = "scaled_dot_product_attention in attention "
    with quiet(), refused(ConversionError, "unsupported_attention", named):
        find_target(TARGET).make(program, options("fp32"), tmp_path)
    assert not list(tmp_path.iterdir())
