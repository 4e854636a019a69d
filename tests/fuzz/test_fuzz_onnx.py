"""The fuzzer runs, and finds nothing in its first cases; a longer search is a command of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fuzz_onnx.py")
CASES = 60


@pytest.mark.slow
def test_the_first_cases() -> None:
    command = [sys.executable, SCRIPT, "--count", str(CASES), "--seconds", "300"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = {name: int(count) for count, name in re.findall(r"^ *(\d+) (.+)$", done.stdout, re.MULTILINE)}
    assert sum(outcomes.values()) == CASES
    assert {"ConversionError", "InputError", "converted, the same numbers"} <= outcomes.keys()
