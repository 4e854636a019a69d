"""Which shapes an input may have: ranges of lengths (`RangeDim`) or a list of shapes (`EnumeratedShapes`).

Message definitions: coremltools, mlmodel/format/FeatureTypes.proto. Core ML refuses other shapes even where the program
could run them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Range = tuple[int, int | None]
"""The least and the largest length of an axis; None where there is no largest."""


@dataclass(frozen=True)
class Flexibility:
    """The allowed shapes; all where both fields are empty. Both count axes from the last one."""

    ranges: tuple[Range, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()

    def refuses(self, shape: Sequence[int]) -> str:
        """A text with what is allowed instead of `shape`; "" where it is allowed."""
        if self.shapes and not any(tuple(shape[-len(allowed) :]) == allowed for allowed in self.shapes):
            return f"one of the shapes {', '.join(map(str, self.shapes))}"
        if self.ranges and not all(
            least <= length and (most is None or length <= most)
            for (least, most), length in zip(self.ranges, shape[-len(self.ranges) :], strict=False)
        ):
            return f"of the lengths ({', '.join(map(_text, self.ranges))})"
        return ""


ANY_SHAPE = Flexibility()


def _text(allowed: Range) -> str:
    least, most = allowed
    if least == most:
        return str(least)
    return f"{least} or more" if most is None else f"{least} to {most}"


def _range(proto: Any) -> Range:
    # An upper bound of -1 means no bound.
    return int(proto.lowerBound), None if proto.upperBound < 0 else int(proto.upperBound)


def array_flexibility(proto: Any) -> Flexibility:
    """The shapes that an `ArrayFeatureType` allows."""
    return Flexibility(
        tuple(_range(held) for held in proto.shapeRange.sizeRanges),
        tuple(tuple(held.shape) for held in proto.enumeratedShapes.shapes),
    )


def image_flexibility(proto: Any) -> Flexibility:
    """The heights and widths that an `ImageFeatureType` allows."""
    sizes = tuple((int(held.height), int(held.width)) for held in proto.enumeratedSizes.sizes)
    if proto.WhichOneof("SizeFlexibility") != "imageSizeRange":
        return Flexibility(shapes=sizes)
    return Flexibility((_range(proto.imageSizeRange.heightRange), _range(proto.imageSizeRange.widthRange)))
