"""A small network of the user's own, the command line run in this process, and every target's limits."""

import gc
import importlib
import json
import subprocess
import venv
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from efficientmod_export.bundle.contract import StoredFile
from efficientmod_export.cli._verbs import app
from efficientmod_export.parity import Tolerance
from efficientmod_export.targets import all_targets

TINY = """
import torch
from torch import nn


def build():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=4, padding=2), nn.BatchNorm2d(8), nn.GELU(),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 7),
    )
    net[1].running_mean.normal_()
    net[1].running_var.uniform_(0.5, 2.0)
    return net
"""

Command = Callable[..., Result]
Environment = Callable[..., Path]
Call = Callable[..., str]

ALL_LIMITS: dict[str, Tolerance] = {
    **{
        f"{variant.name} on {place.unit} in {place.compute_precision}": place.limits
        for target in all_targets()
        for variant in target.variants
        for place in variant.places
    },
    **{
        f"{target.name} graph": target.interpreter.graph_limits
        for target in all_targets()
        if target.interpreter is not None
    },
    **{
        f"{variant.name} graph": variant.rounding.limits
        for target in all_targets()
        for variant in target.variants
        if variant.rounding is not None
    },
}
"""Of every place and every rounding of every variant, and of every interpreter."""


def seal_again(bundle: Path) -> None:
    """Let the manifest state every file as it is now, so that a changed one counts as the bundle's own."""
    path = bundle / "manifest.json"
    path.write_text(json.dumps(_sealed(json.loads(path.read_text()), bundle)))


def _sealed(value: Any, bundle: Path) -> Any:
    if isinstance(value, list):
        return [_sealed(item, bundle) for item in value]
    if not isinstance(value, dict):
        return value
    own = {key: _sealed(item, bundle) for key, item in value.items()}
    return {**own, **StoredFile.of(bundle, own["file"]).model_dump()} if "sha256" in own and "file" in own else own


@pytest.fixture(scope="session", autouse=True)
def converters() -> None:
    """Import them once in this process: an export's processes, its forks, then do not.

    A conversion by coremltools collects garbage; what is imported is left out of that, which is most of its time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("coremltools", "executorch.exir", "executorch.runtime", "onnxruntime", "onnxscript"):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


@pytest.fixture
def tiny_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model name for `--model`: seven classes, a BatchNorm, converted in a second or two."""
    (tmp_path / "tiny_network.py").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "tiny_network:build"


@pytest.fixture
def efficientmod() -> Command:
    """Run `efficientmod ARGUMENTS` in this process; no exception leaves it but a SystemExit."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def call() -> Call:
    """Run a command to its end and give what it prints; a command that fails is a failure."""

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


OFFLINE = ("Failed to establish a new connection", "Temporary failure in name resolution", "Network is unreachable")
"""What pip prints where there is no network; anything else is a fault."""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The interpreter of a new environment that has these packages, as in `environment("numpy<2", ...)`; without a
    package index the test is skipped.
    """

    def make(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("environment")
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        install = [python, "-m", "pip", "install", "--quiet", *packages]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode and any(words in done.stderr for words in OFFLINE):
            pytest.skip(f"{packages[0]} cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        return python

    return make
