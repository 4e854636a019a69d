"""Starts the measuring process and reads its answer."""

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

from efficientmod_export.bench._plan import Measurement, Plan
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import first_line


def measure_apart(plan: Plan, folder: Path) -> Measurement:
    """Measure in a process of its own; `folder` is for the letters to and from it.

    Raises ConversionError when it ends without an answer: a runtime has broken down.
    """
    question, answer = folder / "plan.pickle", folder / "answer.pickle"
    question.write_bytes(pickle.dumps(plan))
    ended = subprocess.run(
        [sys.executable, "-m", "efficientmod_export.bench", str(question), str(answer)],
        # The user's own module is found where this process finds it.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode:
        raise ConversionError(
            f"A runtime broke down while it was measured ({_reason(ended)}); export the bundle again."
        )
    measurement = pickle.loads(answer.read_bytes())
    if not isinstance(measurement, Measurement):
        raise TypeError(f"the measuring process gave {type(measurement).__name__}")
    return measurement


def _reason(ended: "subprocess.CompletedProcess[str]") -> str:
    if ended.returncode < 0:
        return signal.Signals(-ended.returncode).name
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    return first_line(RuntimeError(lines[-1])) if lines else f"exit code {ended.returncode}"
