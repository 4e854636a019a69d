"""Turns whatever a converter raises into the toolkit's errors."""

import errno
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from efficientmod_mobile.errors import BundleError, ConversionError, DependencyError, EfficientModError
from efficientmod_mobile.messages import first_line

# The machine's state and not the network: these stay an OSError, for the caller who knows the folder.
_MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)

# What coremltools' C++ code says when a disk is full.
_WRITING_WORDS = ("filesystem error", "[MIL FileWriter]")


@contextmanager
def converting(target: str) -> Iterator[None]:
    """Around a converter: whatever it raises says that the network cannot be converted to this target."""
    what = f"The network cannot be converted to {target}"
    with _interruptible(), _explained(what, "change the operation that is named, or leave this target out"):
        yield


@contextmanager
def loading(path: Path) -> Iterator[None]:
    """Around a runtime: whatever it raises says that the file cannot be loaded, or not even read."""
    try:
        with _explained(f"{path.name} cannot be loaded", "export it again"):
            yield
    except OSError as error:
        if error.filename is None or Path(os.fsdecode(error.filename)) != path:
            raise
        raise BundleError(f"{path.name} cannot be read: {error.strerror}.") from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends what stands inside at the latest where it ends: coremltools' bare `except:`s swallow it."""
    ours = threading.current_thread() is threading.main_thread()  # signals are handled there alone
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    met = False

    def remember(*_: object) -> None:
        nonlocal met
        met = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if met:
            raise KeyboardInterrupt


@contextmanager
def _explained(what: str, advice: str) -> Iterator[None]:
    """Let the toolkit's own errors and a full or forbidden disk through; anything else becomes ConversionError."""
    try:
        yield
    except EfficientModError:
        raise
    except ImportError as error:
        raise DependencyError(
            f"{what}, since {error.name or 'a package'} does not import ({first_line(error)}); "
            f"install it again, in the version that efficientmod-mobile asks for."
        ) from error
    except Exception as error:
        full = _machine_error(error)
        if full is error:
            raise
        if full is not None:
            raise full from error
        raise ConversionError(f"{what}: {first_line(_root(error))}; {advice}.") from error


def _root(error: BaseException) -> BaseException:
    """The cause of the cause: converters wrap what happened in several layers of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _machine_error(error: BaseException) -> OSError | None:
    """The disk's complaint at the bottom of an error, also where C++ code told it in words alone."""
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, OSError) and current.errno in _MACHINE_ERRORS:
            return current
        if "no space left on device" in str(current).lower():
            return OSError(errno.ENOSPC, "No space left on device")
        if any(words in str(current) for words in _WRITING_WORDS):
            return OSError(errno.EIO, f"{first_line(current)} (the disk may be full)")
        current = current.__cause__ or current.__context__
    return None
