"""The entry points of both programs; what takes time is imported in them, so that Ctrl-C is clean at once."""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main() -> None:
    """Entry point of `efficientmod`."""
    signal.signal(signal.SIGINT, leave_at_once)
    from efficientmod_export.cli._verbs import app, run

    sys.exit(run(app))


def main_export() -> None:
    """Entry point of `efficientmod-export`."""
    signal.signal(signal.SIGINT, leave_at_once)
    from efficientmod_export.cli._verbs import export_app, run

    sys.exit(run(export_app))


def leave_at_once(number: int, frame: FrameType | None) -> None:
    """Handle Ctrl-C while nothing has to be undone: an import that is interrupted can swallow the exception or show a
    traceback.
    """
    del number, frame
    os.write(2, b"Error: Interrupted.\n")
    os._exit(INTERRUPTED)
