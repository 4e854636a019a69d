"""How the vectors are stored: JSON with one case a line, arrays as base64, and PNGs that no compressor changes."""

import base64
import json
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write_cases(path: Path, cases: Sequence[dict[str, Any]]) -> None:
    """A JSON array with one case a line, so that a change is a line."""
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def array(values: np.ndarray) -> dict[str, Any]:
    """An array: its shape, its dtype, and its little-endian bytes in row-major order as base64."""
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return {"shape": list(values.shape), "dtype": values.dtype.name, "base64": text(little.tobytes())}


def text(content: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(content).decode()


def png(
    rows: Sequence[bytes],
    width: int,
    depth: int,
    color_type: int,
    *,
    palette: bytes | None = None,
    transparency: bytes | None = None,
    orientation: int | None = None,
) -> bytes:
    """A PNG of packed rows (PNG specification, 3rd edition), stored without compression and filters."""
    header = struct.pack(">IIBBBBB", width, len(rows), depth, color_type, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if palette is not None:
        chunks.append(_chunk(b"PLTE", palette))
    if transparency is not None:
        chunks.append(_chunk(b"tRNS", transparency))
    if orientation is not None:
        chunks.append(_chunk(b"eXIf", exif(orientation)))
    chunks += [_chunk(b"IDAT", _stored(b"".join(b"\0" + row for row in rows))), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def rgb_png(pixels: np.ndarray, **options: Any) -> bytes:
    """A PNG of uint8 RGB (h, w, 3)."""
    return png([row.tobytes() for row in pixels], pixels.shape[1], 8, 2, **options)


def exif(orientation: int) -> bytes:
    """A TIFF header with one entry, tag 0x0112 (Exif 2.32), little-endian."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _stored(content: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1951, 3.2.4): the same bytes whatever library compresses."""
    most = 0xFFFF
    blocks = [content[start : start + most] for start in range(0, len(content), most)]
    parts = [
        struct.pack("<BHH", index == len(blocks) - 1, len(block), len(block) ^ most) + block
        for index, block in enumerate(blocks)
    ]
    return b"\x78\x01" + b"".join(parts) + struct.pack(">I", zlib.adler32(content))
