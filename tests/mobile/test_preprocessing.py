"""What states a preprocessing, and which statement wins."""

import argparse
from typing import Any

import pytest
import torch
from torch import nn

from efficientmod_mobile import IMAGENET, create_model, load_network, with_flags
from efficientmod_mobile._preprocessing import preprocessing_of
from efficientmod_mobile.errors import InputError

from ..raising import refused

TRAIN_PY = {"mean": None, "std": None, "interpolation": "", "crop_pct": None, "input_size": None, "img_size": None}


def arguments(**given: Any) -> argparse.Namespace:
    """Those of timm's train.py; None and "" are what it saves where nothing was typed."""
    return argparse.Namespace(**{**TRAIN_PY, "train_interpolation": "random", **given})


class Configured(nn.Identity):
    def __init__(self, **values: Any) -> None:
        super().__init__()
        self.pretrained_cfg = values


def test_arguments_win_over_the_checkpoints_configuration_and_that_over_the_modules() -> None:
    module = Configured(crop_pct=0.95, mean=(0.1, 0.1, 0.1), interpolation="bilinear", input_size=(3, 256, 192))
    beside = {
        "args": arguments(crop_pct=0.9, img_size=160),
        "pretrained_cfg": {"crop_pct": 1.0, "mean": (0.5, 0.5, 0.5), "crop_mode": "border"},
    }
    config = preprocessing_of(module, "net", beside)
    assert (config.crop_pct, config.input_size) == (0.9, (160, 160))
    assert (config.mean, config.resize_mode) == ((0.5, 0.5, 0.5), "letterbox")
    assert (config.interpolation, config.std) == ("bilinear", IMAGENET.std)
    assert config.origins == {
        "input_size": "the checkpoint's args",
        "crop_pct": "the checkpoint's args",
        "mean": "the checkpoint's pretrained_cfg",
        "resize_mode": "the checkpoint's pretrained_cfg",
        "interpolation": "the pretrained_cfg of net",
    }


def test_it_is_what_timm_resolves() -> None:
    from timm.data import resolve_data_config

    given = {"mean": [0.5], "std": (0.2, 0.3, 0.4), "interpolation": "bilinear", "crop_pct": 0.9}
    resolved = resolve_data_config({**vars(arguments(**given)), "input_size": (3, 96, 128)})
    config = preprocessing_of(nn.Identity(), "net", {"args": arguments(**given, input_size=(3, 96, 128))})
    assert config.input_size == resolved["input_size"][1:]
    for name in given:
        assert getattr(config, name) == resolved[name], name


@pytest.mark.parametrize("beside", [{}, {"args": None}, {"args": arguments()}, {"args": {"mean": "many", "lr": 1}}])
def test_what_states_nothing_leaves_the_defaults(beside: dict[str, Any]) -> None:
    config = preprocessing_of(nn.Identity(), "net", beside)
    assert (config, config.origins) == (IMAGENET, {})


def test_flags_win(tmp_path: Any) -> None:
    model = create_model("efficientmod_xxs", num_classes=3)
    torch.save(
        {"state_dict": model.state_dict(), "args": arguments(mean=[0.4, 0.5, 0.6], crop_pct=0.8)}, tmp_path / "x.pth"
    )
    read = load_network(None, str(tmp_path / "x.pth")).preprocessing
    assert (read.mean, read.crop_pct) == ((0.4, 0.5, 0.6), 0.8)
    flagged = with_flags(read, {"crop_pct": 1.0, "std": (1.0, 1.0, 1.0), "interpolation": None})
    assert (flagged.mean, flagged.crop_pct, flagged.std) == ((0.4, 0.5, 0.6), 1.0, (1.0, 1.0, 1.0))
    assert flagged.origins == {"mean": "the checkpoint's args", "crop_pct": "--crop-pct", "std": "--std"}


def test_a_stretch_loses_nothing_unless_a_crop_is_stated() -> None:
    assert with_flags(IMAGENET, {"resize_mode": "stretch"}).crop_pct == 1.0
    assert with_flags(IMAGENET, {"resize_mode": "letterbox", "crop_pct": 0.9}).crop_pct == 0.9
    assert with_flags(IMAGENET, {"resize_mode": "cover"}).crop_pct == 0.875
    assert with_flags(IMAGENET, {"resize_mode": "stretch"}).or_default(IMAGENET).crop_pct == 1.0


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"mean": (123.675, 116.28, 103.53)}, "--mean cannot be used: 123.675 is of pixels from 0 to 255"),
        ({"std": (0.2, -0.2, 0.2)}, "--std"),
        ({"crop_pct": 0.0}, "--crop-pct"),
        ({"resize_mode": "squash"}, "cover, stretch, letterbox"),
        ({"mean": (0.5, 0.5)}, "--mean"),
    ],
)
def test_flags_that_cannot_be_used(flags: dict[str, Any], named: str) -> None:
    with refused(InputError, "invalid_preprocessing", named):
        with_flags(IMAGENET, flags)
