"""A command as a user types it, in a pseudo-terminal or in a pipe."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WIDTHS = (60, 80, 120)
"""Columns of the terminals that the output is looked at in."""
NARROWEST_FIRST = [WIDTHS[0], *(pytest.param(columns, marks=pytest.mark.slow) for columns in WIDTHS[1:])]
"""For a command that takes seconds: the quick loop looks at the narrowest, in which the least fits."""


@dataclass(frozen=True)
class Shown:
    """How a command ended, and every line that it showed, also for a moment."""

    exit_code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines, with line feeds."""
        return "\n".join(self.lines)


def program(name: str) -> tuple[str, ...]:
    """`efficientmod` or `efficientmod-export`, as installed, under the interpreter of the tests."""
    return sys.executable, str(Path(sys.executable).with_name(name))


def environment(**more: str) -> dict[str, str]:
    """The variables of a shell in whose terminal there is no setting of its own, with the modules of the tests."""
    kept = {
        key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    }
    return {**kept, "TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **more}


def in_terminal(*command: str | Path, columns: int = 80, variables: Mapping[str, str] | None = None) -> Shown:
    """Run a command in a terminal of so many columns."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    arguments = [str(argument) for argument in command]
    with subprocess.Popen(
        arguments, stdin=end, stdout=end, stderr=end, env={**environment(), **(variables or {})}
    ) as one:
        os.close(end)
        pieces = []
        with contextlib.suppress(OSError):  # what Linux raises once the process has closed its end
            while piece := os.read(terminal, 65536):
                pieces.append(piece)
    os.close(terminal)
    text = ESCAPE.sub("", b"".join(pieces).decode(errors="replace"))
    return Shown(one.returncode, tuple(line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip()))


def in_pipe(*command: str | Path, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes into pipes."""
    arguments = [str(argument) for argument in command]
    settings = {**environment(), **(variables or {})}
    return subprocess.run(arguments, env=settings, capture_output=True, text=True, check=False)
