"""The golden folder: the parity samples and the reference's outputs, as files that a phone can read without a library.

golden/<sample>.png           the picture before preprocessing
golden/<sample>.input.bin     the network's input, NCHW
golden/<sample>.output<i>.bin output i of the reference
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from efficientmod_export._stages import Outputs, Sample
from efficientmod_export.bundle._digest import digest, total_size
from efficientmod_export.bundle._manifest import GoldenEntry, GoldenPicture, GoldenTensor
from efficientmod_export.bundle._picture import open_picture
from efficientmod_export.bundle._read import Bundle
from efficientmod_export.parity import PHOTO_CREDITS
from efficientmod_mobile.errors import BundleError

GOLDEN_NAME = "golden"
LITTLE_ENDIAN_FLOAT32 = np.dtype("<f4")


def write_golden(folder: Path, samples: Sequence[Sample], references: Sequence[Outputs]) -> tuple[GoldenEntry, ...]:
    """Write `golden/` into the bundle's `folder`; `references` has the reference's outputs for each sample."""
    (folder / GOLDEN_NAME).mkdir()
    return tuple(_write_entry(folder, *pair) for pair in zip(samples, references, strict=True))


def golden_samples(bundle: Bundle) -> tuple[Sample, ...]:
    """The parity samples, from the bundle's files alone."""
    return tuple(_read_sample(bundle, entry) for entry in bundle.manifest.golden)


def golden_references(bundle: Bundle) -> tuple[Outputs, ...]:
    """The reference's outputs for each of `golden_samples`, from the bundle's files alone."""
    return tuple(
        tuple(_read_tensor(bundle.path, stored) for stored in entry.outputs) for entry in bundle.manifest.golden
    )


def check_golden(bundle: Bundle) -> list[str]:
    """A sentence for each sample whose tensor is not, bit for bit, what the preprocessing makes of its picture."""
    problems = []
    for sample in golden_samples(bundle):
        again = bundle.manifest.preprocessing.tensor(sample.pixels)
        if not np.array_equal(again, sample.tensor):
            count = int(np.count_nonzero(again != sample.tensor)) if again.shape == sample.tensor.shape else again.size
            problems.append(
                f"golden sample {sample.name}: the preprocessing gives {count} other values than are stored"
            )
    return problems


def _write_entry(folder: Path, sample: Sample, outputs: Outputs) -> GoldenEntry:
    stem = f"{GOLDEN_NAME}/{sample.name}"
    return GoldenEntry(
        name=sample.name,
        kind=sample.kind,
        picture=_write_picture(folder, f"{stem}.png", sample),
        input=_write_tensor(folder, f"{stem}.input.bin", sample.tensor),
        outputs=tuple(
            _write_tensor(folder, f"{stem}.output{index}.bin", output) for index, output in enumerate(outputs)
        ),
    )


def _write_picture(folder: Path, file: str, sample: Sample) -> GoldenPicture:
    # PNG for photos too: JPEG decoders differ by a step or two, and would blur what this picture is to prove.
    path = folder / file
    Image.fromarray(sample.source).save(path, format="PNG")
    height, width = sample.source.shape[:2]
    return GoldenPicture(
        file=file,
        sha256=digest(path),
        size=total_size(path),
        height=height,
        width=width,
        credit=PHOTO_CREDITS.get(sample.name),
    )


def _write_tensor(folder: Path, file: str, values: NDArray[np.float32]) -> GoldenTensor:
    path = folder / file
    path.write_bytes(np.ascontiguousarray(values, LITTLE_ENDIAN_FLOAT32).tobytes())
    return GoldenTensor(
        file=file,
        sha256=digest(path),
        size=total_size(path),
        shape=values.shape,
        dtype="float32",
        layout="NCHW" if values.ndim == 4 else "any",
    )


def _read_sample(bundle: Bundle, entry: GoldenEntry) -> Sample:
    source = open_picture(bundle.path / entry.picture.file)
    return Sample(
        name=entry.name,
        kind=entry.kind,
        source=source,
        pixels=bundle.manifest.preprocessing.pixels(source),
        tensor=_read_tensor(bundle.path, entry.input),
    )


def _read_tensor(folder: Path, stored: GoldenTensor) -> NDArray[np.float32]:
    values = np.fromfile(folder / stored.file, LITTLE_ENDIAN_FLOAT32)
    if values.size != np.prod(stored.shape, dtype=np.int64):
        raise BundleError(
            f"{stored.file} holds {values.size} values, not those of shape {stored.shape}; export it again."
        )
    return values.astype(np.float32).reshape(stored.shape)
