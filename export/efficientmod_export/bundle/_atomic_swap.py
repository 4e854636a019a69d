"""Replace a folder by a finished one in one atomic step."""

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_OFFERED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def move_into_place(staging: Path, destination: Path) -> None:
    """Move `staging` to `destination`, both in one folder; an earlier `destination` ends up at `staging`.

    On Linux one system call exchanges the two names. Where the kernel or the file system does not support that, the
    earlier folder is renamed first, and renamed back when the second rename fails.
    """
    if not destination.exists():
        staging.rename(destination)
    elif not _exchange(staging, destination):
        _swap_by_renames(staging, destination)
    sync_folder(destination.parent)


def sync_tree(folder: Path) -> None:
    """Flush a folder and everything below it to the disk, so that a power cut leaves no incomplete bundle."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names (renameat2); False where that is not supported."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_OFFERED:
        return False
    raise OSError(number, os.strerror(number), os.fspath(other))


def recover(staging: Path, destination: Path) -> None:
    """Clean up after a killed run: rename an earlier folder back, and remove the staging folder."""
    aside = _earlier(staging)
    if aside.exists() and not destination.exists():
        aside.rename(destination)
    for left in (aside, staging):
        if left.exists():
            shutil.rmtree(left)


def _earlier(staging: Path) -> Path:
    return staging.with_name(f"{staging.name}-earlier")


def _swap_by_renames(staging: Path, destination: Path) -> None:
    aside = _earlier(staging)
    destination.rename(aside)
    try:
        staging.rename(destination)
    except BaseException:
        aside.rename(destination)
        raise
    aside.rename(staging)
