"""Reading the grid of 255 steps in each row from weights that lie on one, so that int8 can store them without loss."""

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.quantisation._rounding import STEPS

FLOAT32_OFF_GRID = 1e-3
"""Of a step, at most. A float32 weight on the grid is off by its own rounding, at most 127 * 2^-23 = 1.5e-5 steps."""

FLOAT16_OFF_GRID = 0.13
"""As well, of a float16 weight, which is rounded itself, as is the largest, from which the step is read: each makes at
most 127 * 2^-11 = 0.062 steps. Of 64 other weights all are as near once in 1e37.
"""

_LEAST_OF_HALF = 2.0**-24
"""The distance of float16's least numbers. In a row of such weights each of the two is rounded by half of it."""

_FEWEST = 64
"""Fewer float16 weights may be near a grid by chance; they are not worth storing as int8."""


def grid_scales(values: NDArray[np.generic]) -> NDArray[np.float32] | None:
    """The step of each row's grid, (rows,), for weights (rows, ...) in float32 or float16.

    None where one of them is on no grid, or all are zero.
    """
    weights = np.asarray(values, np.float32)
    half = values.dtype == np.float16
    if weights.ndim < 2 or not weights.any() or (half and weights.size < _FEWEST):
        return None
    largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    scales = np.where(largest > 0, largest / np.float32(STEPS), np.float32(1)).astype(np.float32)
    steps = in_steps(weights, scales).reshape(len(weights), -1)
    off = np.abs(steps - np.rint(steps)).max(axis=1)
    allowed = FLOAT16_OFF_GRID + _LEAST_OF_HALF / scales if half else FLOAT32_OFF_GRID
    return scales if (off <= allowed).all() else None


def in_steps(values: NDArray[np.generic], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values as multiples of their rows' steps."""
    return np.asarray(values, np.float32) / scales.reshape(-1, *(1,) * (values.ndim - 1))
