"""Write a bundle whole or not at all."""

import errno
import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import BaseFileLock, FileLock, Timeout

from efficientmod_export.bundle._atomic_swap import move_into_place, recover, sync_tree
from efficientmod_export.bundle._destination import check_destination, unlisted_files
from efficientmod_export.bundle.contract import MANIFEST_NAME, Bundle, Manifest, check_files, open_bundle
from efficientmod_export.foreign import DISK_FULL
from efficientmod_mobile.errors import BundleError

_WHY = {
    errno.EACCES: "it is not writable",
    errno.EPERM: "it is not writable",
    errno.EROFS: "its file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EBUSY: "it is a mount point or in use",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ENOTDIR: "a part of its path is a file",
    errno.EEXIST: "a part of its path is a file or a broken link",
}


class BundleWriter:
    """A folder beside the destination, in which a bundle is built, and the step that moves it to the destination.

        with BundleWriter(Path("out")) as writer:
            ...  # write files into writer.folder
            writer.commit(manifest)

    Without `commit`, and after an error, a full disk or Ctrl-C in the block, the folder is removed and the destination
    is unchanged. The next run removes the folder of a killed one. Raises BundleError on entry when the destination
    cannot become a bundle or another export is writing it, and for a full disk or the like anywhere in the block.
    """

    def __init__(self, destination: Path) -> None:
        # A link is followed, so that its target is replaced and not the link.
        self.destination = Path(os.path.realpath(destination))
        self.folder = self.destination.parent / f".{self.destination.name}.staging"
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._prepare()
        except OSError as error:
            self._undo.close()
            raise self._cannot_be_written(error) from error
        except BaseException:
            self._undo.close()
            raise
        return self

    def commit(self, manifest: Manifest) -> Bundle:
        """Write the manifest, check the folder's files against it, and move the folder to the destination.

        Files that the manifest does not list, such as those of a failed conversion, are removed.
        """
        (self.folder / MANIFEST_NAME).write_text(manifest.to_json(), encoding="utf-8")
        _remove_unlisted(self.folder, manifest)
        problems = check_files(open_bundle(self.folder))
        if problems:
            found = "; ".join(map(str, problems))
            raise BundleError(
                f"The bundle does not match its manifest: {found}. Nothing was written.", code="inconsistent_bundle"
            )
        sync_tree(self.folder)
        check_destination(self.destination)
        move_into_place(self.folder, self.destination)
        return open_bundle(self.destination)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._undo.close()
        if isinstance(error, OSError) and self._is_about_the_destination(error):
            raise self._cannot_be_written(error) from error

    def _is_about_the_destination(self, error: OSError) -> bool:
        """A full disk, with or without a file's name, or another error that names a path beside the destination."""
        if error.errno in DISK_FULL:
            return True
        name = error.filename
        return name is not None and Path(os.fsdecode(name)).is_relative_to(self.destination.parent)

    def _cannot_be_written(self, error: OSError) -> BundleError:
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        message = (
            f"The bundle cannot be written to {self.destination}: {why}. Nothing was changed there; fix that or name "
            f"another folder."
        )
        if error.errno in DISK_FULL:
            return BundleError(message, code="disk_full")
        return BundleError(message, code="output_not_writable")

    def _prepare(self) -> None:
        check_destination(self.destination)
        self._make_parents()
        self._lock()
        recover(self.folder, self.destination)
        self._undo.callback(_remove, self.folder)
        self.folder.mkdir()

    def _make_parents(self) -> None:
        missing = [parent for parent in self.destination.parents if not parent.exists()]
        for parent in reversed(missing):
            self._undo.callback(_remove_if_empty, parent)
            parent.mkdir(exist_ok=True)

    def _lock(self) -> None:
        lock = FileLock(self.destination.parent / f".{self.destination.name}.lock", blocking=False)
        # Cleanup is registered first, here and below: Ctrl-C may come between any two lines.
        self._undo.callback(_release, lock)
        try:
            lock.acquire()
        except Timeout:
            if not Path(lock.lock_file).exists():  # filelock waits for a folder in which no file can be made, too
                raise OSError(errno.ENOENT, "no file can be made beside it") from None
            raise BundleError(
                f"Another export is writing to {self.destination}; wait until it is done or name another folder.",
                code="output_locked",
            ) from None


def _release(lock: BaseFileLock) -> None:
    if lock.is_locked:
        # The file is removed before the lock is released, so that it does not stay beside the bundle.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _remove(folder: Path) -> None:
    """Remove the folder; after a commit it is the earlier bundle, or does not exist."""
    if folder.exists():
        shutil.rmtree(folder)


def _remove_unlisted(folder: Path, manifest: Manifest) -> None:
    for name in unlisted_files(folder, manifest):
        (folder / name).unlink()
    # The longest first, so that a folder is empty once those in it are gone.
    for below in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        _remove_if_empty(below)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
