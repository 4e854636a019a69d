"""The terminal shows only the toolkit's own output in an export whose converter prints."""

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

NOISY = """
import ctypes, logging, os, subprocess, sys, warnings
import torch.onnx

convert = torch.onnx.export

def noisy(*args, **kwargs):
    print("NOISE from print")
    print("NOISE from stderr", file=sys.stderr)
    os.write(1, b"NOISE from descriptor 1\\n")
    os.write(2, b"NOISE from descriptor 2\\n")
    ctypes.CDLL(None).puts(b"NOISE from C")
    subprocess.run([sys.executable, "-S", "-c", "print('NOISE from a child')"], check=True)
    logging.getLogger("converter").warning("NOISE from logging")
    logger = logging.Logger("early")
    logger.addHandler(EARLY)
    logger.warning("NOISE from a handler made before")
    warnings.warn("NOISE from a warning")
    return convert(*args, **kwargs)

EARLY = logging.StreamHandler()
torch.onnx.export = noisy

from efficientmod_export.cli._verbs import app
app()
"""

OWN_LINES = [
    r"tiny_network:build, weights: .*",
    r"target +file .*",
    r"onnx +model\.onnx .*",
    r"onnx: \d+ operators became .*",
    r"Next: efficientmod verify out",
]
STAGE = re.compile(r"\S (starting|loading|capturing|onnx: |writing).* \d:\d\d:\d\d")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(*command: str) -> tuple[int, list[str]]:
    """Run a command in a pseudo-terminal; give its exit code and every line that it shows, also for a moment."""
    terminal, end = pty.openpty()
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        pieces = []
        with contextlib.suppress(OSError):  # what Linux raises once the process has closed its end
            while piece := os.read(terminal, 65536):
                pieces.append(piece)
    os.close(terminal)
    text = ESCAPE.sub("", b"".join(pieces).decode(errors="replace"))
    return process.returncode, [line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip()]


def test_a_noisy_converter(tiny_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noisy.py").write_text(NOISY)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    arguments = ("export", "--model", tiny_model, "--target", "onnx", "--output", "out")
    code, lines = shown(sys.executable, str(tmp_path / "noisy.py"), *arguments)
    assert code == 0, lines
    stages = [line for line in lines if STAGE.fullmatch(line)]
    assert any("onnx: converting" in line for line in stages)
    rest = [line for line in lines if line not in stages]
    assert len(rest) == len(OWN_LINES), rest
    assert all(re.fullmatch(own, line) for own, line in zip(OWN_LINES, rest, strict=True)), rest
