"""Samples on which rounding decides are left out of the proof; what float16 rounds beyond an axis loses precision."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export import export
from efficientmod_export._subject import Subject, subject_of
from efficientmod_mobile import IMAGENET, Network, Weights

SIZE = (36, 44)


class Peaks(nn.Module):
    """The places of the largest maxima of their neighbourhoods, of a map with exact ties on flat pictures."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        heat = x.mean(1, keepdim=True)
        peaks = (heat * (heat == F.max_pool2d(heat, 3, 1, 1))).flatten(1)
        return torch.topk(peaks, 6)[1], heat


class Few(nn.Module):
    """The places of the six largest numbers, of which all are zero but on noise."""

    def forward(self, x: Tensor) -> Tensor:
        heat = x.mean(1).flatten(1)
        return torch.topk(heat * (heat.std() > 0.5), 6)[1]


class Chaos(nn.Module):
    """Gives the digits that float32 rounds."""

    def forward(self, x: Tensor) -> Tensor:
        return (x.mean((2, 3)) * 1e6) % 1.0


def subject(module: nn.Module) -> Subject:
    return subject_of(Network("net", module.eval(), None, Weights("module", sha256="0" * 64), IMAGENET), SIZE)


def test_ties_on_drawn_pictures() -> None:
    found = subject(Peaks())
    assert found.undecided is not None
    assert {"gradient", "checkerboard"} <= set(found.undecided.names)
    kept = [sample.name for sample in found.held.samples]
    assert not set(kept) & set(found.undecided.names)
    assert "noise" in kept
    assert len(found.held.references) == len(kept)
    assert found.left_out is not None
    assert "checkerboard" in found.left_out
    assert found.doubt is None


def test_zeros_have_no_order() -> None:
    torch.manual_seed(0)
    found = subject(Few())
    assert found.undecided is not None
    assert {"gradient"} <= set(found.undecided.names)


def test_nothing_is_left_out_of_an_ordinary_network() -> None:
    torch.manual_seed(0)
    found = subject(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)))
    assert len(found.held.samples) == 5
    assert found.left_out is None
    assert found.doubt is None


def test_where_too_few_would_be_left_all_stay_and_a_failure_says_why() -> None:
    found = subject(Chaos())
    assert len(found.held.samples) == 5
    assert found.left_out is None
    assert found.doubt is not None
    assert found.doubt.startswith("PyTorch's own outputs for ")
    assert "flower, " in found.doubt


class Bins(nn.Module):
    """Reads a table at a place that float16 rounds beyond it: 15.997."""

    def forward(self, x: Tensor) -> Tensor:
        places = ((x[:, 0].sigmoid() * 0.001 + 0.9989) * 16).long().clamp(min=0).flatten(1)
        return x.flatten(1)[:, :16].gather(1, places)


class StoredBins(nn.Module):
    """The number itself, 15.999, is stored as 16."""

    def forward(self, x: Tensor) -> Tensor:
        places = (x[:, 0].clamp(0, 1) * 15.999).long().flatten(1)
        return x.flatten(1)[:, :16].gather(1, places)


@pytest.mark.slow
@pytest.mark.parametrize("network", [Bins(), StoredBins()], ids=["computed", "stored"])
def test_an_index_that_float16_rounds_beyond_its_axis_loses_precision(network: nn.Module, tmp_path: Path) -> None:
    result = export(network, targets=("coreml",), precisions=("fp16",), output=tmp_path / "out", resolution=SIZE)
    (variant,) = result.variants
    assert variant.failure is not None
    assert variant.failure.code == "precision_loss"
    assert "index 16 is out of bounds" in str(variant.failure)
    assert "--precision fp32" in str(variant.failure)
