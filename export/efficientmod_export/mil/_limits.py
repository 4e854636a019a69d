"""The largest size of one value, so that a damaged program raises an error instead of using all memory."""

import math
from collections.abc import Sequence

LARGEST_VALUE = 2**29
"""Elements: 2 GiB of float32, more than iOS gives to one app on most phones."""

MOST_AXES = 64
"""NumPy's limit and PyTorch's."""


def check_size(shape: Sequence[int]) -> None:
    """Raise `ValueError` for a shape of more than `LARGEST_VALUE` elements, before it is allocated."""
    if math.prod(shape) > LARGEST_VALUE or len(shape) > MOST_AXES:
        raise ValueError(f"a value of the shape {tuple(shape)} is too large (the limit is {LARGEST_VALUE} elements)")
