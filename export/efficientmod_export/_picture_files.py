"""A user's pictures: in a folder, or in a tar that is read where it is."""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from efficientmod_export.bundle import PICTURE_SUFFIXES, decode_picture
from efficientmod_export.bundle._picture import Picture
from efficientmod_mobile.errors import InputError

OTHER_SUFFIXES = (".heic", ".heif", ".avif", ".gif", ".jxl", ".jp2")
"""Of files that people have among their pictures, and that this Pillow may not decode."""


@dataclass(frozen=True)
class PictureFile:
    """A picture by its path in the folder or the tar, the bytes of `path` in which it lies, and when it was changed."""

    name: str
    path: Path
    offset: int
    size: int
    changed: int = 0

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders around it, the outermost first."""
        return PurePosixPath(self.name).parts[:-1]

    def decode(self) -> Picture:
        """Uint8 RGB (h, w, 3), upright. Raises InputError where it cannot be read or decoded."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size)
        except OSError as error:
            raise InputError(
                f"{self.name} cannot be read ({error.strerror or error}); check the file.", code="undecodable_picture"
            ) from error
        return decode_picture(io.BytesIO(content), self.name)


def list_pictures(images: Path) -> tuple[PictureFile, ...]:
    """Every picture of a folder, at any depth, or of an uncompressed tar, sorted by name.

    Raises InputError where there is none.
    """
    images = images.resolve()
    found = _in_folder(images) if images.is_dir() else _in_tar(images)
    by_name = {one.name: one for one in found if is_picture(one.name) and not _is_hidden(one.name)}
    pictures = [by_name[name] for name in sorted(by_name)]
    if not pictures:
        raise InputError(
            f"{images} holds no picture; give a folder or a tar with JPEG, PNG or WebP files.", code="no_pictures"
        )
    return tuple(pictures)


def is_picture(name: str) -> bool:
    """Whether a file is called as a picture is, also one that may not be decoded here: it is counted."""
    return PurePosixPath(name).suffix.lower() in (*PICTURE_SUFFIXES, *OTHER_SUFFIXES)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def _in_folder(folder: Path) -> Iterator[PictureFile]:
    unreadable: list[OSError] = []
    for inside, folders, names in os.walk(folder, followlinks=True, onerror=unreadable.append):
        folders[:] = [name for name in folders if not _leads_back(Path(inside, name))]
        for name in filter(is_picture, names):
            path = Path(inside) / name
            try:
                found = path.stat()
            except OSError:  # a link to nothing: it is counted as a picture that cannot be read
                yield PictureFile(_shown(path.relative_to(folder)), path, 0, 0)
                continue
            if stat.S_ISREG(found.st_mode):
                yield PictureFile(_shown(path.relative_to(folder)), path, 0, found.st_size, found.st_mtime_ns)
    if unreadable:
        raise InputError(
            f"{unreadable[0].filename} cannot be read ({unreadable[0].strerror}); change its permissions, or name "
            "another folder.",
            code="unreadable_folder",
        )


def _leads_back(folder: Path) -> bool:
    """Whether it is a link to a folder around it, which would be walked for ever."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _in_tar(path: Path) -> Iterator[PictureFile]:
    try:
        with tarfile.open(path, "r:") as archive:
            members = [member for member in archive if member.isreg() and not member.issparse()]
    except FileNotFoundError as error:
        raise InputError(f"There is no {path}; name a folder or a tar of pictures.", code="no_pictures") from error
    except (tarfile.TarError, OSError) as error:
        raise InputError(
            f"{path} is neither a folder nor a whole, uncompressed tar ({error}), in which each picture can be "
            "reached; unpack it.",
            code="unreadable_tar",
        ) from error
    for member in members:
        name = _shown(PurePosixPath(member.name.removeprefix("./")))
        yield PictureFile(name, path, member.offset_data, member.size, int(member.mtime))


def _shown(path: PurePath) -> str:
    """Its name in what is written and shown: what no text file can have is escaped."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in path.as_posix())
