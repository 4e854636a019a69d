"""EfficientMod's files in TFLite's last runtime before LiteRT, which needs NumPy 1: in an environment of its own."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from packaging.version import Version

from efficientmod_export._stages import Precision
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import MeasuredWith, Verdict
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets import find_target
from efficientmod_export.targets.tflite.writer import least_runtime
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, deploy

TARGET = find_target("tflite")
VERSION = "2.14.0"

# Runs a file on every picture of an .npy (n, 1, H, W, 3), and writes the logits (n, 1, classes).
RUN = """
import sys
import numpy as np
from tflite_runtime.interpreter import Interpreter
model, pictures, logits = sys.argv[1:]
interpreter = Interpreter(model, num_threads=1)
interpreter.allocate_tensors()
(taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
results = []
for picture in np.load(pictures):
    interpreter.set_tensor(taken["index"], picture)
    interpreter.invoke()
    results.append(interpreter.get_tensor(given["index"]))
np.save(logits, np.stack(results))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info[:2] > (3, 11), reason="tflite-runtime has no wheel for Python after 3.11"),
]


@cache
def subject(name: str) -> tuple[Subject, Program]:
    """The network, and its program as the TFLite file's recipe has it."""
    held = subject_of(load_network(name, None))
    return held, deploy(held.capture(), TARGET.variants[0].recipe).program


@pytest.fixture(scope="module")
def old_python(environment: Callable[..., Path]) -> Path:
    """An interpreter that has the old runtime."""
    return environment(f"tflite-runtime=={VERSION}", "numpy<2")


@pytest.mark.parametrize("precision", TARGET.precisions)
@pytest.mark.parametrize("name", ["efficientmod_xxs", "efficientmod_s"])
def test_it_computes_what_pytorch_computes(
    name: str, precision: Precision, old_python: Path, judge_elsewhere: Callable[..., Verdict], tmp_path: Path
) -> None:
    network, program = subject(name)
    with quiet():
        artifact = TARGET.make(program, network.options(precision), tmp_path)
    assert Version(least_runtime(artifact.path.read_bytes())) <= Version(VERSION)
    measured_with = MeasuredWith(runtime="tflite-runtime", version=VERSION)
    verdict = judge_elsewhere(old_python, RUN, artifact, network.held, TARGET.variant(precision), measured_with)
    assert verdict.reasons == ()
