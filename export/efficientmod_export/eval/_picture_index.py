"""Finds the pictures that a table names: by their paths, or what is left of these in another folder."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from efficientmod_export._picture_files import PictureFile, is_picture


@dataclass(frozen=True, order=True)
class Found:
    """A picture's name, and how it was found: of the table's path `dropped` folders do not count, and if `loosely`
    the case, the accents' encoding and the suffix do not.
    """

    dropped: int
    loosely: bool
    picture: str


class PictureIndex:
    """Of a path on the disk, /data/val/cats/x.jpg, any end is a name: cats/x.jpg, x.jpg; not where two have it."""

    def __init__(self, pictures: Sequence[PictureFile]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        for one in pictures:
            inside = PurePosixPath(one.name).parts
            whole = one.path.as_posix().lstrip("/")
            parts = tuple(whole.split("/")) if whole.endswith(one.name) else (*whole.split("/"), *inside)
            for start in range(len(parts)):
                end = "/".join(parts[start:])
                self._exact.setdefault(end, set()).add(one.name)
                self._loose.setdefault(_loose(end), set()).add(one.name)

    def find(self, text: str) -> Found | None:
        """The picture of a table's cell, or None."""
        parts = [part for part in text.strip().replace("\\", "/").split("/") if part not in ("", ".")]
        for dropped in range(len(parts)):
            end = "/".join(parts[dropped:])
            for loosely, found in enumerate((self._exact.get(end), self._loose.get(_loose(end)))):
                if found:
                    return Found(dropped, bool(loosely), next(iter(found))) if len(found) == 1 else None
        return None


def _loose(path: str) -> str:
    suffix = PurePosixPath(path).suffix
    return unicodedata.normalize("NFC", path.removesuffix(suffix) if is_picture(path) else path).casefold()
