"""The golden samples: inputs and the reference's outputs, in files that a phone can read without a library.

golden/<sample>.<input>.png   the picture before preprocessing, 8-bit RGB
golden/<sample>.<input>.bin   an input of the network
golden/<sample>.<output>.bin  an output of the reference

Tensors are raw little-endian values in row-major order, without a header; the manifest's `inputs` and `outputs` give
their shape, dtype and layout.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from efficientmod_export.bundle.contract._stored import StoredFile
from efficientmod_export.bundle.contract._vocabulary import Dtype, Name, Side, Text, Word
from efficientmod_export.parity import Record

GOLDEN_NAME: Final = "golden"
STORED_DTYPES: Final[dict[Dtype, str]] = {"float32": "<f4", "int32": "<i4", "int64": "<i8", "bool": "|b1"}

Picture = NDArray[np.uint8]
Array = NDArray[Any]


class GoldenPicture(StoredFile):
    """A lossless 8-bit RGB PNG. `credit` is the attribution that its licence requires, None where it requires none."""

    height: Side
    width: Side
    credit: Text | None


class GoldenInput(Record):
    """A sample's values for the network's `input`, and the picture that they were made from, None for other tensors."""

    input: Name
    picture: GoldenPicture | None
    tensor: StoredFile


class GoldenOutput(Record):
    """The reference's values for the network's `output`."""

    output: Name
    tensor: StoredFile


class GoldenSample(Record):
    """One parity sample."""

    name: Name
    kind: Word
    inputs: tuple[GoldenInput, ...] = Field(min_length=1)
    outputs: tuple[GoldenOutput, ...] = Field(min_length=1)

    def files(self) -> tuple[StoredFile, ...]:
        """The sample's files."""
        pictures = (given.picture for given in self.inputs if given.picture is not None)
        return (*pictures, *(given.tensor for given in self.inputs), *(given.tensor for given in self.outputs))


def write_golden(
    folder: Path,
    name: str,
    kind: str,
    inputs: Mapping[str, Array],
    outputs: Mapping[str, Array],
    *,
    pictures: Mapping[str, Picture],
    attributions: Mapping[str, str | None] | None = None,
) -> GoldenSample:
    """Write one sample into `golden/` of the bundle's `folder`.

    `inputs` and `outputs` map the names that the manifest declares to arrays of the declared shape, dtype and layout;
    `pictures` maps inputs that are pictures to uint8 RGB (h, w, 3) before preprocessing, `attributions` to whom a copy
    must name. File names contain these names, so an input and an output must not have the same.
    """
    (folder / GOLDEN_NAME).mkdir(exist_ok=True)
    return GoldenSample(
        name=name,
        kind=kind,
        inputs=tuple(
            GoldenInput(
                input=key,
                picture=_write_picture(folder, f"{name}.{key}", pictures[key], (attributions or {}).get(key))
                if key in pictures
                else None,
                tensor=_write_tensor(folder, f"{name}.{key}", values),
            )
            for key, values in inputs.items()
        ),
        outputs=tuple(
            GoldenOutput(output=key, tensor=_write_tensor(folder, f"{name}.{key}", values))
            for key, values in outputs.items()
        ),
    )


def _write_picture(folder: Path, stem: str, picture: Picture, credit: str | None) -> GoldenPicture:
    # PNG for photos too: JPEG decoders differ by a step or two, which would hide errors of the preprocessing.
    file = f"{GOLDEN_NAME}/{stem}.png"
    Image.fromarray(picture).save(folder / file, format="PNG")
    height, width = picture.shape[:2]
    stored = StoredFile.of(folder, file)
    return GoldenPicture(**stored.model_dump(), height=height, width=width, credit=credit)


def _write_tensor(folder: Path, stem: str, values: Array) -> StoredFile:
    file = f"{GOLDEN_NAME}/{stem}.bin"
    stored = {np.dtype(code).name: code for code in STORED_DTYPES.values()}[values.dtype.name]
    (folder / file).write_bytes(np.ascontiguousarray(values, stored).tobytes())
    return StoredFile.of(folder, file)


def read_tensor(path: Path, shape: tuple[int, ...], dtype: Dtype) -> Array:
    """The values of a golden tensor in this machine's byte order. Raises ValueError for a wrong number of values."""
    return np.fromfile(path, STORED_DTYPES[dtype]).astype(dtype).reshape(shape)
