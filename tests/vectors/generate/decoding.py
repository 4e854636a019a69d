"""`pictures.json` and `pictures/`: every kind of picture file, and the upright 8-bit RGB that it holds."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.vectors.generate.files import array, exif, png, rgb_png, write_cases

RGB = np.random.RandomState(1).randint(0, 256, (7, 11, 3), dtype=np.uint8)
ALPHA = np.random.RandomState(2).choice([0, 1, 127, 128, 254, 255], (7, 11)).astype(np.uint8)
JPEG_TOLERANCE = 4
"""Decoders round their cosine transforms in different ways."""

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


def write(folder: Path) -> None:
    """Write the family's files."""
    (folder / "pictures").mkdir(exist_ok=True)
    cases = []
    for name, content, expected in (*_plain(), *_deep(), *_transparent(), *_turned()):
        (folder / "pictures" / name).write_bytes(content)
        cases.append({"file": f"pictures/{name}", "pixels": array(expected), "tolerance": 0})
    # Blocks of one colour, so that nothing but the decoder's rounding is lost.
    flat = np.kron(RGB[:3, :5], np.ones((16, 16, 1), np.uint8))
    for orientation, store in STORED.items():
        name = f"jpeg_orientation_{orientation}.jpg"
        image = Image.fromarray(np.ascontiguousarray(store(flat)))
        options: dict[str, Any] = {"quality": 100, "subsampling": 0, "exif": b"Exif\0\0" + exif(orientation)}
        image.save(folder / "pictures" / name, **options)
        cases.append({"file": f"pictures/{name}", "pixels": array(flat), "tolerance": JPEG_TOLERANCE})
    write_cases(folder / "pictures.json", cases)


Case = tuple[str, bytes, np.ndarray]


def over_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """In integers: (c * a + 255 * (255 - a) + 127) // 255."""
    c, a = colour.astype(np.int64), alpha.astype(np.int64)[..., np.newaxis]
    return ((c * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)


def _three(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def _rows(values: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in values]


def _packed(values: np.ndarray, bits: int) -> list[bytes]:
    """Samples of 1, 2 or 4 bits, the leftmost in the high bits."""
    planes = (values[..., np.newaxis] >> np.arange(bits - 1, -1, -1)) & 1
    return _rows(np.packbits(planes.reshape(values.shape[0], -1).astype(np.uint8), axis=1))


def _plain() -> list[Case]:
    grey, width = RGB[..., 0], RGB.shape[1]
    cases = [("rgb_8.png", rgb_png(RGB), RGB), ("grey_8.png", png(_rows(grey), width, 8, 0), _three(grey))]
    for bits in (1, 2, 4):
        small = grey >> (8 - bits)
        full = small * (255 // (2**bits - 1))  # a sample's largest value is white
        cases.append((f"grey_{bits}.png", png(_packed(small, bits), width, bits, 0), _three(full.astype(np.uint8))))
    palette = np.random.RandomState(3).randint(0, 256, (256, 3), dtype=np.uint8)
    content = png(_rows(grey), width, 8, 3, palette=palette.tobytes())
    cases.append(("palette_8.png", content, palette[grey]))
    small = grey >> 4
    content = png(_packed(small, 4), width, 4, 3, palette=palette[:16].tobytes())
    return [*cases, ("palette_4.png", content, palette[small])]


def _deep() -> list[Case]:
    """16-bit samples, big-endian; the lower byte is dropped, not rounded."""
    low = np.random.RandomState(4).randint(0, 256, RGB.shape, dtype=np.uint16)
    deep = ((RGB.astype(np.uint16) << 8) | low).astype(">u2")
    width = RGB.shape[1]
    alpha = (ALPHA.astype(np.uint16) << 8 | 0x55).astype(">u2")
    both = np.concatenate([deep, alpha[..., np.newaxis]], axis=2).astype(">u2")
    return [
        ("rgb_16.png", png(_rows(deep), width, 16, 2), RGB),
        ("grey_16.png", png(_rows(deep[..., 0]), width, 16, 0), _three(RGB[..., 0])),
        ("rgba_16.png", png(_rows(both), width, 16, 6), over_white(RGB, ALPHA)),
    ]


def _transparent() -> list[Case]:
    grey, width = RGB[..., 0], RGB.shape[1]
    rgba = np.concatenate([RGB, ALPHA[..., np.newaxis]], axis=2)
    grey_alpha = np.stack([grey, ALPHA], axis=2)
    palette = np.random.RandomState(3).randint(0, 256, (256, 3), dtype=np.uint8)
    opacity = np.random.RandomState(5).randint(0, 256, 200, dtype=np.uint8)
    opacities = np.concatenate([opacity, np.full(56, 255, np.uint8)])  # entries beyond the list are opaque
    key = RGB[3, 4]
    keyed = np.where((key == RGB).all(axis=2), 0, 255).astype(np.uint8)
    content = png(_rows(grey), width, 8, 3, palette=palette.tobytes(), transparency=opacity.tobytes())
    return [
        ("rgba_8.png", png(_rows(rgba), width, 8, 6), over_white(RGB, ALPHA)),
        ("grey_alpha_8.png", png(_rows(grey_alpha), width, 8, 4), over_white(_three(grey), ALPHA)),
        ("palette_alpha.png", content, over_white(palette[grey], opacities[grey])),
        (
            "rgb_transparent_colour.png",
            rgb_png(RGB, transparency=key.astype(">u2").tobytes()),
            over_white(RGB, keyed),
        ),
    ]


def _turned() -> list[Case]:
    return [
        (f"png_orientation_{number}.png", rgb_png(np.ascontiguousarray(store(RGB)), orientation=number), RGB)
        for number, store in STORED.items()
    ]
