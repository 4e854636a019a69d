"""Step 1 of the preprocessing: decode a picture file to upright 8-bit RGB (see docs/bundle_format.md)."""

from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from efficientmod_mobile.errors import InputError

Picture = NDArray[np.uint8]

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
"""Of the files that are taken for pictures in a folder, in lower case."""


def open_picture(path: Path) -> Picture:
    """The picture as uint8 RGB (h, w, 3), turned upright. Raises InputError for a file that cannot be decoded."""
    return decode_picture(path, str(path))


def decode_picture(file: Path | IO[bytes], name: str) -> Picture:
    """As `open_picture`, from a file or a stream; errors call it `name`."""
    try:
        with Image.open(file) as image:
            return _rgb(ImageOps.exif_transpose(image))
    except Exception as error:  # of a damaged file: struct.error from EXIF, RuntimeError from AVIF, MemoryError, ...
        if isinstance(error, FileNotFoundError):
            raise InputError(f"There is no picture {name}; check the path.", code="missing_picture") from error
        raise InputError(
            f"{name} is not a picture that can be decoded ({error}); give a JPEG or PNG file.",
            code="undecodable_picture",
        ) from error


def _rgb(image: Image.Image) -> Picture:
    if image.mode.startswith("I;16"):
        upper = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(upper[..., np.newaxis], 3, axis=2)
    if image.mode in ("I", "F"):
        raise ValueError(f"its pixels are of mode {image.mode}, which has no defined range")
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    rgba = np.asarray(image.convert("RGBA")).astype(np.uint32)
    colour, alpha = rgba[..., :3], rgba[..., 3:]
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
