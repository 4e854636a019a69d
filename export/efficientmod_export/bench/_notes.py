"""Results in files, so that an interrupted measurement continues with those that are missing."""

import json
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Notes(Generic[T]):
    """A folder with a JSON file for each result, a dataclass of type `kind`."""

    def __init__(self, folder: Path, kind: type[T]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._adapter = TypeAdapter(kind)

    def read(self, name: str) -> T | None:
        """An earlier run's result, None where there is none. Raises ValueError for another kind of result."""
        path = self._path(name)
        return self._adapter.validate_python(json.loads(path.read_text())) if path.exists() else None

    def write(self, name: str, result: T) -> None:
        """Write a result, whole or not at all."""
        path = self._path(name)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(self._adapter.dump_python(result, warnings="error")))
        unfinished.replace(path)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name.replace('/', '-')}.json"
