"""Finish an `.mlpackage` that coremltools wrote: metadata, and the same bytes for the same model.

A package is `Manifest.json`, which names its items by identifiers; a protobuf with the program; and a file of weights,
to which the program refers. coremltools uses random identifiers, writes the date, and serialises maps in any order.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL = Path("Data/com.apple.CoreML/model.mlmodel")
WEIGHTS = Path("Data/com.apple.CoreML/weights/weight.bin")
MANIFEST = Path("Manifest.json")

_DATE = "com.github.apple.coremltools.conversion_date"
_NAMESPACE = uuid.UUID("6f1f5bd0-2f43-5d5b-9a53-4a0e3c1d7b1e")  # arbitrary but constant


@dataclass(frozen=True)
class Metadata:
    """The texts that Xcode shows about a model. `inputs` and `outputs` describe features by name."""

    author: str
    license: str
    version: str
    description: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    user_defined: Mapping[str, str]


@contextmanager
def edit_package(package: Path) -> Iterator[Any]:
    """Yield the package's model (a protobuf) for changes, then write it; the bytes depend on the model alone."""
    from coremltools.proto import Model_pb2

    spec = Model_pb2.Model.FromString((package / MODEL).read_bytes())
    spec.description.metadata.userDefined.pop(_DATE, None)
    yield spec
    (package / MODEL).unlink()  # coremltools makes it readable only for its owner
    (package / MODEL).write_bytes(spec.SerializeToString(deterministic=True))
    _name_items(package / MANIFEST)


def describe(spec: Any, metadata: Metadata) -> None:
    """Write the metadata into a model."""
    about = spec.description.metadata
    about.author, about.license, about.versionString = metadata.author, metadata.license, metadata.version
    about.shortDescription = metadata.description
    about.userDefined.update(metadata.user_defined)
    for features, texts in ((spec.description.input, metadata.inputs), (spec.description.output, metadata.outputs)):
        for feature in features:
            feature.shortDescription = texts[feature.name]


def _name_items(path: Path) -> None:
    """Replace each item's random identifier by one that follows from its path."""
    manifest = json.loads(path.read_text())
    entries = manifest["itemInfoEntries"]
    names = {old: str(uuid.uuid5(_NAMESPACE, entry["path"])) for old, entry in entries.items()}
    manifest["itemInfoEntries"] = {names[old]: entries[old] for old in sorted(entries, key=names.__getitem__)}
    manifest["rootModelIdentifier"] = names[manifest["rootModelIdentifier"]]
    path.write_text(json.dumps(manifest, indent=4) + "\n")
