"""A short key for the content of an array."""

from hashlib import blake2b

import numpy as np

from ._graph import Array


def digest(array: Array) -> bytes:
    """Equal for equal bytes, and for no others that anyone will meet."""
    raw: memoryview = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    return blake2b(raw, digest_size=20).digest()
