"""Keep the output, warnings and logs of converters out of the terminal.

Python code writes to `sys.stdout` and `sys.stderr`; C++ code writes to the file descriptors 1 and 2 directly. So the
descriptors themselves are redirected to a temporary file. This affects every thread of the process.
"""

import ctypes
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import IO, TextIO

from efficientmod_export.foreign._lock import PROCESS_LOCK

STANDARD_DESCRIPTORS = (1, 2)
TAIL_LINES = 30


@contextmanager
def terminal() -> Iterator[TextIO]:
    """Open a second stream to the current target of standard error, which `quiet` does not redirect; for progress bars.

    Where standard error has no file descriptor (in a notebook, say), `sys.stderr` itself is returned. Waits while
    another thread redirects.
    """
    try:
        with PROCESS_LOCK:
            descriptor = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):
        yield sys.stderr
        return
    with os.fdopen(descriptor, "w", buffering=1, encoding=sys.stderr.encoding, errors="replace") as stream:
        yield stream


@contextmanager
def quiet() -> Iterator[None]:
    """Redirect all output, warnings and logs of the block to a temporary file.

    An exception that leaves the block gets the last lines of that file as a note, which a traceback shows. The terminal
    is restored whenever the block ends. Blocks can be nested in one thread; another thread waits.
    """
    with PROCESS_LOCK, tempfile.TemporaryFile() as log:
        try:
            with ExitStack() as stack:
                _redirect_descriptors(log, stack)
                _redirect_streams(log, stack)
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("default")  # a filter that raises would end the conversion
                warnings.showwarning = _print_warning
                yield
        except BaseException as error:
            if tail := _tail(log):
                error.add_note(f"The end of the converter's output:\n{tail}")
            raise


def _redirect_descriptors(log: IO[bytes], stack: ExitStack) -> None:
    _flush()
    for descriptor in STANDARD_DESCRIPTORS:
        saved = os.dup(descriptor)
        stack.callback(os.close, saved)
        stack.callback(os.dup2, saved, descriptor)
        os.dup2(log.fileno(), descriptor)
    stack.callback(_flush)  # buffered output belongs in the log


def _redirect_streams(log: IO[bytes], stack: ExitStack) -> None:
    """Where `sys.stdout` or `sys.stderr` is not descriptor 1 or 2 (a test, a notebook), redirect the object too."""
    for stream, redirect in ((sys.stdout, redirect_stdout), (sys.stderr, redirect_stderr)):
        if not _is_standard(stream):
            relay = _Relay(log, stream)
            stack.callback(relay.end)
            stack.enter_context(redirect(relay))


def _is_standard(stream: TextIO) -> bool:
    try:
        return stream.fileno() in STANDARD_DESCRIPTORS
    except (OSError, ValueError):
        return False


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as Python does by default; a test runner or a notebook may have replaced that function."""
    print(warnings.formatwarning(message, category, filename, lineno, line), file=file or sys.stderr, end="")


class _Relay(io.TextIOBase):
    """Writes to the log, and after the block to the stream that it replaced.

    A logging handler that is made inside the block keeps this object after it.
    """

    def __init__(self, log: IO[bytes], stream: TextIO) -> None:
        self._log: IO[bytes] | None = log
        self._stream = stream

    def write(self, text: str) -> int:
        if self._log is None:
            return self._stream.write(text)
        self._log.write(text.encode(errors="replace"))
        self._log.flush()
        return len(text)

    def end(self) -> None:
        self._log = None


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)  # C's own buffers, of every stream


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    # A progress bar rewrites its line after a carriage return; its last state is shown.
    lines = [line.rpartition("\r")[2].rstrip() for line in log.read().decode(errors="replace").split("\n")]
    return "\n".join([line for line in lines if line][-TAIL_LINES:])
