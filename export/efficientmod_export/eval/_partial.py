"""What was seen so far, in a file beside the result, so that an interrupted evaluation goes on.

Lines of JSON: the first says of which evaluation, each other one has a picture. The same bundle, contenders and
toolkit go on, also with other pictures; a file of another evaluation is replaced.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from efficientmod_export._picture_files import PictureFile
from efficientmod_export.eval._runs import Said, Seen
from efficientmod_mobile.errors import InputError


class Partial:
    """The file, which is written as pictures are seen; without a path nothing is."""

    def __init__(self, path: Path | None, about: Mapping[str, Any]) -> None:
        self.path = path
        self.about = json.dumps(about, sort_keys=True)
        self._file: IO[str] | None = None

    def read(self, pictures: Iterable[PictureFile]) -> tuple[Seen, ...]:
        """What it has of these pictures, which must have the same size, and be as old."""
        if self.path is None:
            return ()
        try:
            first, *lines = self.path.read_text(encoding="utf-8").splitlines() or [""]
        except (OSError, ValueError):
            return ()
        if first != self.about:
            return ()
        now = {one.name: (one.size, one.changed) for one in pictures}
        seen = [one for line in lines if (one := _seen(line))]
        found = {one.picture: one for one in seen if now.get(one.picture) == (one.size, one.changed)}
        return tuple(found.values())

    def begin(self, known: Sequence[Seen]) -> None:
        """Write it anew with what is known. Raises InputError where it cannot be written."""
        if self.path is None:
            return
        try:
            self._file = self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be written ({error.strerror}); name another file.", code="unwritable_result"
            ) from error
        self._file.write(self.about + "\n")
        self.add(known)

    def add(self, seen: Sequence[Seen]) -> None:
        """Pictures that were seen."""
        if self._file is not None:
            self._file.writelines(json.dumps(asdict(one)) + "\n" for one in seen)
            self._file.flush()

    def close(self) -> None:
        """Keep what was written."""
        if self._file is not None:
            self._file.close()

    def remove(self) -> None:
        """The result is written: it is not needed any more."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _seen(line: str) -> Seen | None:
    """None for the line in which an interrupted program stopped."""
    try:
        fields = json.loads(line)
        said = {name: Said(**{**one, "best": tuple(one["best"])}) for name, one in fields.pop("said").items()}
        return Seen(**fields, said=said)
    except (ValueError, TypeError, KeyError):
        return None
