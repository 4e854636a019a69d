"""From a picture to the network's input, exactly enough that Kotlin and Swift give the same pixels.

All arithmetic that is not said to be in integers or float32 is in IEEE doubles. `rint` rounds halves to even.

1. Decode to 8-bit RGB, first frame; apply the EXIF orientation. Grey is repeated three times, a palette is looked up,
   16-bit samples keep their upper byte. Where there is an alpha a, each channel c is laid over white, in integers:
   `(c * a + 255 * (255 - a) + 127) // 255`. Colour profiles are ignored.
2. The size after resizing, (h', w'), from the picture's (h, w) and `resize` (S_h, S_w) = floor(input size / crop_pct):
   - `shorter_side` (S_h = S_w = S): the shorter side becomes S, the longer `S * longer // shorter` in integers;
   - `cover`: r = min(h / S_h, w / S_w), then h' = rint(h / r), w' = rint(w / r).
3. Resize the columns (each row to w' pixels), then the rows (each column to h' pixels), each to 8 bits; a pass that
   keeps its size is left out. For one axis from n to n' pixels, scale = n / n', f = max(scale, 1), and support s = 2 f
   (bicubic) or f (bilinear). For output x: centre c = (x + 0.5) * scale; the inputs are the i from
   max(0, trunc(c - s + 0.5)) up to but not including min(n, trunc(c + s + 0.5)), with weights
   k((i - c + 0.5) * (1 / f)) divided by their sum, where k(t) is the triangle 1 - |t| below 1 (bilinear) or Keys' cubic
   with a = -0.5 (bicubic). Each weight becomes the integer nearest to weight * 2^22, halves away from zero, and the
   output is clamp((2^21 + sum of integer weight * input) >> 22, 0, 255).
   `nearest` takes input trunc(p_x) instead, where p_0 = 0.5 * scale and p_(x + 1) = p_x + scale, each sum rounded to a
   double.
4. Crop (H, W) from top rint((h' - H) / 2) and left rint((w' - W) / 2).
5. Normalise each channel in float32: ((pixel / 255) - mean) / std, each operation rounded to float32.

Steps 2 to 5 are timm's evaluation transform (`timm.data.create_transform`, centre crop) on Pillow, which is what the
published accuracies were measured with; step 1 differs from it for pictures with an orientation or an alpha only.
"""

import math
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, model_validator

from efficientmod_export.parity import Record
from efficientmod_mobile import PreprocessingConfig

Picture = NDArray[np.uint8]
LONGEST_SIDE = 1 << 17
"""Pixels; more than any picture has that memory holds."""

_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}


class Resize(Record):
    """How a picture is scaled before the crop; `height` and `width` are (S_h, S_w) of the module's docstring."""

    rule: Literal["shorter_side", "cover"]
    height: int = Field(ge=1, le=LONGEST_SIDE)
    width: int = Field(ge=1, le=LONGEST_SIDE)
    interpolation: Literal["bicubic", "bilinear", "nearest"]
    antialias: bool

    def size(self, height: int, width: int) -> tuple[int, int]:
        """The (height, width) that a picture of `height` x `width` is scaled to."""
        if self.rule == "shorter_side":
            shorter, longer = sorted((height, width))
            scaled = self.height * longer // shorter
            return (self.height, scaled) if height <= width else (scaled, self.height)
        ratio = min(height / self.height, width / self.width)
        return round(height / ratio), round(width / ratio)


class Crop(Record):
    """The part of the scaled picture that the network sees."""

    position: Literal["center"]
    height: int = Field(ge=1)
    width: int = Field(ge=1)


class Preprocessing(Record):
    """The preprocessing of one network, as the manifest carries it; the module says what each step computes."""

    orientation: Literal["exif"]
    alpha: Literal["over_white"]
    color_order: Literal["RGB"]
    resize: Resize
    crop: Crop
    divisor: Literal[255]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    layout: Literal["NCHW"]
    dtype: Literal["float32"]

    @classmethod
    def from_config(cls, config: PreprocessingConfig, resolution: tuple[int, int]) -> Self:
        """What `config` says, for inputs of `resolution` (H, W) in place of the one it was published with."""
        height, width = resolution
        # floor, not round: timm's evaluation transform measures so, and 224 / 0.9 differs.
        scaled = math.floor(height / config.crop_pct), math.floor(width / config.crop_pct)
        return cls(
            orientation="exif",
            alpha="over_white",
            color_order="RGB",
            resize=Resize(
                rule="shorter_side" if scaled[0] == scaled[1] else "cover",
                height=scaled[0],
                width=scaled[1],
                interpolation=config.interpolation,
                antialias=config.interpolation != "nearest",
            ),
            crop=Crop(position="center", height=height, width=width),
            divisor=255,
            mean=config.mean,
            std=config.std,
            layout="NCHW",
            dtype="float32",
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.resize.height < self.crop.height or self.resize.width < self.crop.width:
            raise ValueError("the crop is larger than the scaled picture; crop_pct must be at most 1")
        if self.resize.rule == "shorter_side" and self.resize.height != self.resize.width:
            raise ValueError("the rule shorter_side takes one size for both sides")
        if self.resize.antialias == (self.resize.interpolation == "nearest"):
            raise ValueError("bicubic and bilinear are antialiased, nearest is not")
        if min(self.std) <= 0.0:
            raise ValueError("every std must be above zero")
        return self

    def pixels(self, picture: Picture) -> Picture:
        """Steps 2 to 4: uint8 RGB (h, w, 3), resized and cropped to (H, W, 3)."""
        height, width = self.resize.size(*picture.shape[:2])
        resampling = _FILTERS[self.resize.interpolation]
        resized = np.asarray(Image.fromarray(picture).resize((width, height), resampling))
        top, left = round((height - self.crop.height) / 2), round((width - self.crop.width) / 2)
        return np.ascontiguousarray(resized[top : top + self.crop.height, left : left + self.crop.width])

    def tensor(self, pixels: Picture) -> NDArray[np.float32]:
        """Step 5: uint8 (H, W, 3), normalised to float32 (1, 3, H, W)."""
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        normalised = (pixels.astype(np.float32) / np.float32(self.divisor) - mean) / std
        return np.ascontiguousarray(normalised.transpose(2, 0, 1)[np.newaxis])
