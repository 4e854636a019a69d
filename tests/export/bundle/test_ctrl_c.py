"""Ctrl-C between any two lines of the writer: the bundle is the earlier or the new one, never half of one."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from efficientmod_export.bundle import Bundle, BundleWriter, Manifest, _write, read_bundle

Fill = Callable[..., Manifest]
SOURCES = str(Path(_write.__file__).parent)
STEP = 29
"""Every so manieth line is tried; a prime, so that no loop hides behind it."""


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


def interrupted(destination: Path, fill: Fill, line: int) -> bool:
    """Export, and say whether Ctrl-C came before it was done."""
    tracer = Interrupt(line)
    # A debugger or a coverage tool may be at work, and goes on afterwards.
    earlier = sys.gettrace()
    sys.settrace(tracer)
    try:
        export(destination, fill, b"new")
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(earlier)
    return tracer.left <= 0


# An exception between `open` and `with` leaves a file to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_wherever_ctrl_c_falls_there_is_one_whole_bundle(
    bundle: Bundle, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda handle: None)  # the disk is not what is tried here
    line, contents, tidy = 1, [], []
    while interrupted(bundle.path, fill, line):
        contents.append((read_bundle(bundle.path).path / "model.pte").read_bytes())
        tidy.append(sorted(path.name for path in bundle.path.parent.iterdir()) == ["out"])
        export(bundle.path, fill, b"pte")  # nothing that was left stands in its way, and it clears it away
        assert sorted(path.name for path in bundle.path.parent.iterdir()) == ["out"]
        line += STEP
    assert contents == sorted(contents, key=[b"pte", b"new"].index)  # the earlier one until the move, then the new
    assert {b"pte", b"new"} == set(contents)
    assert tidy.count(False) <= 3  # only Ctrl-C in the clearing itself leaves something for the next run
