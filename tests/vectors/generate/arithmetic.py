"""The preprocessing of `docs/bundle_format.md` in plain Python, from the manifest's fields alone."""

import math
from typing import Any

import numpy as np

WEIGHT_BITS = 22


def triangle(t: float) -> float:
    """Bilinear."""
    return max(0.0, 1.0 - abs(t))


def keys_cubic(t: float) -> float:
    """Bicubic, a = -0.5."""
    a, t = -0.5, abs(t)
    if t < 1.0:
        return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0
    return (((t - 5.0) * t + 8.0) * t - 4.0) * a if t < 2.0 else 0.0


KERNELS = {"bilinear": (triangle, 1.0), "bicubic": (keys_cubic, 2.0)}

Tap = tuple[int, list[int]]
"""The first input of an output pixel, and the integer weight of it and of those that follow."""


def taps(count: int, size: int, interpolation: str) -> list[Tap]:
    """For each of `size` outputs of an axis of `count` inputs."""
    if interpolation == "nearest":
        return [(index, [1 << WEIGHT_BITS]) for index in _nearest(count, size)]
    kernel, reach = KERNELS[interpolation]
    scale = count / size
    factor = max(scale, 1.0)
    found = []
    for x in range(size):
        centre = (x + 0.5) * scale
        first = max(0, math.trunc(centre - reach * factor + 0.5))
        last = min(count, math.trunc(centre + reach * factor + 0.5))
        weights = [kernel((i - centre + 0.5) * (1.0 / factor)) for i in range(first, last)]
        total = 0.0
        for weight in weights:  # not sum(), which compensates rounding from Python 3.12 on
            total += weight
        scaled = [weight / total * 2**WEIGHT_BITS for weight in weights]
        found.append((first, [math.trunc(w + math.copysign(0.5, w)) for w in scaled]))
    return found


def _nearest(count: int, size: int) -> list[int]:
    scale = count / size
    position, inputs = 0.5 * scale, []
    for _ in range(size):
        inputs.append(math.trunc(position))
        position += scale
    return inputs


def resize(picture: np.ndarray, height: int, width: int, interpolation: str) -> np.ndarray:
    """uint8 (h, w, 3) to (height, width, 3): the columns first, then the rows."""
    by_columns = _columns(picture, width, interpolation)
    return _columns(by_columns.transpose(1, 0, 2), height, interpolation).transpose(1, 0, 2)


def _columns(values: np.ndarray, size: int, interpolation: str) -> np.ndarray:
    if size == values.shape[1]:
        return values
    result = np.empty((values.shape[0], size, 3), np.uint8)
    for x, (first, weights) in enumerate(taps(values.shape[1], size, interpolation)):
        inputs = values[:, first : first + len(weights)].astype(np.int64)
        sums = np.tensordot(inputs, np.array(weights, np.int64), axes=(1, 0)) + 2 ** (WEIGHT_BITS - 1)
        result[:, x] = np.clip(sums >> WEIGHT_BITS, 0, 255)
    return result


def rint(value: float) -> int:
    """Halves to even."""
    return int(np.rint(value))


def scaled_size(fields: dict[str, Any], height: int, width: int) -> tuple[int, int]:
    """(h', w') by `resize` of a preprocessing."""
    rule, aim = fields["rule"], (fields["height"], fields["width"])
    if rule == "stretch":
        return aim
    if rule == "shorter_side":
        return (aim[0], aim[0] * width // height) if height <= width else (aim[0] * height // width, aim[0])
    ratios = height / aim[0], width / aim[1]
    ratio = max(ratios) if rule == "letterbox" else min(ratios)
    return max(1, rint(height / ratio)), max(1, rint(width / ratio))


def start(fields: dict[str, Any], scaled: tuple[int, int]) -> tuple[int, int]:
    """(top, left) of the crop; negative where a border lies before the picture."""
    if fields["position"] == "top_left":
        return 0, 0
    pairs = zip(scaled, (fields["height"], fields["width"]), strict=True)
    top, left = (rint((have - want) / 2) if have >= want else -((want - have) // 2) for have, want in pairs)
    return top, left


def pixels(picture: np.ndarray, preprocessing: dict[str, Any]) -> np.ndarray:
    """uint8 (h, w, 3) resized and cropped to (H, W, 3)."""
    crop = preprocessing["crop"]
    height, width = scaled_size(preprocessing["resize"], *picture.shape[:2])
    resized = resize(picture, height, width, preprocessing["resize"]["interpolation"])
    top, left = start(crop, (height, width))
    result = np.empty((crop["height"], crop["width"], 3), np.uint8)
    for y in range(crop["height"]):
        for x in range(crop["width"]):
            inside = 0 <= top + y < height and 0 <= left + x < width
            result[y, x] = resized[top + y, left + x] if inside else crop["fill"]
    return result


def normalised(values: np.ndarray, mean: list[float], std: list[float]) -> np.ndarray:
    """uint8 (..., 3) to float32 (..., 3), channel by channel."""
    result = np.empty(values.shape, np.float32)
    for channel in range(3):
        scaled = values[..., channel].astype(np.float32) / np.float32(255)
        result[..., channel] = (scaled - np.float32(mean[channel])) / np.float32(std[channel])
    return result
