"""Step 1 of the preprocessing: decode a picture file to upright 8-bit RGB (see docs/bundle_format.md)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from efficientmod_mobile.errors import InputError

Picture = NDArray[np.uint8]


def open_picture(path: Path) -> Picture:
    """The picture as uint8 RGB (h, w, 3), turned upright. Raises InputError for a file that cannot be decoded."""
    try:
        with Image.open(path) as image:
            return _rgb(ImageOps.exif_transpose(image))
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise InputError(f"There is no picture {path}; check the path.", code="missing_picture") from error
        raise InputError(
            f"{path} is not a picture that can be decoded ({error}); give a JPEG or PNG file.",
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
