"""The inputs and outputs of the network, and those of an artifact in their place."""

import math
from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from efficientmod_export.bundle._preprocessing import Channels, Positive, Preprocessing
from efficientmod_export.bundle.contract._vocabulary import (
    ITEM_BYTES,
    ArtifactDtype,
    Dtype,
    Layout,
    Name,
    Shape,
    Text,
    Word,
)
from efficientmod_export.parity import Record

_LAYOUT_NEEDS_RANK_4: Final[dict[str, JsonValue]] = {
    "if": {"properties": {"layout": {"enum": ["NCHW", "NHWC"]}}},
    "then": {"properties": {"shape": {"minItems": 4, "maxItems": 4}}},
}


_ONLY_PICTURES_ARE_PREPROCESSED: Final[dict[str, JsonValue]] = {
    "if": {"properties": {"kind": {"const": "picture"}}},
    "then": {
        "properties": {
            "preprocessing": {"type": "object"},
            "dtype": {"const": "float32"},
            "layout": {"const": "NCHW"},
        }
    },
    "else": {"properties": {"preprocessing": {"type": "null"}}},
}


class _Declared(Record):
    name: Name
    shape: Shape
    dtype: Dtype
    layout: Layout

    model_config = ConfigDict(json_schema_extra=_LAYOUT_NEEDS_RANK_4)

    @model_validator(mode="after")
    def _has_axes(self) -> Self:
        _check_layout(self.shape, self.layout)
        return self

    @property
    def size(self) -> int:
        """Size of its golden file in bytes."""
        return math.prod(self.shape) * ITEM_BYTES[self.dtype]


class Output(_Declared):
    """An output of the network. `role` is its use, `meaning` what its numbers are; the task documents both."""

    role: Word
    meaning: Word


class Input(_Declared):
    """An input of the network: a picture, which `preprocessing` turns into the tensor, or any other tensor."""

    kind: Literal["picture", "tensor"]
    preprocessing: Preprocessing | None

    @classmethod
    def picture(cls, name: str, preprocessing: Preprocessing) -> Self:
        """An RGB picture, float32 (1, 3, H, W)."""
        shape = (1, 3, preprocessing.crop.height, preprocessing.crop.width)
        return cls(name=name, shape=shape, dtype="float32", layout="NCHW", kind="picture", preprocessing=preprocessing)

    model_config = ConfigDict(json_schema_extra={**_LAYOUT_NEEDS_RANK_4, "allOf": [_ONLY_PICTURES_ARE_PREPROCESSED]})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "picture") != (self.preprocessing is not None):
            raise ValueError("a preprocessing is required for a picture, and not allowed for other inputs")
        if self.preprocessing is not None:
            crop = self.preprocessing.crop
            if (self.shape, self.dtype, self.layout) != ((1, 3, crop.height, crop.width), "float32", "NCHW"):
                raise ValueError(f"a picture becomes float32 NCHW of shape (1, 3, {crop.height}, {crop.width})")
        return self


class Normalisation(Record):
    """How an input's value follows from a pixel: (pixel / 255 - mean) / std, channel by channel (R, G, B)."""

    mean: Channels
    std: tuple[Positive, Positive, Positive]


class _OfArtifact(Record):
    name: Text
    shape: Shape
    dtype: ArtifactDtype
    layout: Layout

    model_config = ConfigDict(json_schema_extra=_LAYOUT_NEEDS_RANK_4)

    @model_validator(mode="after")
    def _has_axes(self) -> Self:
        _check_layout(self.shape, self.layout)
        return self

    def shape_in(self, layout: Layout) -> tuple[int, ...]:
        """Its shape with the axes in the network's `layout`."""
        if (self.layout, layout) == ("NHWC", "NCHW"):
            n, height, width, channels = self.shape
            return n, channels, height, width
        if (self.layout, layout) == ("NCHW", "NHWC"):
            n, channels, height, width = self.shape
            return n, height, width, channels
        return self.shape


class ArtifactInput(_OfArtifact):
    """An artifact's input `name` in place of the network's `input`.

    `normalisation` is applied to a picture's pixels after the crop; None where the input takes the pixels' values, 0 to
    255, and for an input that is not a picture, whose values it takes unchanged.
    """

    input: Name
    normalisation: Normalisation | None


class ArtifactOutput(_OfArtifact):
    """An artifact's output `name`, which is the network's `output`."""

    output: Name


class Step(Record):
    """What an app does with an output, such as softmax or top_k; `docs/bundle_format.md` lists the steps."""

    step: Word
    output: Name
    parameters: dict[str, JsonValue] = Field(description="Named values, which the step's definition lists.")


def _check_layout(shape: Shape, layout: Layout) -> None:
    if layout != "any" and len(shape) != 4:
        raise ValueError(f"a tensor of shape {shape} has no layout {layout}")
