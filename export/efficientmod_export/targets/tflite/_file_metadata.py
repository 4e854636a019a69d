"""The standard metadata of a TFLite model, anyone's, read: texts, how its picture is normalised, labels.

The flatbuffer in the model's metadata is of the schema `metadata_schema.fbs` of TFLite Support; the files that it names
are in a ZIP archive behind the model.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from efficientmod_export._stages import Normalisation
from efficientmod_export.targets._flatbuffer import DamagedError, Table, root

NAME = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
_TEXTS = {0: "name", 1: "description", 2: "version", 4: "author", 5: "license"}
_NORMALIZATION, _AXIS_LABELS = 1, 2
LARGEST_TEXT = 10_000_000
"""Bytes of a file in the archive that is read: a small archive can hold a file of any size."""


@dataclass(frozen=True)
class FileMetadata:
    """Nothing of it where the model states nothing. `archive` is the size of the files behind the model in bytes."""

    texts: dict[str, str] = field(default_factory=dict)
    normalisation: Normalisation | None = None
    labels: tuple[str, ...] = ()
    archive: int = 0


def read_metadata(stored: bytes | None, data: bytes) -> FileMetadata:
    """From the metadata's bytes, None where there are none, and the whole file."""
    files, archive = _files(data)
    if stored is None:
        return FileMetadata(archive=archive)
    try:
        model = root(stored, _IDENTIFIER)
        texts = {name: model.text(place) for place, name in _TEXTS.items()}
        return FileMetadata(
            {name: text for name, text in texts.items() if text},
            next(_normalisations(model), None),
            next((files[name] for name in _label_files(model) if name in files), ()),
            archive,
        )
    except DamagedError as error:
        return FileMetadata({NAME: f"damaged: {error}"}, archive=archive)


def _files(data: bytes) -> tuple[dict[str, tuple[str, ...]], int]:
    """The lines of each file of the archive, and its size."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            texts = {
                one.filename: archive.read(one).decode("utf-8", "replace") for one in listed if one.file_size < 1e7
            }
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return {}, 0
    start = min((one.header_offset for one in listed), default=len(data))
    return {name: tuple(text.split("\n")[: text.count("\n")] or [text]) for name, text in texts.items()}, len(
        data
    ) - start


def _tensors(model: Table, field: int) -> Iterator[Table]:
    for graph in model.tables(3):
        yield from graph.tables(field)


def _normalisations(model: Table) -> Iterator[Normalisation]:
    """(pixel - mean) / std of pixels from 0 to 255 in the file, of pixel / 255 here."""
    for tensor in _tensors(model, 2):
        for unit in tensor.tables(4):
            if unit.integer(0, "B") == _NORMALIZATION:
                options = unit.table(1)
                mean, std = (_three(options.reals(place, "f")) for place in (0, 1))
                if mean and std and all(std):
                    yield Normalisation(mean, std)


def _three(values: tuple[float, ...]) -> tuple[float, float, float] | None:
    scaled = [value / 255 for value in (values * 3 if len(values) == 1 else values)]
    return (scaled[0], scaled[1], scaled[2]) if len(scaled) == 3 else None


def _label_files(model: Table) -> Iterator[str]:
    for tensor in _tensors(model, 3):
        yield from (file.text(0) for file in tensor.tables(6) if file.integer(2, "b") == _AXIS_LABELS)
