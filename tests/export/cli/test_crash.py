"""A converter that crashes, or is interrupted, in the process of its target."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from efficientmod_export.bundle.contract import read_bundle

from .terminal import in_pipe, in_terminal, program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere targets are made in this process")

EXPORT = (*program("efficientmod"), "export", "--model", "tiny_network:build", "--resolution", "48x64", "--unit", "cpu")


def executorch_that(tmp_path: Path, *lines: str) -> dict[str, str]:
    """The environment in which importing executorch does this."""
    (tmp_path / "broken" / "executorch").mkdir(parents=True)
    (tmp_path / "broken" / "executorch" / "__init__.py").write_text("\n".join(["import os, signal, time", *lines]))
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path / "broken"), str(tmp_path), *filter(None, sys.path)])}


def test_the_other_targets_are_written(tiny_model: str, tmp_path: Path) -> None:
    variables = executorch_that(tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)")
    shown = in_terminal(*EXPORT, "-t", "executorch", "-t", "onnx", "-o", "out", variables=variables, columns=120)
    assert shown.exit_code == 4, shown.text
    assert "crashed: it was ended by SIGSEGV" in shown.text.replace("\n", " ")
    manifest = read_bundle(tmp_path / "out").manifest
    assert [entry.target for entry in manifest.artifacts] == ["onnx"]
    assert [failed.target for failed in manifest.failed] == ["executorch"]


def test_ctrl_c_ends_every_process_and_leaves_nothing(tiny_model: str, tmp_path: Path) -> None:
    variables = executorch_that(
        tmp_path, "open('pid', 'w').write(str(os.getpid()))", "os.kill(os.getppid(), signal.SIGINT)", "time.sleep(60)"
    )
    began = time.monotonic()
    ended = in_pipe(*EXPORT, "-t", "executorch", "-t", "onnx", "-o", "out", "--quiet", variables=variables)
    assert (ended.returncode, ended.stderr) == (130, "Error: Interrupted; nothing was written.\n")
    assert time.monotonic() - began < 60
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGCONT)
