"""Files of a bundle, as its manifest lists them."""

from pathlib import Path
from typing import Self

from pydantic import Field

from efficientmod_export.bundle._digest import digest, total_size
from efficientmod_export.bundle.contract._vocabulary import BundlePath, Sha256, Size
from efficientmod_export.parity import Record


class StoredFile(Record):
    """A file of the bundle, its SHA-256 and its size in bytes; for a folder, `_digest` defines both."""

    file: BundlePath
    sha256: Sha256
    size: Size

    @classmethod
    def of(cls, folder: Path, file: str) -> Self:
        """The entry of the file or folder at `folder / file`; for classes that have no other fields."""
        path = folder / file
        return cls(file=file, sha256=digest(path), size=total_size(path))


class Labels(StoredFile):
    """Class names in UTF-8: line i, counted from 0, belongs to score i, and every line ends with a line feed."""

    count: int = Field(ge=1)
