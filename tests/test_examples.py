"""The examples run as their docstrings say."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from efficientmod_mobile import create_model

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLES / name, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_every_example_says_how_it_is_run_and_needs_no_private_name() -> None:
    paths = sorted(EXAMPLES.glob("*.py"))
    assert paths
    for path in paths:
        tree = ast.parse(path.read_text())
        assert re.search(rf"python (examples/)?{path.name}", ast.get_docstring(tree) or ""), path
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = [part for node in imports for part in (node.module or "").split(".")]
        assert not [name for name in names if name.startswith("_")], path


@pytest.mark.slow
def test_a_network_of_ones_own(tmp_path: Path) -> None:
    done = run(tmp_path, "own_network.py", "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out: onnx, tflite, exit code 0\n"
    read = run(tmp_path, "read_bundle.py", "out")
    assert read.returncode == 0, read.stderr
    assert read.stdout.count(": 0 of ") == 5


@pytest.mark.slow
def test_a_checkpoint(tmp_path: Path) -> None:
    torch.save(create_model("efficientmod_xxs", num_classes=5).state_dict(), tmp_path / "my.pth")
    done = run(tmp_path, "checkpoint_to_bundle.py", "my.pth", "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("efficientmod_xxs, weights: checkpoint, SHA-256 ")
    (tmp_path / "other.pth").write_bytes(b"no checkpoint")
    refused = run(tmp_path, "checkpoint_to_bundle.py", "other.pth", "out")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
