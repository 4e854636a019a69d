r"""SHA-256 of the files and folders of a bundle.

A folder's digest is the SHA-256 of a listing with one line `<lower-case hex SHA-256>  <path>\n` for each regular file
below it, paths relative to it with `/`, sorted by their UTF-8 bytes. It is what a shell computes with

    find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum

Empty folders do not count; symbolic links are refused, since what they name is not in the bundle.
"""

import hashlib
from pathlib import Path


def digest(path: Path) -> str:
    """SHA-256 of a file's content or, for a folder, of its listing. Raises ValueError for a symbolic link."""
    if path.is_symlink():
        raise ValueError(f"{path} is a symbolic link")
    if not path.is_dir():
        return _file_digest(path)
    lines = (f"{digest(file)}  {name}\n" for name, file in files_below(path))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def total_size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    return sum(file.stat().st_size for _, file in files_below(path)) if path.is_dir() else path.stat().st_size


def files_below(folder: Path) -> list[tuple[str, Path]]:
    """Every file and link below a folder with its relative name, in the order of the listing."""
    files = (file for file in folder.rglob("*") if file.is_symlink() or not file.is_dir())
    return sorted(((file.relative_to(folder).as_posix(), file) for file in files), key=lambda item: item[0].encode())


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
