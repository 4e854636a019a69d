"""The pictures of an evaluation: in a folder, or in a tar that is read where it is."""

import io
import os
import random
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from efficientmod_export.bundle import PICTURE_SUFFIXES, decode_picture
from efficientmod_export.bundle._picture import Picture
from efficientmod_mobile.errors import InputError


@dataclass(frozen=True)
class PictureFile:
    """A picture by its path in the folder or the tar, and the bytes of `path` in which it lies."""

    name: str
    path: Path
    offset: int
    size: int

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
    pictures = sorted((one for one in found if _is_picture(one.name)), key=lambda one: one.name)
    if not pictures:
        raise InputError(
            f"{images} holds no picture; give a folder or a tar with JPEG, PNG or WebP files.", code="no_pictures"
        )
    return tuple(pictures)


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in PICTURE_SUFFIXES and not any(part.startswith(".") for part in path.parts)


def _in_folder(folder: Path) -> Iterator[PictureFile]:
    for inside, _, names in os.walk(folder, followlinks=True):
        for name in names:
            path = Path(inside) / name
            if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
                yield PictureFile(path.relative_to(folder).as_posix(), path, 0, path.stat().st_size)


def _in_tar(path: Path) -> Iterator[PictureFile]:
    try:
        with tarfile.open(path, "r:") as archive:
            members = [member for member in archive if member.isreg() and not member.issparse()]
    except FileNotFoundError as error:
        raise InputError(f"There is no {path}; name a folder or a tar of pictures.", code="no_pictures") from error
    except (tarfile.TarError, OSError) as error:
        raise InputError(
            f"{path} is neither a folder nor an uncompressed tar ({error}); unpack it.", code="unreadable_tar"
        ) from error
    for member in members:
        yield PictureFile(member.name.removeprefix("./"), path, member.offset_data, member.size)


def spread(
    pictures: Sequence[PictureFile], groups: Mapping[str, object], limit: int | None, seed: int
) -> tuple[PictureFile, ...]:
    """At most `limit` pictures, as many of each group as there can be; `groups` is by a picture's name.

    In each group, and of the groups themselves, what is taken is drawn with `seed`: the same each time.
    """
    if limit is None or limit >= len(pictures):
        return tuple(pictures)
    draw = random.Random(seed)
    members: dict[object, list[PictureFile]] = {}
    for picture in pictures:
        members.setdefault(groups.get(picture.name), []).append(picture)
    queues = list(members.values())
    draw.shuffle(queues)
    for queue in queues:
        draw.shuffle(queue)
    rounds = (queue[place] for place in range(max(map(len, queues))) for queue in queues if place < len(queue))
    chosen = {one.name for one, _ in zip(rounds, range(limit), strict=False)}
    return tuple(picture for picture in pictures if picture.name in chosen)
