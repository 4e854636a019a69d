"""The converters that our TFLite files are compared with, each in an environment of its own."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from efficientmod_export.bench.measuring import run_apart
from efficientmod_mobile.deploy import Program

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


def save_for_torch(program: Program, path: Path) -> None:
    """The file that litert-torch reads."""
    torch.export.save(torch.export.export(program.graph_module, program.examples), path)


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
        """The name of its column, with the version. Raises CannotConvert where it is not installed."""
        asked = f"from importlib import metadata; print(metadata.version({self.distribution!r}))"
        try:
            told = run_apart([self.python, "-E", "-c", asked])
        except OSError as error:
            raise CannotConvert(f"{self.python} cannot be run: {error.strerror}") from error
        if told.failure is not None:
            raise CannotConvert(f"{self.python} does not have {self.distribution}: {told.failure}")
        return f"{self.distribution} {told.output.strip()}"

    def convert(self, source: Path, target: Path) -> float:
        """Convert in an empty folder; return the seconds that the call took. Raises CannotConvert."""
        with tempfile.TemporaryDirectory(prefix="rival-") as folder:
            noted = Path(folder) / "seconds"
            # -E: it has packages of its own, and must not find those of this process
            command: list[str | Path] = [self.python, "-E", "-c", self.snippet, source, target, noted]
            ended = run_apart(command, limit=CONVERSION_LIMIT, folder=Path(folder))
            if ended.failure is not None or not target.exists():
                failure = ended.failure or "it wrote no file"
                raise CannotConvert(re.sub(r"/\S*/site-packages/", "", failure)[:200])
            return float(noted.read_text())
