"""Ctrl-C while the command line is loaded, while torch is, and while an export works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .terminal import environment, program

PRESS = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize("module", ["typer", "numpy", "torch"])
def test_while_it_is_loaded(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(PRESS)
    variables = {**environment(), "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path[1:]])}
    command = [*program("efficientmod"), "export", "--model", "x", "--target", "onnx"]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "Error: Interrupted.\n")


def test_while_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_network.py").write_text(f"def build():\n    {PRESS}")
    monkeypatch.chdir(tmp_path)
    command = [*program("efficientmod"), "export", "--model", "my_network:build", "--target", "onnx", "--quiet"]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "Error: Interrupted; nothing was written.\n")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["my_network.py"]
