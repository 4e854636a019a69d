"""The converters that our TFLite files are compared with, each in an environment of its own."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CONVERSION_LIMIT = 900.0
"""Seconds that a rival is given."""

# Each is run as `python -c SNIPPET source target seconds`: it converts one file and notes how long the call took.
ONNX2TF = """
import pathlib, sys, time
import numpy, onnx2tf
source, target, seconds = map(pathlib.Path, sys.argv[1:])
# Versions before 2 download these pictures where they are not; only their own check of each operator reads them.
pictures = numpy.random.default_rng(0).random((20, 128, 128, 3), numpy.float32)
numpy.save("calibration_image_sample_data_20x128x128x3_float32.npy", pictures)
began = time.perf_counter()
onnx2tf.convert(input_onnx_file_path=str(source), output_folder_path="made", non_verbose=True)
seconds.write_text(str(time.perf_counter() - began))
next(pathlib.Path("made").glob("*_float32.tflite")).rename(target)
"""
LITERT_TORCH = """
import pathlib, sys, time
import torch, litert_torch
source, target, seconds = map(pathlib.Path, sys.argv[1:])
program = torch.export.load(source)
module, inputs = program.module(check_guards=False), tuple(program.example_inputs[0])
began = time.perf_counter()
litert_torch.convert(module, inputs).export(str(target))
seconds.write_text(str(time.perf_counter() - began))
"""


class CannotConvert(Exception):  # noqa: N818 - it is an answer, not a fault of this program
    """A converter's last words."""


@dataclass(frozen=True)
class Rival:
    """A converter and the interpreter that has it. It takes the file with this suffix."""

    distribution: str
    python: Path
    snippet: str
    suffix: str

    def label(self) -> str:
        """The name of its column, with the version. Raises OSError or CalledProcessError where it is not installed."""
        asked = f"from importlib import metadata; print(metadata.version({self.distribution!r}))"
        told = subprocess.run([self.python, "-c", asked], capture_output=True, text=True, check=True)
        return f"{self.distribution} {told.stdout.strip()}"

    def convert(self, source: Path, target: Path) -> float:
        """Convert in an empty folder; return the seconds that the call took. Raises CannotConvert."""
        with tempfile.TemporaryDirectory(prefix="rival-") as folder:
            noted = Path(folder) / "seconds"
            command: list[str | Path] = [self.python, "-c", self.snippet, source, target, noted]
            try:
                done = subprocess.run(
                    command, cwd=folder, capture_output=True, text=True, check=False, timeout=CONVERSION_LIMIT
                )
            except subprocess.TimeoutExpired:
                raise CannotConvert(f"not done after {CONVERSION_LIMIT:.0f} s") from None
            if done.returncode or not target.exists():
                lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
                said = re.sub(r"/\S*/site-packages/", "", lines[-1]) if lines else f"exit code {done.returncode}"
                raise CannotConvert(said[:200])
            return float(noted.read_text())
