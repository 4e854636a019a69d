"""Weight files: Core ML's blob storage, version 2.

A file is a 64-byte header (count, version) and then, each aligned to 64 bytes, pairs of a 64-byte record and the bytes
that it describes: sentinel, type, size in bytes, offset of the bytes, padding in bits. A program points at the record.
Format: coremltools, mlmodel/src/MILBlob/Blob/StorageFormat.hpp and SubByteTypes.cpp.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from efficientmod_export.mil._errors import PackageError
from efficientmod_export.mil._types import DataType, unpack

_RECORD_SIZE = 64
_SENTINEL = 0xDEADBEEF
_VERSION = 2


class WeightFile:
    """A weight file, read once; `read` returns views of it, so that float32 weights are never copied.

    Raises `PackageError` when the file is missing, too short, or of another format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._bytes = np.fromfile(path, dtype=np.uint8)
        except OSError as error:
            reason = error.strerror
            raise PackageError(
                f"the weight file {path} cannot be read ({reason}); copy the whole package", code="damaged_weight_file"
            ) from error
        if self._bytes.size < _RECORD_SIZE:
            raise PackageError(
                f"the weight file {path} is cut off ({self._bytes.size} bytes); copy the whole package",
                code="damaged_weight_file",
            )
        version = struct.unpack_from("<II", self._bytes.data)[1]
        if version != _VERSION:
            raise PackageError(
                f"{path} is not a weight file of version {_VERSION} (its header says {version})",
                code="damaged_weight_file",
            )

    def read(self, offset: int, dtype: DataType, count: int, name: str) -> np.ndarray[Any, Any]:
        """The `count` elements whose record lies at `offset`, flat; `name` is the value's, for messages."""
        size = self._bytes.size
        if offset + _RECORD_SIZE > size:
            raise PackageError(
                f"'{name}' points at byte {offset} of {self._path}, which has {size}", code="weight_mismatch"
            )
        sentinel, blob_type, length, start = struct.unpack_from("<IIQQ", self._bytes.data, offset)
        if sentinel != _SENTINEL:
            raise PackageError(
                f"'{name}' points at byte {offset} of {self._path}, which is not the start of a weight",
                code="weight_mismatch",
            )
        if start + length > size:
            raise PackageError(
                f"the weight '{name}' ends at byte {start + length} of {self._path}, which has {size}",
                code="weight_mismatch",
            )
        if blob_type != dtype.blob:
            raise PackageError(
                f"the weight '{name}' is declared {dtype.name}, but {self._path} has type {blob_type}",
                code="weight_mismatch",
            )
        if length != dtype.size_of(count):
            raise PackageError(
                f"the weight '{name}' has {count} elements, but {self._path} stores {length} bytes",
                code="weight_mismatch",
            )
        return unpack(self._bytes[start : start + length], dtype, count)
