"""Flatbuffers from anyone, read with every offset checked against the bytes that are there.

A flatbuffer (https://flatbuffers.dev/internals) begins with the offset of its root table. A table begins with the
signed distance back to its vtable: two sizes, then the offset of each field in the table, 0 where the field has its
default. What a field holds is a number, or the forward distance to a string, a vector or a table.
"""

import struct
from collections.abc import Callable
from typing import TypeVar

Read = TypeVar("Read")


class DamagedError(ValueError):
    """The bytes are no flatbuffer of the expected kind."""


def _number(data: bytes, kind: str, at: int) -> int | float:
    if at < 0 or at + struct.calcsize(f"<{kind}") > len(data):
        raise DamagedError(f"an offset leads to byte {at} of {len(data)}")
    value: int | float = struct.unpack_from(f"<{kind}", data, at)[0]
    return value


def _whole(data: bytes, kind: str, at: int) -> int:
    return int(_number(data, kind, at))


class Table:
    """One table; fields are asked for by their place in the schema, from 0 on, with their kind as in `struct`."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._vtable = at - _whole(data, "i", at)
        self._size = _whole(data, "H", self._vtable)

    def _place(self, field: int) -> int | None:
        if 4 + 2 * field >= self._size:
            return None
        offset = _whole(self._data, "H", self._vtable + 4 + 2 * field)
        return self._at + offset if offset else None

    def integer(self, field: int, kind: str, default: int = 0) -> int:
        """A number, or its default."""
        place = self._place(field)
        return default if place is None else _whole(self._data, kind, place)

    def has(self, field: int) -> bool:
        """Whether the field is there."""
        return self._place(field) is not None

    def real(self, field: int) -> float:
        """A number in float64."""
        place = self._place(field)
        return 0.0 if place is None else float(_number(self._data, "d", place))

    def text(self, field: int) -> str:
        """A string; empty where there is none."""
        place = self._place(field)
        if place is None:
            return ""
        start = place + _whole(self._data, "I", place)
        length = _whole(self._data, "I", start)
        if start + 4 + length > len(self._data):
            raise DamagedError(f"a string of {length} bytes is cut off")
        return self._data[start + 4 : start + 4 + length].decode("utf-8", "replace")

    def table(self, field: int) -> "Table":
        """A table, which must be there."""
        place = self._place(field)
        if place is None:
            raise DamagedError(f"field {field} is missing")
        return Table(self._data, place + _whole(self._data, "I", place))

    def integers(self, field: int, kind: str) -> tuple[int, ...]:
        """A vector of numbers; empty where there is none."""
        return self._vector(field, struct.calcsize(f"<{kind}"), lambda at: _whole(self._data, kind, at))

    def reals(self, field: int, kind: str = "d") -> tuple[float, ...]:
        """A vector of floating-point numbers; empty where there is none."""
        return self._vector(field, struct.calcsize(f"<{kind}"), lambda at: float(_number(self._data, kind, at)))

    def tables(self, field: int) -> tuple["Table", ...]:
        """A vector of tables."""
        return self._vector(field, 4, lambda at: Table(self._data, at + _whole(self._data, "I", at)))

    def _vector(self, field: int, width: int, read: Callable[[int], Read]) -> tuple[Read, ...]:
        place = self._place(field)
        if place is None:
            return ()
        start = place + _whole(self._data, "I", place)
        count = _whole(self._data, "I", start)
        if start + 4 + count * width > len(self._data):
            raise DamagedError(f"a vector of {count} items is cut off")
        return tuple(read(start + 4 + index * width) for index in range(count))


def root(data: bytes, identifier: bytes) -> Table:
    """The root table of a flatbuffer of this kind. Raises DamagedError, as reading it does."""
    if data[4:8] != identifier:
        raise DamagedError(f"it begins with {data[4:8]!r} and not with {identifier!r}")
    return Table(data, _whole(data, "I", 0))
