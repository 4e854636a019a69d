"""The written definition of the preprocessing is enough: what it says, in plain Python, gives Pillow's bytes."""

import math

import numpy as np
import pytest

from efficientmod_export.bundle import Preprocessing
from efficientmod_mobile import PreprocessingConfig

WEIGHT_BITS = 22


def triangle(t: float) -> float:
    return max(0.0, 1.0 - abs(t))


def keys_cubic(t: float) -> float:
    a, t = -0.5, abs(t)
    if t < 1.0:
        return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0
    return (((t - 5.0) * t + 8.0) * t - 4.0) * a if t < 2.0 else 0.0


KERNELS = {"bilinear": (triangle, 1.0), "bicubic": (keys_cubic, 2.0)}


def resize_columns(values: np.ndarray, size: int, interpolation: str) -> np.ndarray:
    """Step 3 for one axis: (h, n, 3) -> (h, size, 3)."""
    kernel, reach = KERNELS[interpolation]
    count = values.shape[1]
    if size == count:
        return values
    scale = count / size
    factor = max(scale, 1.0)
    result = np.empty((values.shape[0], size, 3), np.uint8)
    for x in range(size):
        centre = (x + 0.5) * scale
        first = max(0, math.trunc(centre - reach * factor + 0.5))
        last = min(count, math.trunc(centre + reach * factor + 0.5))
        weights = [kernel((i - centre + 0.5) * (1.0 / factor)) for i in range(first, last)]
        total = sum(weights)
        scaled = [weight / total * 2**WEIGHT_BITS for weight in weights]
        integers = np.array([math.trunc(w + math.copysign(0.5, w)) for w in scaled], np.int64)
        sums = np.tensordot(values[:, first:last].astype(np.int64), integers, axes=(1, 0)) + 2 ** (WEIGHT_BITS - 1)
        result[:, x] = np.clip(sums >> WEIGHT_BITS, 0, 255)
    return result


def nearest(count: int, size: int) -> list[int]:
    scale = count / size
    position, inputs = 0.5 * scale, []
    for _ in range(size):
        inputs.append(math.trunc(position))
        position += scale
    return inputs


def resize(values: np.ndarray, height: int, width: int, interpolation: str) -> np.ndarray:
    if interpolation == "nearest":
        return values[nearest(values.shape[0], height)][:, nearest(values.shape[1], width)]
    by_columns = resize_columns(values, width, interpolation)
    return resize_columns(by_columns.transpose(1, 0, 2), height, interpolation).transpose(1, 0, 2)


def preprocess(picture: np.ndarray, preprocessing: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
    """Steps 2 to 5 from the manifest's fields alone."""
    fields = preprocessing.model_dump()
    h, w = picture.shape[:2]
    size, crop = fields["resize"], fields["crop"]
    if size["rule"] == "shorter_side":
        height = size["height"] if h <= w else size["height"] * h // w
        width = size["width"] if w <= h else size["width"] * w // h
    else:
        ratio = min(h / size["height"], w / size["width"])
        height, width = int(np.rint(h / ratio)), int(np.rint(w / ratio))
    resized = resize(picture, height, width, size["interpolation"])
    top, left = int(np.rint((height - crop["height"]) / 2)), int(np.rint((width - crop["width"]) / 2))
    pixels = resized[top : top + crop["height"], left : left + crop["width"]]
    tensor = np.empty((1, 3, crop["height"], crop["width"]), np.float32)
    for channel in range(3):
        scaled = pixels[:, :, channel].astype(np.float32) / np.float32(fields["divisor"])
        centred = scaled - np.float32(fields["mean"][channel])
        tensor[0, channel] = centred / np.float32(fields["std"][channel])
    return pixels, tensor


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "nearest"])
@pytest.mark.parametrize("resolution", [(96, 96), (128, 96)], ids=str)
@pytest.mark.parametrize("size", [(213, 320), (401, 303), (61, 50), (96, 97), (110, 110)], ids=str)
def test_the_definition_gives_the_same_bits(
    size: tuple[int, int], resolution: tuple[int, int], interpolation: str
) -> None:
    picture = np.random.RandomState(5).randint(0, 256, (*size, 3), dtype=np.uint8)
    picture[: size[0] // 2] = np.where(picture[: size[0] // 2] < 128, 0, 255)  # where cubic overshoots and must clip
    config = PreprocessingConfig(resolution, interpolation, 0.9, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    preprocessing = Preprocessing.from_config(config, resolution)
    pixels, tensor = preprocess(picture, preprocessing)
    np.testing.assert_array_equal(preprocessing.pixels(picture), pixels)
    np.testing.assert_array_equal(preprocessing.tensor(pixels), tensor)
