"""Decoding: every kind of picture ends as upright 8-bit RGB, or in one clear sentence."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from efficientmod_export.bundle import open_picture
from efficientmod_mobile.errors import InputError

from ...raising import refused

ORIENTATION_TAG = 0x0112
RGB = np.random.RandomState(1).randint(0, 256, (7, 11, 3), dtype=np.uint8)

# EXIF orientation -> what was done to the upright picture before it was stored (Exif 2.32, table 6).
STORED = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, 1),
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: np.rot90(p, -1),
}


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("orientation", STORED)
def test_orientation(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](RGB)))
    np.testing.assert_array_equal(open_picture(save(tmp_path / "p.png", stored, exif=exif)), RGB)


def test_grey_and_bilevel(tmp_path: Path) -> None:
    grey = RGB[..., 0]
    expected = np.repeat(grey[..., np.newaxis], 3, axis=2)
    np.testing.assert_array_equal(open_picture(save(tmp_path / "l.png", Image.fromarray(grey))), expected)
    bits = Image.fromarray(grey > 127)
    np.testing.assert_array_equal(open_picture(save(tmp_path / "1.png", bits)), np.where(expected > 127, 255, 0))


def test_sixteen_bit_grey_keeps_the_upper_byte(tmp_path: Path) -> None:
    deep = (RGB[..., 0].astype(np.uint16) << 8) + 200
    expected = np.repeat(RGB[..., :1], 3, axis=2)
    np.testing.assert_array_equal(open_picture(save(tmp_path / "p.png", Image.fromarray(deep))), expected)


def test_palette(tmp_path: Path) -> None:
    palette = Image.fromarray(RGB // 64 * 64).quantize(colors=256)
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(open_picture(save(tmp_path / "p.png", palette)), expected)


def test_alpha_is_blended_with_white(tmp_path: Path) -> None:
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 128]]], np.uint8)
    path = save(tmp_path / "p.png", Image.fromarray(rgba))
    # 200 * 128 + 255 * 127 = 57985, and 57985 / 255 = 227.4; 100 -> 177.2; 0 -> 127.
    expected = [[[200, 100, 0], [255, 255, 255], [227, 177, 127]]]
    assert open_picture(path).tolist() == expected


def test_grey_with_alpha_and_a_transparent_colour(tmp_path: Path) -> None:
    la = np.array([[[50, 255], [50, 0]]], np.uint8)
    assert open_picture(save(tmp_path / "la.png", Image.fromarray(la))).tolist() == [[[50] * 3, [255] * 3]]
    rgb = np.array([[[9, 8, 7], [1, 2, 3]]], np.uint8)
    keyed = save(tmp_path / "key.png", Image.fromarray(rgb), transparency=(9, 8, 7))
    assert open_picture(keyed).tolist() == [[[255, 255, 255], [1, 2, 3]]]
    palette = Image.fromarray(np.array([[0, 1]], np.uint8))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    transparent = save(tmp_path / "p.png", palette, transparency=b"\x00\xff")
    assert open_picture(transparent).tolist() == [[[255, 255, 255], [40, 50, 60]]]


def test_cmyk_jpeg_and_the_first_frame_of_a_gif(tmp_path: Path) -> None:
    flat = np.full((8, 8, 3), (200, 60, 60), np.uint8)
    cmyk = open_picture(save(tmp_path / "p.jpg", Image.fromarray(flat).convert("CMYK"), quality=100))
    assert np.abs(cmyk.astype(int) - flat).max() <= 3
    frames = [Image.fromarray(np.full((4, 5), value, np.uint8)) for value in (30, 90)]
    moving = save(tmp_path / "p.gif", frames[0], save_all=True, append_images=frames[1:])
    assert open_picture(moving)[0, 0].tolist() == [30, 30, 30]


@pytest.mark.parametrize(
    "content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(30)], ids=["empty", "text", "torn"]
)
def test_what_is_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(content)
    with refused(InputError, "undecodable_picture", "p.png"):
        open_picture(path)


def test_a_truncated_and_a_float_picture_and_none(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.jpg", Image.fromarray(np.repeat(np.repeat(RGB, 20, 0), 20, 1)))
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(whole.read_bytes()[:-900])
    with refused(InputError, "undecodable_picture", "torn.jpg"):
        open_picture(torn)
    real = save(tmp_path / "p.tif", Image.fromarray(np.zeros((3, 4), np.float32)))
    with refused(InputError, "undecodable_picture", "mode F"):
        open_picture(real)
    with refused(InputError, "missing_picture", "absent.jpg"):
        open_picture(tmp_path / "absent.jpg")
