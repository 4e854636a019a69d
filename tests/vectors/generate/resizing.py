"""`sizes.json`, `taps.json` and `resize.json`."""

import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from tests.vectors.generate import arithmetic
from tests.vectors.generate.files import array, write_cases

INTERPOLATIONS = ("bicubic", "bilinear", "nearest")
PILLOW = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}
RULES = ("shorter_side", "cover", "stretch", "letterbox")

# Odd and even, up and down, whole and broken factors, one pixel, and what phones' cameras give.
AXES = (
    *((1, 1), (1, 5), (5, 1), (2, 1), (3, 2), (2, 3), (4, 2), (2, 4), (3, 7), (7, 3), (8, 5), (5, 8), (9, 4), (16, 7)),
    *((31, 32), (32, 31), (32, 16), (33, 16), (16, 33), (48, 47), (64, 24), (71, 50), (96, 95), (100, 224)),
    *((223, 224), (224, 223), (224, 256), (255, 256), (256, 224), (257, 256), (320, 213), (427, 256), (480, 224)),
    *((640, 224), (641, 256), (1080, 248), (1920, 441), (3024, 256), (4032, 341), (4000, 7)),
)
TAPS_SHOWN = 3
"""Of the first, middle and last output pixels."""

SIDES = (
    *(((7, 9), (13, 4)), ((8, 6), (4, 3)), ((9, 15), (8, 14)), ((1, 1), (5, 3)), ((1, 12), (4, 5)), ((12, 1), (5, 4))),
    *(((40, 28), (16, 24)), ((28, 40), (27, 41)), ((11, 11), (11, 20)), ((11, 11), (20, 11)), ((5, 6), (5, 6))),
    ((45, 30), (2, 3)),
)
"""(h, w) -> (h', w')."""

# Too large to keep, but held against Pillow on every run.
LARGE_SIDES = (((213, 320), (96, 145)), ((401, 303), (127, 97)), ((476, 200), (304, 128)), ((97, 96), (96, 96)))


def write(folder: Path) -> None:
    """Write the family's files."""
    write_cases(folder / "sizes.json", [_size_case(number) for number in range(1000)])
    write_cases(folder / "taps.json", [_taps_case(*axis, kind) for axis in AXES for kind in INTERPOLATIONS])
    kept = [_resize_case(*sides, kind) for sides in SIDES for kind in INTERPOLATIONS]
    for sides, kind in itertools.product(LARGE_SIDES, INTERPOLATIONS):
        _resize_case(*sides, kind)
    write_cases(folder / "resize.json", kept)


def picture(height: int, width: int) -> np.ndarray:
    """Noise below, and above it black and white, where cubic weights overshoot and must be clamped."""
    drawn = np.random.RandomState(height * 1000 + width).randint(0, 256, (height, width, 3), dtype=np.uint8)
    half = (height + 1) // 2
    drawn[:half] = np.where(drawn[:half] < 128, 0, 255)
    return drawn


def _size_case(number: int) -> dict[str, object]:
    draw = np.random.RandomState(number)
    rule = RULES[number % len(RULES)]
    height, width = (int(side) for side in draw.randint(1, (30, 400, 5000)[number % 3], 2))
    crop_height, crop_width = (int(side) for side in draw.randint(1, 400, 2))
    if rule == "shorter_side":
        aim = (max(crop_height, crop_width) + int(draw.randint(0, 40)),) * 2
    elif rule == "letterbox":
        aim = crop_height + int(draw.randint(-1, 2)), crop_width + int(draw.randint(-1, 2))
        aim = max(1, aim[0]), max(1, aim[1])
    else:
        aim = crop_height + int(draw.randint(0, 40)), crop_width + int(draw.randint(0, 40))
    resize = {"rule": rule, "height": aim[0], "width": aim[1]}
    crop = {"position": ("center", "top_left")[number % 5 == 0], "height": crop_height, "width": crop_width}
    scaled = arithmetic.scaled_size(resize, height, width)
    begin = arithmetic.start(crop, scaled)
    return {"picture": [height, width], "resize": resize, "crop": crop, "scaled": list(scaled), "start": list(begin)}


def _taps_case(count: int, size: int, interpolation: str) -> dict[str, object]:
    found = arithmetic.taps(count, size, interpolation)
    middle = max(0, size // 2 - 1)
    shown = sorted({x for begin in (0, middle, size - TAPS_SHOWN) for x in range(begin, begin + TAPS_SHOWN)})
    kept = [{"x": x, "first": found[x][0], "weights": found[x][1]} for x in shown if 0 <= x < size]
    return {"inputs": count, "outputs": size, "interpolation": interpolation, "taps": kept}


def _resize_case(sides: tuple[int, int], aim: tuple[int, int], interpolation: str) -> dict[str, object]:
    source = picture(*sides)
    result = arithmetic.resize(source, *aim, interpolation)
    # One axis a call: Pillow 13 does the rows of tall pictures first.
    columns = Image.fromarray(source).resize((aim[1], sides[0]), PILLOW[interpolation])
    pillow = np.asarray(columns.resize(aim[::-1], PILLOW[interpolation]))
    np.testing.assert_array_equal(result, pillow)
    return {"interpolation": interpolation, "source": array(source), "result": array(result)}
