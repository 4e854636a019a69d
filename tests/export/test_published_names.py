"""What a bundle says of a user's own code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export._published import HiddenNames
from efficientmod_export.mil import MODULES_KEY, Package

Command = Callable[..., Result]

NETWORK = """
import torch
from torch import nn


class Confidential(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.confidential_stem = nn.Conv2d(3, 8, 5, stride=4)
        self.confidential_norm = nn.LayerNorm(8)
        self.confidential_head = nn.Linear(8, 7)

    def forward(self, x):
        x = self.confidential_stem(x).mean((2, 3))
        return self.confidential_head(self.confidential_norm(x) + x)


def build_net():
    return Confidential()
"""
pytestmark = pytest.mark.slow  # five targets, twice

TARGETS = ("coreml", "executorch", "executorch-coreml", "onnx", "tflite")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "confidential_package").mkdir()
    (tmp_path / "confidential_package" / "nets.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "confidential_package.nets:build_net"


def saying(folder: Path, word: str) -> list[str]:
    """The files that hold a word."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.name for path in files if word.encode() in path.read_bytes().lower()]


def export(efficientmod: Command, model: str, *more: str) -> None:
    targets = [word for target in TARGETS for word in ("--target", target)]
    made = efficientmod(
        "export", "--model", model, "--resolution", "48x64", "--unit", "cpu", *targets, *more, "--quiet"
    )
    assert made.exit_code == 0, made.output


def test_names_in_a_users_own_code_are_not_published(efficientmod: Command, model: str) -> None:
    export(efficientmod, model)
    assert saying(Path("out"), "confidential") == []
    assert json.loads(Path("out/manifest.json").read_text())["model"]["name"] == "build_net"
    refused = next(
        one
        for step in json.loads(Path("out/proof.json").read_text())["artifacts"][0]["transforms"]["steps"]
        for one in step["refused"]
    )
    assert refused["where"].startswith("module ")
    picture = next(Path("out/golden").glob("china*.png"))
    told = json.loads(efficientmod("predict", "out/model.onnx", picture, "--json").stdout)
    assert "--model package.module:function" in told["missing"][0]
    with_network = ("predict", "out/model.onnx", picture, "--model", model, "--json")
    told = json.loads(efficientmod(*with_network).stdout)
    assert [one["by"] for one in told["predictions"]] == ["onnx", "PyTorch"]
    layers = efficientmod("verify", "out", "--layers", "--model", model, "--json")
    assert layers.exit_code == 0, layers.output
    assert json.loads(layers.stdout)["layers"].keys() == set(TARGETS)


def test_they_are_where_the_user_says_so(efficientmod: Command, model: str) -> None:
    export(efficientmod, model, "--publish-names")
    assert json.loads(Path("out/manifest.json").read_text())["model"]["name"] == model
    assert {"manifest.json", "model.onnx", "proof.json", "README.md"} <= set(saying(Path("out"), "confidential"))
    modules = Package(Path("out/model.mlpackage")).specification.description.metadata.userDefined[MODULES_KEY]
    assert "confidential_head" in modules


def test_a_network_of_ones_own_can_have_another_name(efficientmod: Command, model: str) -> None:
    made = efficientmod("export", "--model", model, "--name", "plants", "--target", "onnx", "--resolution", "48", "-q")
    assert made.exit_code == 0, made.output
    assert json.loads(Path("out/manifest.json").read_text())["model"]["name"] == "plants"
    assert Path("out/README.md").read_text().startswith("# plants\n")
    named = efficientmod("export", "--model", "efficientmod_xxs", "--name", "plants", "--target", "onnx", "--json")
    assert (named.exit_code, json.loads(named.stdout)["error"]["code"]) == (2, "conflicting_options")


def test_paths_are_replaced_whole() -> None:
    hidden = HiddenNames(["body.0.norm", "body.0", "body"])
    assert hidden.without("body.0.norm (layer_norm_1)") == "module 2 (layer_norm_1)"
    assert hidden.without("body.0 and embody and body.1") == "module 1 and embody and body.1"
    assert hidden.without("body") == "module 0"
    assert HiddenNames([]).without("0 (conv2d)") == "0 (conv2d)"
