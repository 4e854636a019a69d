r"""SHA-256 of the files and folders of a bundle.

A folder's digest is the SHA-256 of a listing with one line `<lower-case hex SHA-256>  <path>\n` for each regular file
below it, paths relative to it with `/`, sorted by their UTF-8 bytes. It is what a shell computes with

    find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -r -d '\n' sha256sum | sha256sum

Empty folders do not count. Refused are symbolic links, since their targets are not in the bundle, all other files that
are not regular, and names that are not UTF-8 or contain a backslash or a line end, which the shell's command escapes.
"""

import hashlib
import stat
from pathlib import Path
from typing import Literal

NOT_IN_NAMES = frozenset("\\\n\r")


class DigestError(ValueError):
    """A path that has no digest. `kind` is "link", "wrong_kind" or "bad_name"."""

    def __init__(self, kind: Literal["link", "wrong_kind", "bad_name"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


def digest(path: Path) -> str:
    """SHA-256 of a file's content or, for a folder, of its listing. Raises DigestError as the module documents."""
    if path.is_symlink():
        raise DigestError("link", f"{path} is a symbolic link")
    if not path.is_dir():
        return _file_digest(path)
    lines = (f"{digest(file)}  {_checked(name)}\n" for name, file in files_below(path))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def total_size(path: Path) -> int:
    """Size in bytes of a file, or of all files below a folder."""
    return sum(file.stat().st_size for _, file in files_below(path)) if path.is_dir() else path.stat().st_size


def files_below(folder: Path) -> list[tuple[str, Path]]:
    """Every file and link below a folder with its relative name, in the order of the listing."""
    files = (file for file in folder.rglob("*") if file.is_symlink() or not file.is_dir())
    # A name that is not UTF-8 is decoded with surrogates, and sorts by the bytes that it has on disk.
    return sorted(
        ((file.relative_to(folder).as_posix(), file) for file in files),
        key=lambda item: item[0].encode(errors="surrogateescape"),
    )


def _checked(name: str) -> str:
    if not NOT_IN_NAMES.isdisjoint(name) or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise DigestError("bad_name", f"the name {name!r} contains a backslash or a line end, or is not UTF-8")
    return name


def _file_digest(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        raise DigestError("wrong_kind", f"{path} is not a regular file")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
