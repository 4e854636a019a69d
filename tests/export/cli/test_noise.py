"""The terminal shows only the toolkit's own output in an export whose converter prints."""

import re
import sys
from pathlib import Path

import pytest

from .terminal import NARROWEST_FIRST, in_pipe, in_terminal

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

from efficientmod_export.cli import main
main()
"""

PICTURES = (
    r"Pictures: cover 256x256 by bicubic, centre 224x224, mean 0.485 0.456 0.406, std 0.229 0.224 0.225 "
    r"\(input_size, resize_mode, interpolation, crop_pct, mean, std by default\)"
)
DIGEST = r"Digest of the bundle: [0-9a-f]{64}"
OWN_LINES = [
    r"build, weights: .*",
    PICTURES,
    r"onnx  model\.onnx  fp32  0\.0 MB",
    r"    passed \d\.\de-\d\d, top-5 equal",
    r"    \d+ operators became \d+, equal to \S+ in float64; \d+\.\d s",
    DIGEST,
    r"Next: efficientmod verify out",
]
STAGES = ["loading the network and running it in PyTorch", "capturing the program"]
STAGES += [f"onnx: {step}" for step in ("exact transforms", "converting", "proving", "done")] + ["writing the bundle"]
RUNNING = re.compile(r"\S (starting|loading|capturing|onnx: |writing).* \d:\d\d:\d\d")
ARGUMENTS = ("export", "--model", "tiny_network:build", "--target", "onnx", "--output", "out")


def unwrapped(lines: list[str]) -> list[str]:
    """The line that says what becomes of pictures, which a narrow terminal breaks between words, in one."""
    first, *others = lines
    end = next(place for place, line in enumerate(others, 1) if line.endswith(")"))
    return [first, " ".join(others[:end]), *others[end:]]


@pytest.fixture
def noisy(tiny_model: str, tmp_path: Path) -> tuple[str, ...]:
    """The command line, with a converter that prints."""
    (tmp_path / "noisy.py").write_text(NOISY)
    return sys.executable, str(tmp_path / "noisy.py"), *ARGUMENTS


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
def test_a_terminal_shows_our_words_only_and_rows_fit(noisy: tuple[str, ...], columns: int) -> None:
    shown = in_terminal(*noisy, columns=columns)
    assert shown.exit_code == 0, shown.text
    stages = [line for line in shown.lines if RUNNING.fullmatch(line)]
    assert any("onnx: converting" in line for line in stages)
    # The digest is left to the terminal to break, so that it can be copied.
    assert all(len(line) <= columns or re.fullmatch(DIGEST, line) for line in shown.lines), shown.text
    rest = unwrapped([line for line in shown.lines if line not in stages])
    assert len(rest) == len(OWN_LINES), rest
    assert all(re.fullmatch(own, line) for own, line in zip(OWN_LINES, rest, strict=True)), rest


@pytest.mark.slow
def test_a_pipe_gets_one_line_a_stage(noisy: tuple[str, ...]) -> None:
    ended = in_pipe(*noisy)
    assert ended.stderr.splitlines() == STAGES
    lines = ended.stdout.splitlines()
    assert len(lines) == len(OWN_LINES), lines
    assert all(re.fullmatch(own, line) for own, line in zip(OWN_LINES, lines, strict=True)), lines
