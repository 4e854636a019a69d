"""The flags of the preprocessing, and the line of the summary that says what was taken from where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Command = Callable[..., Result]
ARGUMENTS = ("export", "--model", "tiny_network:build", "--target", "onnx", "--resolution", "48x64")

DENSE = """
from torch import nn


def build():
    return nn.Conv2d(3, 5, 3, padding=1)
"""


def preprocessing(bundle: str = "out") -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(bundle, "manifest.json").read_text())["inputs"][0]["preprocessing"]
    return read


@pytest.mark.usefixtures("tiny_model")
def test_they_are_in_the_manifest_and_the_summary(efficientmod: Command) -> None:
    flags = ("--mean", "0.5", "0.4", "0.3", "--interpolation", "bilinear", "--resize-mode", "letterbox")
    made = efficientmod(*ARGUMENTS, *flags)
    assert made.exit_code == 0, made.output
    stated = preprocessing()
    assert stated["resize"] == {
        "rule": "letterbox",
        "height": 48,
        "width": 64,
        "interpolation": "bilinear",
        "antialias": True,
    }
    assert stated["crop"] == {"position": "center", "height": 48, "width": 64, "fill": [128, 102, 76]}
    assert (stated["mean"], stated["std"]) == ([0.5, 0.4, 0.3], [0.229, 0.224, 0.225])
    assert (
        "Pictures: letterbox 48x64 by bilinear, mean 0.5 0.4 0.3, std 0.229 0.224 0.225 (input_size from --resolution; "
        "resize_mode, crop_pct from --resize-mode; interpolation from --interpolation; mean from --mean; "
        "std by default)\n"
    ) in made.output


@pytest.mark.usefixtures("tiny_model")
def test_what_is_not_stated_is_said_to_be_the_default(efficientmod: Command) -> None:
    told = json.loads(efficientmod(*ARGUMENTS, "--json").stdout)["preprocessing"]
    assert told.startswith("cover 54x73 by bicubic, centre 48x64, mean 0.485 0.456 0.406")
    assert told.endswith("(input_size from --resolution; resize_mode, interpolation, crop_pct, mean, std by default)")


def test_a_dense_network_sees_the_whole_picture(
    efficientmod: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dense_network.py").write_text(DENSE)
    monkeypatch.chdir(tmp_path)
    dense = ("export", "--model", "dense_network:build", "--target", "onnx", "--resolution", "48x64")
    made = efficientmod(*dense)
    assert made.exit_code == 0, made.output
    assert (preprocessing()["resize"]["rule"], preprocessing()["resize"]["height"]) == ("stretch", 48)
    assert "Pictures: stretch 48x64 by bicubic" in made.output
    efficientmod(*dense, "--resize-mode", "cover", "--crop-pct", "0.5")
    assert (preprocessing()["resize"]["rule"], preprocessing()["resize"]["height"]) == ("cover", 96)


@pytest.mark.usefixtures("tiny_model")
def test_one_that_cannot_be_used(efficientmod: Command) -> None:
    answer = efficientmod(*ARGUMENTS, "--mean", "123", "116", "103", "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["error"]["code"]) == (2, "invalid_preprocessing")
