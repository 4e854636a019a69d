"""`yuv.json`: camera frames to RGB, by the integers of `docs/phone_report.md`; libjpeg must agree."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.vectors.generate.files import text, write_cases

SIDES = ((1, 1), (1, 6), (5, 1), (2, 4), (3, 5), (4, 7), (6, 8))


def write(folder: Path) -> None:
    """Write the family's files."""
    _agree_with_libjpeg()
    cases = [_case(f"{height}x{width}", height, width, rotation) for height, width in SIDES for rotation in (0, 90)]
    cases += [_case(f"6x8_rotated_{rotation}", 6, 8, rotation) for rotation in (180, 270)]
    cases += [
        _case("rows_padded", 6, 8, 90, row_padding=5),
        _case("last_rows_not_padded", 6, 8, 0, row_padding=24, short=True),
        _case("chroma_interleaved", 6, 8, 270, chroma_stride=2, short=True),
        _case("chroma_interleaved_odd", 5, 7, 90, chroma_stride=2, row_padding=3, short=True),
        _case("every_plane_strided", 4, 6, 180, luma_stride=2, chroma_stride=4, row_padding=1, short=True),
        _case("darkest_and_brightest", 2, 2, 0, values=([0, 255, 0, 255], [128], [128])),
        _case("clamped_above", 2, 2, 0, values=([255, 200, 150, 128], [255], [255])),
        _case("clamped_below", 2, 2, 0, values=([0, 60, 100, 127], [0], [0])),
        _case("video_range_is_not_stretched", 2, 2, 0, values=([16, 235, 16, 235], [128], [128])),
    ]
    broken = _case("", 6, 8, 0, row_padding=2, short=True)
    cases += [_refused(f"{plane}_a_byte_short", broken, plane) for plane in ("y", "cb", "cr")]
    write_cases(folder / "yuv.json", cases)


def rgb(y: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
    """Full-range YCbCr of JFIF, uint8 arrays of one shape, to uint8 (..., 3), in 32-bit integers."""
    luma, blue, red = (plane.astype(np.int64) for plane in (y, cb, cr))
    blue, red, luma = blue - 128, red - 128, luma * 65536 + 32768
    channels = (luma + 91881 * red, luma - 22554 * blue - 46802 * red, luma + 116130 * blue)
    return np.stack([np.clip(channel >> 16, 0, 255) for channel in channels], axis=-1).astype(np.uint8)


def _agree_with_libjpeg() -> None:
    """Flat blocks of 8 x 8 at the best quality lose nothing, so that a decoder only converts the colours."""
    colours = np.random.RandomState(0).randint(0, 256, (40, 40, 3), dtype=np.uint8)
    blocks = colours.repeat(8, axis=0).repeat(8, axis=1)
    file = io.BytesIO()
    Image.frombytes("YCbCr", blocks.shape[1::-1], blocks.tobytes()).save(file, "JPEG", quality=100, subsampling=0)
    decoded = np.asarray(Image.open(file).convert("RGB"))[::8, ::8]
    np.testing.assert_array_equal(rgb(*np.moveaxis(colours, -1, 0)), decoded)


def _case(
    name: str,
    height: int,
    width: int,
    rotation: int,
    *,
    luma_stride: int = 1,
    chroma_stride: int = 1,
    row_padding: int = 0,
    short: bool = False,
    values: tuple[list[int], list[int], list[int]] | None = None,
) -> dict[str, Any]:
    sides = (height, width), ((height + 1) // 2, (width + 1) // 2), ((height + 1) // 2, (width + 1) // 2)
    draw = np.random.RandomState(height * 100 + width + rotation)
    planes = [draw.randint(0, 256, side, dtype=np.uint8) for side in sides]
    if values is not None:
        planes = [np.array(given, np.uint8).reshape(side) for given, side in zip(values, sides, strict=True)]
    y, cb, cr = planes
    rows, columns = np.mgrid[0:height, 0:width] // 2
    upright = np.rot90(rgb(y, cb[rows, columns], cr[rows, columns]), -rotation // 90)
    strides = (luma_stride, chroma_stride, chroma_stride)
    stored = [_stored(plane, stride, row_padding, short) for plane, stride in zip(planes, strides, strict=True)]
    return {
        "name": name,
        "width": width,
        "height": height,
        "rotation": rotation,
        **dict(zip(("y", "cb", "cr"), stored, strict=True)),
        "shape": list(upright.shape),
        "rgb": text(np.ascontiguousarray(upright).tobytes()),
    }


def _stored(plane: np.ndarray, pixel_stride: int, row_padding: int, short: bool) -> dict[str, Any]:
    """With other bytes between the pixels; where `short`, the last row ends with its last pixel."""
    height, width = plane.shape
    row_stride = width * pixel_stride + row_padding
    content = np.full(height * row_stride, 0xA5, np.uint8)
    for row in range(height):
        content[row * row_stride :][: width * pixel_stride : pixel_stride] = plane[row]
    end = (height - 1) * row_stride + (width - 1) * pixel_stride + 1 if short else len(content)
    return {"row_stride": row_stride, "pixel_stride": pixel_stride, "base64": text(content[:end].tobytes())}


def _refused(name: str, whole: dict[str, Any], plane: str) -> dict[str, Any]:
    content = base64.b64decode(whole[plane]["base64"])[:-1]
    return {**whole, "name": name, plane: {**whole[plane], "base64": text(content)}, "shape": None, "rgb": None}
