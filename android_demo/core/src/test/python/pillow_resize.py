"""Resize pictures with Pillow, one axis a call: the oracle of ResizePropertyTest.kt.

From standard input, as long as there is more: five int32 (height, width, new height, new width, Pillow's filter), then
the picture as RGB. To standard output: the resized picture.
"""

import struct
import sys

from PIL import Image

HEADER = struct.Struct(">5i")

while header := sys.stdin.buffer.read(HEADER.size):
    height, width, new_height, new_width, resampling = HEADER.unpack(header)
    picture = Image.frombytes("RGB", (width, height), sys.stdin.buffer.read(height * width * 3))
    columns = picture.resize((new_width, height), resampling)
    sys.stdout.buffer.write(columns.resize((new_width, new_height), resampling).tobytes())
    sys.stdout.buffer.flush()
