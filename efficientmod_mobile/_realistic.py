"""Seeded weights with the scale of trained networks, for any state dict.

Initial weights hide errors: EfficientMod is initialised with LayerScale 1e-4, so its blocks add almost nothing and an
error in one is not visible. Here LayerScale is in [0.1, 0.5], a norm's scales differ between channels with a few
outliers (six times the others, as in trained networks), BatchNorm statistics are not 0 and 1, and matrices have
variance 1 / fan-in.
"""

import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def realistic_state(shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, NDArray[Any]]:
    """Map each parameter or buffer to a float32 array of its shape (`num_batches_tracked`: int64).

    The values depend only on the key, the shape and the seed.
    """
    return {key: _values(key, tuple(shape), seed) for key, shape in shapes.items()}


def _values(key: str, shape: tuple[int, ...], seed: int) -> NDArray[Any]:
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    leaf = key.rsplit(".", 1)[-1]
    if leaf == "num_batches_tracked":
        return np.zeros(shape, dtype=np.int64)
    return np.asarray(_draw(rng, leaf, shape), dtype=np.float32)


def _draw(rng: np.random.Generator, leaf: str, shape: tuple[int, ...]) -> Any:
    if leaf == "running_var":
        return rng.uniform(0.5, 2.0, shape)
    if leaf == "running_mean":
        return 0.2 * rng.standard_normal(shape)
    if "gamma" in leaf:
        return rng.uniform(0.1, 0.5, shape)
    if leaf == "bias":
        return 0.1 * rng.standard_normal(shape)
    if len(shape) >= 2:
        return rng.standard_normal(shape) / math.sqrt(math.prod(shape[1:]))
    scale = 1.0 + 0.2 * rng.standard_normal(shape)
    return np.where(rng.random(shape) < 0.02, 6.0 * scale, scale)
