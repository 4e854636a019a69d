"""Pictures through a bundle's artifacts and PyTorch, from the command line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result
from PIL import Image

from efficientmod_export.bundle.contract import open_bundle

Command = Callable[..., Result]
LABELS = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu"]

DENSE = """
from torch import nn


def build():
    return nn.Conv2d(3, 3, 3, padding=1)
"""


@pytest.fixture
def bundle(efficientmod: Command, tiny_model: str) -> Path:
    Path("labels.txt").write_text("\n".join(LABELS))
    noise = np.random.RandomState(0).randint(0, 256, (90, 70, 3), np.uint8)
    Image.fromarray(noise).save("noise.png")
    Image.new("RGB", (80, 60), (200, 30, 90)).save("red.jpg")
    shape = ("--resolution", "48x64", "--labels", "labels.txt", "--publish-names", "--quiet")
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", *shape)
    assert made.exit_code == 0, made.output
    return Path("out")


def test_every_artifact_and_pytorch_tell_the_best_classes(efficientmod: Command, bundle: Path) -> None:
    told = json.loads(efficientmod("predict", bundle, "noise.png", "red.jpg", "--json").stdout)
    assert told["missing"] == []
    assert [(one["picture"], one["by"]) for one in told["predictions"]] == [
        ("noise.png", "onnx"),
        ("noise.png", "PyTorch"),
        ("red.jpg", "onnx"),
        ("red.jpg", "PyTorch"),
    ]
    preprocessing = open_bundle(bundle).manifest.inputs[0].preprocessing
    assert preprocessing is not None
    with Image.open("noise.png") as picture:
        tensor = preprocessing.tensor(preprocessing.pixels(np.asarray(picture)))
    with torch.no_grad():
        expected = sys.modules["tiny_network"].build().eval()(torch.from_numpy(tensor)).softmax(-1)[0].topk(5)
    for one in told["predictions"][:2]:
        assert [score["index"] for score in one["best"]] == expected.indices.tolist()
        assert [score["label"] for score in one["best"]] == [LABELS[place] for place in expected.indices]
        np.testing.assert_allclose([score["value"] for score in one["best"]], expected.values, rtol=1e-4)


def test_a_person_sees_a_table_for_each_picture(efficientmod: Command, bundle: Path) -> None:
    shown = efficientmod("predict", bundle / "model.onnx", "noise.png")
    assert shown.exit_code == 0, shown.output
    lines = [line.rstrip() for line in shown.stdout.splitlines()]
    assert lines[0].startswith("Pictures: an upright RGB picture")
    assert lines[1] == "noise.png"
    assert sum(line.split()[-1] in LABELS for line in lines[3:]) == 10
    assert [line.split()[0] for line in lines[1:] if not line.startswith(" ")] == ["noise.png", "by", "onnx", "PyTorch"]


def test_what_cannot_be_predicted(efficientmod: Command, bundle: Path) -> None:
    Path("text.png").write_text("no picture")
    for arguments, code in (
        ((bundle, "absent.png"), "missing_picture"),
        ((bundle, "text.png"), "undecodable_picture"),
        ((bundle / "labels.txt", "noise.png"), "unknown_file_kind"),
        ((bundle, "noise.png", "--mean", "0", "0", "0"), "conflicting_options"),
    ):
        answer = efficientmod("predict", *arguments, "--json")
        assert (answer.exit_code, json.loads(answer.stdout)["error"]["code"]) == (2, code)
    (bundle / "model.onnx").write_bytes(b"changed")
    assert efficientmod("predict", bundle, "noise.png").exit_code == 2


def test_pictures_that_a_network_gives_are_written(
    efficientmod: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "image_network.py").write_text(DENSE)
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (80, 60), (200, 30, 90)).save("red.png")
    made = efficientmod(
        "export", "--model", "image_network:build", "--target", "onnx", "--resolution", "48x64", "--publish-names", "-q"
    )
    assert made.exit_code == 0, made.output
    told = json.loads(efficientmod("predict", "out", "red.png", "--output", "made", "--json").stdout)
    written = [Path(file) for one in told["predictions"] for file in one["written"]]
    assert [path.name for path in written] == ["red_onnx_image_out.png", "red_PyTorch_image_out.png"]
    first, second = (np.asarray(Image.open(path)).astype(int) for path in written)
    assert first.shape == (48, 64, 3)
    assert np.abs(first - second).max() <= 1
