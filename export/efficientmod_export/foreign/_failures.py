"""Convert the exceptions of converters and runtimes to the toolkit's errors."""

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from efficientmod_export.foreign._lock import PROCESS_LOCK
from efficientmod_mobile.errors import BundleError, ConversionError, DependencyError, EfficientModError
from efficientmod_mobile.messages import first_line

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

# Errors of the disk, not of the network: they stay an OSError, to which the caller adds the folder.
_DISK_ERRORS = (*DISK_FULL, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)

# coremltools' C++ code gives no error number; its messages contain these texts when a disk is full.
_WRITING_WORDS = ("filesystem error", "[MIL FileWriter]")


@contextmanager
def converting(target: str) -> Iterator[None]:
    """Convert a converter's exception to a ConversionError which says that the network cannot be converted to `target`.

    One thread converts at a time. Raises DependencyError for a package that does not import, OSError for a disk that is
    full or not writable.
    """
    what = f"The network cannot be converted to {target}"
    advice = "change the operation that is named, or leave this target out"

    def failed(reason: str) -> ConversionError:
        return ConversionError(f"{what}: {reason}; {advice}.", code="conversion_failed")

    with PROCESS_LOCK, interruptible(), _explained(what, failed):
        yield


@contextmanager
def loading(path: Path) -> Iterator[None]:
    """Convert a runtime's exception to a ConversionError which says that the file cannot be loaded.

    Raises BundleError where `path` cannot be read, and what `converting` raises.
    """
    what = f"{path.name} cannot be loaded"

    def failed(reason: str) -> ConversionError:
        return ConversionError(f"{what}: {reason}; export it again.", code="loading_failed")

    try:
        with _explained(what, failed):
            yield
    except OSError as error:
        if error.filename is None or Path(os.fsdecode(error.filename)) != path:
            raise
        raise BundleError(f"{path.name} cannot be read: {error.strerror}.", code="unreadable_artifact") from error


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Raise KeyboardInterrupt again where something swallowed it (coremltools has bare `except:`): at the end of the
    block, and where the function that the block gets is called.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()  # only there may a handler be set
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: None
        return
    interrupted = False

    def remember(*_: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    def raise_again() -> None:
        if interrupted:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, remember)
    try:
        yield raise_again
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        raise_again()


@contextmanager
def _explained(what: str, failed: Callable[[str], ConversionError]) -> Iterator[None]:
    """Pass on the toolkit's own errors and those of the disk; replace any other by the result of `failed`."""
    try:
        yield
    except EfficientModError:
        raise
    except ImportError as error:
        raise DependencyError(
            f"{what}, since {error.name or 'a package'} does not import ({first_line(error)}); "
            f"install it again, in the version that efficientmod-mobile requires.",
            code="broken_package",
        ) from error
    except Exception as error:
        of_disk = _disk_error(error)
        if of_disk is error:
            raise
        if of_disk is not None:
            raise of_disk from error
        raise failed(first_line(_root(error))) from error


def _root(error: BaseException) -> BaseException:
    """The first cause: converters wrap the original error in others."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _disk_error(error: BaseException) -> OSError | None:
    """The OSError among the causes of an error, also where C++ code gives only a message."""
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, OSError) and current.errno in _DISK_ERRORS:
            return current
        if "no space left on device" in str(current).lower():
            return OSError(errno.ENOSPC, "No space left on device")
        if any(words in str(current) for words in _WRITING_WORDS):
            return OSError(errno.EIO, f"{first_line(current)} (the disk may be full)")
        current = current.__cause__ or current.__context__
    return None
