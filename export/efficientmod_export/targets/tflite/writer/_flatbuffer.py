"""Serialisation of a TFLite model: the schema's object API, with buffers aligned so that the runtime can map them.

The weights are copied once, into the result. While the tables are built, a gap of each buffer's size is reserved; then
tables and buffers are written one after the other.
"""

from io import BytesIO
from mmap import mmap

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder
from numpy.typing import NDArray

from efficientmod_mobile.errors import ConversionError

ALIGNMENT = 16
"""Bytes; the schema's `force_align` for a buffer's data, which the generated Python code does not follow."""

_IDENTIFIER = b"TFL3"
_LIMIT = 2**31 - 1

Content = NDArray[np.generic] | bytes


class AlignedBuffer(schema.BufferT):  # type: ignore[misc]  # the generated classes have no annotations
    """A buffer of the model whose bytes start at a multiple of 16 in the file."""

    def __init__(self, content: Content | None = None) -> None:
        super().__init__()
        self.content = content

    @property
    def length(self) -> int:
        """Bytes."""
        return self.content.nbytes if isinstance(self.content, np.ndarray) else len(self.content or b"")

    def Pack(self, builder: "_Builder") -> int:  # noqa: N802  # the name is the object API's
        """Write the buffer with a gap for its content, and return its offset."""
        if self.content is None:
            schema.BufferStart(builder)
            return int(schema.BufferEnd(builder))
        builder.StartVector(1, self.length, ALIGNMENT)
        builder.head = builder.head - self.length
        builder.left_out.append((builder.Offset(), self.content, self.length))
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return int(schema.BufferEnd(builder))


class _Builder(Builder):  # type: ignore[misc]
    """`left_out`: (distance from the end, content, bytes) of each gap, the last in the file first. Equal vectors, such
    as the zero points of as many rows, are written once.
    """

    def __init__(self, size: int) -> None:
        super().__init__(0)
        self.Bytes = mmap(-1, size)  # whose unused pages take no memory
        self.head = size
        self.left_out: list[tuple[int, Content, int]] = []
        self._vectors: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: NDArray[np.generic]) -> int:  # noqa: N802  # the names are the base class's
        """The offset of a vector with these elements."""
        key = (x.dtype.str, x.tobytes())
        if key not in self._vectors:
            self._vectors[key] = super().CreateNumpyVector(x)
        return self._vectors[key]


def serialise(model: schema.ModelT, size_of_data: int) -> bytes:
    """The model's bytes. `size_of_data` is the size of all buffers together, so that the builder allocates only once.

    Raises:
        ConversionError: the model is larger than the 2 GB that a flatbuffer may have.
    """
    if size_of_data > _LIMIT - (1 << 24):
        raise ConversionError(
            f"The weights take {size_of_data} bytes, but a TFLite file has at most 2 GB; use a smaller network.",
            code="over_two_gigabytes",
        )
    builder = _Builder(size_of_data + (1 << 20))
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    tables, place = memoryview(builder.Bytes), builder.head
    result = BytesIO()
    for distance, content, size in reversed(builder.left_out):
        start = len(tables) - distance
        result.write(tables[place:start])
        raw = content if isinstance(content, bytes) else np.ascontiguousarray(content).reshape(-1).view(np.uint8).data
        result.write(raw)
        place = start + size
    result.write(tables[place:])
    return result.getvalue()
