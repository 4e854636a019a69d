"""Separate processes, for a runtime that may crash and for work with a time limit."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from efficientmod_export.bench._plan import Measurement, Plan
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import first_line


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its output, and why it failed, in one line; None where it did not fail."""

    output: str
    failure: str | None


def run_apart(command: Sequence[str | Path], *, limit: float | None = None, folder: Path | None = None) -> Ended:
    """Run a command in a separate process, ended after `limit` seconds, in `folder` or the current one.

    A Python process gets this one's import path, unless it has the option -E. Raises OSError where the command cannot
    be started.
    """
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            # So that the user's own module is found.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return Ended("", f"not done after {limit:.0f} s")
    return Ended(ended.stdout, _reason(ended) if ended.returncode else None)


def measure_apart(plan: Plan, folder: Path) -> Measurement:
    """Measure in a separate process; its request and response files are written into `folder`.

    Raises ConversionError when it ends without a response, since a runtime crashed.
    """
    request, response = folder / "request.pickle", folder / "response.pickle"
    request.write_bytes(pickle.dumps(plan))
    ended = run_apart([sys.executable, "-m", "efficientmod_export.bench", request, response])
    if ended.failure is not None:
        raise ConversionError(
            f"A runtime crashed while it was measured ({ended.failure}); export the bundle again.",
            code="runtime_crashed",
        )
    measurement = pickle.loads(response.read_bytes())
    if not isinstance(measurement, Measurement):
        raise TypeError(f"the measuring process returned {type(measurement).__name__}")
    return measurement


def _reason(ended: "subprocess.CompletedProcess[str]") -> str:
    """The signal that ended the process, or the last line that it printed, of stderr where there is any."""
    if ended.returncode < 0:
        return signal.Signals(-ended.returncode).name
    lines = [line for line in (*ended.stdout.splitlines(), *ended.stderr.splitlines()) if line.strip()]
    return first_line(RuntimeError(lines[-1])) if lines else f"exit code {ended.returncode}"
