"""From a picture to the network's input, defined exactly enough that Kotlin and Swift give the same bits.

`docs/bundle_format.md` ("Preprocessing") defines every step to the rounding. For resize rules `shorter_side`, `cover`
and `stretch` these are timm's evaluation transforms (`timm.data.create_transform` with the crop modes centre and
squash), for `letterbox` its crop mode border, all on Pillow; the published accuracies were measured with them.
"""

import math
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import ConfigDict, Field, model_validator

from efficientmod_export.parity import Record
from efficientmod_mobile import PreprocessingConfig

Picture = NDArray[np.uint8]
Byte = Annotated[int, Field(ge=0, le=255)]
Channels = tuple[float, float, float]
"""A number for each of R, G, B."""
Positive = Annotated[float, Field(gt=0)]
LONGEST_SIDE = 1 << 17
"""Pixels; more than any picture that fits into memory has."""

_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}


class Resize(Record):
    """How a picture is scaled before the crop; `height` and `width` are the target sides of `rule`, in pixels."""

    rule: Literal["shorter_side", "cover", "stretch", "letterbox"]
    height: int = Field(ge=1, le=LONGEST_SIDE)
    width: int = Field(ge=1, le=LONGEST_SIDE)
    interpolation: Literal["bicubic", "bilinear", "nearest"]
    antialias: bool

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"interpolation": {"const": "nearest"}}},
            "then": {"properties": {"antialias": {"const": False}}},
            "else": {"properties": {"antialias": {"const": True}}},
        }
    )

    def size(self, height: int, width: int) -> tuple[int, int]:
        """The (height, width) to which a picture of `height` x `width` is scaled."""
        if self.rule == "stretch":
            return self.height, self.width
        if self.rule == "shorter_side":
            shorter, longer = sorted((height, width))
            scaled = self.height * longer // shorter
            return (self.height, scaled) if height <= width else (scaled, self.height)
        ratios = height / self.height, width / self.width
        ratio = max(ratios) if self.rule == "letterbox" else min(ratios)
        return max(1, round(height / ratio)), max(1, round(width / ratio))


class Crop(Record):
    """The part of the scaled picture that the network sees, (height, width) pixels.

    Where a letterboxed picture is smaller than that, the rest has the colour `fill` (R, G, B); None for other rules.
    """

    position: Literal["center", "top_left"]
    height: int = Field(ge=1, le=LONGEST_SIDE)
    width: int = Field(ge=1, le=LONGEST_SIDE)
    fill: tuple[Byte, Byte, Byte] | None

    def start(self, scaled: tuple[int, int]) -> tuple[int, int]:
        """(top, left) of the crop in the scaled picture (h', w'); negative where there is a border before it."""
        return self._start(scaled[0], self.height), self._start(scaled[1], self.width)

    def _start(self, count: int, seen: int) -> int:
        if self.position == "top_left":
            return 0
        # Halves are rounded to even for a crop and down for a border, as in timm's CenterCropOrPad.
        return round((count - seen) / 2) if count >= seen else -((seen - count) // 2)


class Preprocessing(Record):
    """How a picture becomes a network's input, float32 (1, 3, H, W), as the manifest states it."""

    orientation: Literal["exif"]
    alpha: Literal["over_white"]
    color_order: Literal["RGB"]
    resize: Resize
    crop: Crop
    divisor: Literal[255]
    mean: Channels
    std: tuple[Positive, Positive, Positive]

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"resize": {"properties": {"rule": {"const": "letterbox"}}}}},
            "then": {"properties": {"crop": {"properties": {"fill": {"type": "array"}}}}},
            "else": {"properties": {"crop": {"properties": {"fill": {"type": "null"}}}}},
        }
    )

    @classmethod
    def from_config(cls, config: PreprocessingConfig, resolution: tuple[int, int]) -> Self:
        """From `config`, for inputs of `resolution` (H, W) in place of the one that it states."""
        height, width = resolution
        # floor, not round, as in timm's evaluation transform; 224 / 0.9 shows the difference.
        scaled = math.floor(height / config.crop_pct), math.floor(width / config.crop_pct)
        covering = config.resize_mode == "cover"
        return cls(
            orientation="exif",
            alpha="over_white",
            color_order="RGB",
            resize=Resize(
                rule="shorter_side" if covering and scaled[0] == scaled[1] else config.resize_mode,
                height=scaled[0],
                width=scaled[1],
                interpolation=config.interpolation,
                antialias=config.interpolation != "nearest",
            ),
            crop=Crop(
                position="center",
                height=height,
                width=width,
                fill=_border(config.mean) if config.resize_mode == "letterbox" else None,
            ),
            divisor=255,
            mean=config.mean,
            std=config.std,
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        resize, crop = self.resize, self.crop
        if (resize.rule == "letterbox") != (crop.fill is not None):
            raise ValueError("a fill colour is required for the rule letterbox, and not allowed for others")
        if crop.fill is None and (resize.height < crop.height or resize.width < crop.width):
            raise ValueError("the crop is larger than the scaled picture; crop_pct must be at most 1")
        if resize.rule == "shorter_side" and resize.height != resize.width:
            raise ValueError("the rule shorter_side needs equal height and width")
        if resize.antialias == (resize.interpolation == "nearest"):
            raise ValueError("bicubic and bilinear are antialiased, nearest is not")
        return self

    def pixels(self, picture: Picture) -> Picture:
        """A decoded picture, uint8 RGB (h, w, 3), resized and cropped to uint8 (H, W, 3)."""
        height, width = self.resize.size(*picture.shape[:2])
        resampling = _FILTERS[self.resize.interpolation]
        # One axis per call: Pillow 13 resizes the rows of tall pictures first, which rounds differently from Pillow 12.
        columns = Image.fromarray(picture).resize((width, picture.shape[0]), resampling)
        resized = np.asarray(columns.resize((width, height), resampling))
        top, left = self.crop.start((height, width))
        seen = resized[max(0, top) : top + self.crop.height, max(0, left) : left + self.crop.width]
        if self.crop.fill is None:
            return np.ascontiguousarray(seen)
        canvas = np.full((self.crop.height, self.crop.width, 3), self.crop.fill, np.uint8)
        canvas[max(0, -top) :, max(0, -left) :][: seen.shape[0], : seen.shape[1]] = seen
        return canvas

    def tensor(self, pixels: Picture) -> NDArray[np.float32]:
        """uint8 (H, W, 3), normalised to float32 (1, 3, H, W)."""
        normalised = normalise(pixels, self.mean, self.std)
        return np.ascontiguousarray(normalised.transpose(2, 0, 1)[np.newaxis])


def _border(mean: Channels) -> tuple[int, int, int]:
    """The colour of a letterbox's border, as timm has it: the mean, which the normalisation makes 0."""
    red, green, blue = (min(max(round(255 * value), 0), 255) for value in mean)
    return red, green, blue


def normalise(pixels: Picture, mean: Channels, std: Channels) -> NDArray[np.float32]:
    """(pixel / 255 - mean) / std of uint8 (..., 3), each operation rounded to float32."""
    scaled = pixels.astype(np.float32) / np.float32(255)
    return np.asarray((scaled - np.array(mean, np.float32)) / np.array(std, np.float32), np.float32)
