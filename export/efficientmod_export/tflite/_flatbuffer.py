"""Serialisation of a TFLite model: the schema's object API, with buffers aligned as the runtime wants to map them."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder
from numpy.typing import NDArray

from efficientmod_mobile.errors import ConversionError

ALIGNMENT = 16
"""Bytes; the schema's `force_align` for a buffer's data, which the generated Python code does not follow."""

_IDENTIFIER = b"TFL3"
_LIMIT = 2**31 - 1


class AlignedBuffer(schema.BufferT):  # type: ignore[misc]  # the generated classes carry no annotations
    """A buffer of the model whose bytes start at a multiple of 16 in the file."""

    def __init__(self, data: NDArray[np.generic] | bytes | None = None) -> None:
        super().__init__()
        self.data = data

    def Pack(self, builder: Builder) -> int:  # noqa: N802  # the name is the object API's
        """Write the buffer and return its offset."""
        if self.data is None:
            schema.BufferStart(builder)
            return int(schema.BufferEnd(builder))
        raw = self.data if isinstance(self.data, bytes) else np.ascontiguousarray(self.data).view(np.uint8).reshape(-1)
        size = len(raw)
        builder.StartVector(1, size, ALIGNMENT)
        builder.head = builder.head - size
        builder.Bytes[builder.head : builder.head + size] = memoryview(raw)  # type: ignore[arg-type]  # a NumPy array is a buffer
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return int(schema.BufferEnd(builder))


def serialise(model: schema.ModelT, size_of_data: int) -> bytes:
    """The model's bytes. `size_of_data` is that of all buffers together, so that the builder grows but once.

    Raises:
        ConversionError: the model does not fit the 2 GB that a flatbuffer may have.
    """
    if size_of_data > _LIMIT - (1 << 24):
        raise ConversionError(f"The weights take {size_of_data} bytes; a TFLite file holds at most 2 GB.")
    builder = Builder(size_of_data + (1 << 20))
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(memoryview(builder.Bytes)[builder.head :])
