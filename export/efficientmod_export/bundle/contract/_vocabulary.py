"""The types of single values in a bundle's JSON files."""

from typing import Annotated, Final, Literal

from pydantic import Field

from efficientmod_export._stages import ArtifactDtype, Layout

__all__ = [
    "FORMAT_VERSION",
    "ITEM_BYTES",
    "MAJOR",
    "ArtifactDtype",
    "BundlePath",
    "Dtype",
    "FormatVersion",
    "Layout",
    "Name",
    "Sha256",
    "Shape",
    "Side",
    "Size",
    "Text",
    "Word",
]

FORMAT_VERSION: Final = "1.0"
MAJOR: Final = FORMAT_VERSION.split(".")[0]

FormatVersion = Annotated[str, Field(pattern=rf"^{MAJOR}\.(0|[1-9][0-9]*)$")]
"""A version that this toolkit reads: a later minor one only adds fields and values of open vocabularies."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

BundlePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")]
"""A path below the bundle's folder, with `/`. No segment starts with a dot, so that none can lead out of it."""

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$")]
"""A value of an open vocabulary: a minor version may add to it, and a reader ignores entries with unknown values."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$")]
"""A name of a network's input or output or of a golden sample; part of file names. A dot separates nested names."""

Text = Annotated[str, Field(min_length=1)]

Size = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""A size in bytes; at most the largest integer that a JSON number read as a double represents exactly."""

Side = Annotated[int, Field(ge=1, le=2**31 - 1)]
Shape = tuple[Side, ...]
Dtype = Literal["float32", "int32", "int64", "bool"]
"""The element type of a network's input or output."""

ITEM_BYTES: Final[dict[Dtype, int]] = {"float32": 4, "int32": 4, "int64": 8, "bool": 1}
"""Size in bytes of one value in a golden file."""
