"""The standard metadata of TFLite models: what an image classifier's input and output mean, and its labels.

A separate flatbuffer (schema `metadata_schema.fbs` of TFLite Support, identifier M001) in the model's metadata, and the
labels in a ZIP archive appended to the model: readers of the model ignore it, and readers of archives find it from the
end. The few tables are written by field number, since no package without TensorFlow has generated code for the schema.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flatbuffers import Builder

from efficientmod_mobile.errors import ConversionError

NAME = "TFLITE_METADATA"
LABELS = "labels.txt"

_IDENTIFIER = b"M001"
_PARSER = "1.0.0"
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES, _NORMALIZATION, _RGB, _AXIS_LABELS = 1, 2, 1, 1, 2


@dataclass(frozen=True)
class ImageMetadata:
    """The description of an image classifier for tools, and how they prepare its inputs.

    An input pixel p in [0, 255] is normalised as (p - mean) / std, channel by channel (R, G, B). MediaPipe supports
    only models with three equal means and three equal deviations; a network that needs others must have them in its
    graph. `labels` names each element of the first output, or is empty. `tensors` are the inputs that are no images.
    """

    name: str
    description: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    labels: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    version: str = "1"
    author: str = ""
    license: str = ""


def metadata_of(image: ImageMetadata, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """The metadata flatbuffer for a model of images and other tensors.

    Raises:
        ConversionError: the model has no inputs or outputs, or a standard deviation is not positive.
    """
    if not inputs or not outputs:
        raise ConversionError(
            f"Metadata describe inputs and outputs; the model has {len(inputs)} and {len(outputs)}.",
            code="unsupported_metadata",
        )
    if any(value <= 0 for value in image.std):
        raise ConversionError(
            f"The standard deviation {image.std} is not positive; give that of the preprocessing.",
            code="unsupported_metadata",
        )
    writer = _Writer(Builder(1024))
    takes = [_tensor(writer, name) if name in image.tensors else _image(writer, name, image) for name in inputs]
    gives = [_output(writer, name, image.labels if index == 0 else ()) for index, name in enumerate(outputs)]
    subgraph = writer.table((2, writer.tables(takes)), (3, writer.tables(gives)))
    root = writer.table(
        (0, writer.text(image.name)),
        (1, writer.text(image.description)),
        (2, writer.text(image.version)),
        (3, writer.tables([subgraph])),
        (4, writer.text(image.author)),
        (5, writer.text(image.license)),
        (7, writer.text(_PARSER)),
    )
    writer.builder.Finish(root, _IDENTIFIER)
    return bytes(writer.builder.Output())


def _image(writer: "_Writer", name: str, image: ImageMetadata) -> int:
    return writer.table(
        (0, writer.text(name)),
        (1, writer.text("RGB image, pixels normalised as the process unit says")),
        (3, writer.union(0, _IMAGE_PROPERTIES, writer.table((0, _byte(_RGB))))),
        (4, writer.tables([writer.union(0, _NORMALIZATION, _normalization(writer, image))])),
        (5, writer.table((0, writer.floats(_range_end(255, image))), (1, writer.floats(_range_end(0, image))))),
    )


def _tensor(writer: "_Writer", name: str) -> int:
    features = writer.union(0, _FEATURE_PROPERTIES, writer.table())
    return writer.table(
        (0, writer.text(name)), (1, writer.text("A tensor that the network takes as it is")), (3, features)
    )


def _range_end(pixel: float, image: ImageMetadata) -> list[float]:
    """The normalised value of the least or the greatest pixel in each channel."""
    return [(pixel - mean) / std for mean, std in zip(image.mean, image.std, strict=True)]


def _normalization(writer: "_Writer", image: ImageMetadata) -> int:
    return writer.table((0, writer.floats(image.mean)), (1, writer.floats(image.std)))


def _output(writer: "_Writer", name: str, labels: Sequence[str]) -> int:
    properties = writer.union(0, _FEATURE_PROPERTIES, writer.table())
    files = []
    if labels:
        kind = (2, _byte(_AXIS_LABELS))
        files.append(writer.table((0, writer.text(LABELS)), (1, writer.text("One class a line")), kind))
    described = writer.text("One score for each class" if labels else "An output of the network")
    return writer.table((0, writer.text(name)), (1, described), (3, properties), (6, writer.tables(files)))


def with_labels(data: bytes, labels: Sequence[str]) -> bytes:
    """The model with its labels appended; the archive's entry has a fixed date, so that the bytes are reproducible."""
    if not labels:
        return data
    file = io.BytesIO(data)
    file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file, "a") as archive:
        entry = zipfile.ZipInfo(LABELS, date_time=(1980, 1, 1, 0, 0, 0))
        archive.writestr(entry, "".join(f"{label}\n" for label in labels))
    return file.getvalue()


Slot = Callable[[Builder, int], None]


def _byte(number: int) -> Slot:
    return lambda builder, field: builder.PrependInt8Slot(field, number, 0)


class _Writer:
    """Tables by field number, written leaves first, as flatbuffers require."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def text(self, text: str) -> int:
        return int(self.builder.CreateString(text))

    def floats(self, numbers: Sequence[float]) -> int:
        self.builder.StartVector(4, len(numbers), 4)
        for number in reversed(numbers):
            self.builder.PrependFloat32(number)
        return int(self.builder.EndVector())

    def tables(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def union(self, field: int, kind: int, table: int) -> int:
        """A table in which this field and the next are a union: its kind, then its value."""
        return self.table((field, _byte(kind)), (field + 1, table))

    def table(self, *fields: tuple[int, int | Slot]) -> int:
        self.builder.StartObject(8)
        for field, value in fields:
            if callable(value):
                value(self.builder, field)
            else:
                self.builder.PrependUOffsetTRelativeSlot(field, value, 0)
        return int(self.builder.EndObject())
