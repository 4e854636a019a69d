"""Ctrl-C between any two lines of the writer: the bundle is the earlier or the new one, never incomplete."""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from efficientmod_export.bundle import BundleWriter, _write
from efficientmod_export.bundle.contract import Bundle, Manifest, read_bundle

Fill = Callable[..., Manifest]
SOURCES = str(Path(_write.__file__).parent)
STEP = 41
"""The distance of the interrupted lines; a prime, so that it is no multiple of a loop's length."""
LAST = 24
"""And each of the last ones, among which the move is."""


class Interrupt:
    """A trace function that raises KeyboardInterrupt at the given line executed in the bundle's package."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __call__(self, frame: FrameType, event: str, argument: Any) -> "Interrupt | None":
        if not frame.f_code.co_filename.startswith(SOURCES):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


def export(destination: Path, fill: Fill, content: bytes) -> None:
    with BundleWriter(destination) as writer:
        writer.commit(fill(writer.folder, content=content))


def interrupted(destination: Path, fill: Fill, line: int) -> int:
    """Export with Ctrl-C at that line; return how many lines were run."""
    tracer = Interrupt(line)
    earlier = sys.gettrace()  # a debugger or a coverage tool may be at work, and goes on afterwards
    sys.settrace(tracer)
    try:
        export(destination, fill, b"new")
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(earlier)
    gc.collect()  # Ctrl-C in the writer's last lines leaves the lock to its object, as it does to a process that ends
    return line - tracer.left


@pytest.mark.slow
# An exception between `open` and `with` leaves a file to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_ctrl_c_at_any_line_there_is_one_complete_bundle(
    bundle: Bundle, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda handle: None)  # the disk is not what is tried here
    lines = interrupted(bundle.path, fill, sys.maxsize)
    contents, tidy = [], []
    for line in sorted({*range(1, lines, STEP), *range(lines - LAST, lines + 1)}):
        export(bundle.path, fill, b"pte")  # nothing that was left stands in its way, and it clears it away
        assert sorted(path.name for path in bundle.path.parent.iterdir()) == ["out"]
        assert interrupted(bundle.path, fill, line) == line
        contents.append((read_bundle(bundle.path).path / "model.pte").read_bytes())
        tidy.append(sorted(path.name for path in bundle.path.parent.iterdir()) == ["out"])
    assert contents == sorted(contents, key=[b"pte", b"new"].index)  # the earlier one until the move, then the new
    assert {b"pte", b"new"} == set(contents)
    assert all(tidy[: -LAST - 1])  # only Ctrl-C in the clearing itself leaves something for the next run
