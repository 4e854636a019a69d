"""Records as plain values, for `--json` and Python."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from efficientmod_mobile.errors import EfficientModError


class PlainRecord:
    """Base of dataclasses that serialise themselves.

    `as_json` gives the fields, in their order, without those whose metadata say `{"json": False}`, and then the
    properties that `JSON_PROPERTIES` lists.
    """

    JSON_PROPERTIES: ClassVar[tuple[str, ...]] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        own: Any = self  # a dataclass, which only subclasses are
        names = [field.name for field in fields(own) if field.metadata.get("json", True)]
        return {name: plain(getattr(self, name)) for name in (*names, *self.JSON_PROPERTIES)}


def plain(value: Any) -> Any:
    """A value as JSON types. Raises TypeError for a type that is not supported here."""
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, PlainRecord | EfficientModError):
        return value.as_json()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
