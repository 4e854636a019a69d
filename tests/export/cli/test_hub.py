"""--pretrained and --push-to-hub, against a stand-in for the Hugging Face Hub: where tests run it cannot be reached."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import timm
import torch
from safetensors.torch import save

from efficientmod_export.bundle import push_bundle
from efficientmod_mobile.errors import BundleError

from ...hub import Hub, serving
from ...raising import refused
from ..conftest import Command
from .terminal import in_pipe, program

TOKEN = "hf_of_the_tests"
CONFIG = {
    "architecture": "test_resnet",
    "num_classes": 7,
    "pretrained_cfg": {"input_size": [3, 64, 64], "crop_pct": 0.9, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
}


@pytest.fixture(scope="module")
def weights() -> bytes:
    torch.manual_seed(1)
    return save(timm.create_model("test_resnet", num_classes=7).state_dict())


@pytest.fixture
def hub(tmp_path: Path, weights: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    files = {"config.json": json.dumps(CONFIG).encode(), "model.safetensors": weights}
    monkeypatch.chdir(tmp_path)
    with serving(Hub(token=TOKEN, repositories={"me/net": files})) as hub:
        yield hub


def export(hub: Hub, *arguments: str, token: str = TOKEN) -> tuple[int, dict[str, Any]]:
    """How an export ends that talks to the stand-in, and what it prints as JSON."""
    home = {"HF_ENDPOINT": hub.address, "HF_TOKEN": token, "HF_HOME": str(Path("home").absolute())}
    ended = in_pipe(*program("efficientmod"), "export", "--target", "onnx", *arguments, "--json", variables=home)
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def test_trained_weights_come_from_the_hub_and_are_pushed_back(hub: Hub, weights: bytes) -> None:
    code, told = export(hub, "--model", "hf-hub:me/net", "--pretrained", "--push-to-hub", "me/bundle")
    assert code == 0, told
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert manifest["model"]["weights"]["kind"] == "module"
    assert told["weights"] == manifest["model"]["weights"]["statement"] == "trained weights of hf-hub:me/net"
    assert manifest["model"]["num_classes"] == 7
    assert manifest["inputs"][0]["preprocessing"]["mean"] == [0.5, 0.5, 0.5]
    assert ("GET", "/me/net/resolve/main/model.safetensors") in hub.asked
    assert told["pushed"] == f"{hub.address}/me/bundle"
    assert "me/bundle" in hub.private
    written = {str(path.relative_to("out")): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    assert hub.repositories["me/bundle"] == written
    assert told["remarks"] == []


def test_what_cannot_be_had(hub: Hub) -> None:
    ended, told = export(hub, "--model", "hf-hub:me/other", "--pretrained")
    assert (ended, told["error"]["code"]) == (2, "pretrained_unavailable")
    assert not Path("out").exists()


def test_what_is_refused_before_the_hub_is_asked(
    efficientmod: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, code in (
        (("--pretrained",), "no_pretrained_weights"),
        (("--push-to-hub", "a/b/c"), "invalid_repository_name"),
        (("--push-to-hub", "bundle"), "invalid_repository_name"),
    ):
        done = efficientmod("export", "--target", "onnx", "--model", "efficientmod_s", *arguments, "--json")
        assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, code)
    assert not Path("out").exists()


class ConnectError(Exception):
    """As the HTTP client of huggingface_hub has one, which is no OSError."""


def test_a_hub_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def create(*arguments: object, **options: object) -> None:
        raise ConnectError("Name or service not known")

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", create)
    with refused(BundleError, "hub_push_failed", "ConnectError: Name or service not known", "me/bundle"):
        push_bundle(tmp_path, "me/bundle")


@pytest.mark.slow
def test_a_push_that_is_refused_leaves_the_bundle(hub: Hub) -> None:
    ended, told = export(hub, "--model", "hf-hub:me/net", "--push-to-hub", "me/bundle", token="wrong")
    assert (ended, told["error"]["code"]) == (2, "hub_push_failed")
    assert Path("out/manifest.json").is_file()
    digest = hashlib.sha256(Path("out/manifest.json").read_bytes()).hexdigest()
    assert len(digest) == 64
    assert "me/bundle" not in hub.repositories
    assert os.environ.get("HF_TOKEN") != "wrong"
