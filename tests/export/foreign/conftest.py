"""A small network with operators that use every patch of the converters."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._stages import ConversionOptions, NamedInput, Normalisation
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_mobile.deploy import Program, capture

# PyTorch writes thousands of debug records of its own to this logger as soon as somebody listens, as pytest does.
logging.getLogger("torch.__trace").disabled = True

CLASSES = 7


class Classifier(nn.Module):
    """Convolutions, a LayerNorm, GELU and products in both layouts: (1, 3, 16, 24) -> (1, CLASSES)."""

    def __init__(self, dim: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, dim, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 2 * dim)
        self.depthwise = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        self.fc2 = nn.Linear(2 * dim, dim)
        self.head = nn.Linear(dim, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.stem(x).permute(0, 2, 3, 1))
        context = F.gelu(self.depthwise(y.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        y = y + self.fc2(F.gelu(self.fc1(y)) * context.repeat(1, 1, 1, 2))
        return self.head(y.mean((1, 2)))


def strengthen(module: nn.Module, seed: int = 0) -> nn.Module:
    """Weights of a scale at which no layer is close to an identity or to nothing."""
    generator = np.random.default_rng(seed)
    for name, parameter in module.named_parameters():
        scale = 1.5 / parameter[0].numel() ** 0.5 if parameter.ndim > 1 else 0.5
        centre = 1.0 if name == "norm.weight" else 0.0
        parameter.data = torch.from_numpy(centre + scale * generator.standard_normal(parameter.shape)).float()
    return module.eval()


@pytest.fixture(scope="session")
def classifier() -> Program:
    return capture(strengthen(Classifier()), torch.zeros(1, 3, 16, 24))


@pytest.fixture(scope="session")
def convert() -> Callable[[str, Program, Path], Path]:
    """Convert a program for a target in float32, into a folder that does not exist yet; give the file or package."""
    options = ConversionOptions(
        "fp32", 16, (NamedInput("input", Normalisation((0.5,) * 3, (0.2, 0.3, 0.4))),), None, "toy", "A toy network."
    )

    def converted(target: str, program: Program, folder: Path) -> Path:
        folder.mkdir()
        with quiet():
            return find_target(target).make(program, options, folder).path

    return converted
