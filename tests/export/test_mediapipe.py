"""A bundle's TFLite file in MediaPipe's ImageClassifier, as it stands: in an environment of its own."""

import ctypes.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from efficientmod_export import export
from efficientmod_export.bundle import golden_references, golden_samples
from efficientmod_export.bundle.contract import open_bundle

VERSION = "1.2.2"
NEEDED = ("EGL", "GLESv2")  # what MediaPipe's library is linked against, on any machine

# Classifies every picture of an .npy (n, H, W, 3), and reads the metadata with the code that MediaPipe generates from
# its schema. Prints both.
RUN = """
import dataclasses, json, sys, zipfile
import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.metadata.metadata_schema_py_generated import ModelMetadataT
from mediapipe.tasks.metadata.schema_py_generated import ModelT
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import ImageClassifier, ImageClassifierOptions

path, pictures = sys.argv[1:]
options = ImageClassifierOptions(base_options=BaseOptions(model_asset_path=path), max_results=5)
found = []
with ImageClassifier.create_from_options(options) as classifier:
    for picture in np.load(pictures):
        (head,) = classifier.classify(Image(image_format=ImageFormat.SRGB, data=picture)).classifications
        found.append([[one.category_name, one.score] for one in head.categories])

model = ModelT.InitFromPackedBuf(open(path, "rb").read(), 0)
(entry,) = [one for one in model.metadata if one.name == b"TFLITE_METADATA"]
metadata = ModelMetadataT.InitFromPackedBuf(bytes(model.buffers[entry.buffer].data), 0)

def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return vars(value)

print(json.dumps({"found": found, "metadata": metadata}, default=plain))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(ctypes.util.find_library, NEEDED)), reason="MediaPipe needs libEGL and libGLESv2: libegl1, libgles2"
    ),
]


@dataclass(frozen=True)
class Told:
    """For each parity picture MediaPipe's five best classes with their scores and PyTorch's; and the metadata."""

    found: list[list[tuple[str, float]]]
    expected: list[list[tuple[str, float]]]
    spans: list[float]
    metadata: Any


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, environment: Callable[..., Path], call: Callable[..., str]) -> Told:
    folder = tmp_path_factory.mktemp("mediapipe")
    labels = [f"class {index}" for index in range(1000)]
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    out = folder / "out"
    export("efficientmod_xxs", targets="tflite", labels=folder / "labels.txt", output=out).raise_for_failure()
    bundle = open_bundle(out)
    golden = bundle.manifest.golden
    np.save(folder / "pictures.npy", np.stack([sample.inputs[0].pixels for sample in golden_samples(bundle, golden)]))
    python = environment(f"mediapipe=={VERSION}")
    answer = json.loads(call(python, "-c", RUN, out / "model.tflite", folder / "pictures.npy"))

    logits = [outputs[0][0] for outputs in golden_references(bundle, golden)]
    best = [np.argsort(-scores)[:5] for scores in logits]
    return Told(
        found=[[(name, score) for name, score in five] for five in answer["found"]],
        expected=[
            [(labels[index], float(scores[index])) for index in five] for five, scores in zip(best, logits, strict=True)
        ],
        spans=[float(np.ptp(scores)) for scores in logits],
        metadata=answer["metadata"],
    )


def test_it_gives_pytorchs_classes(told: Told) -> None:
    assert len(told.found) == 5
    for found, expected, span in zip(told.found, told.expected, told.spans, strict=True):
        assert [name for name, _ in found] == [name for name, _ in expected]
        differences = np.subtract([score for _, score in found], [score for _, score in expected])
        assert np.abs(differences).max() <= 1e-5 * span


def test_its_reader_finds_what_was_written(told: Told) -> None:
    metadata = told.metadata
    assert metadata["name"] == "efficientmod_xxs"
    assert "seeded: for latency only" in metadata["description"]
    assert metadata["minParserVersion"] == "1.0.0"
    ((picture,), (scores,)) = (
        metadata["subgraphMetadata"][0][side] for side in ("inputTensorMetadata", "outputTensorMetadata")
    )
    (unit,) = picture["processUnits"]
    assert unit["options"] == {"mean": [0.0] * 3, "std": [255.0] * 3}
    assert picture["stats"] == {"max": [1.0] * 3, "min": [0.0] * 3}
    assert (picture["name"], scores["name"]) == ("input", "logits")
    (file,) = scores["associatedFiles"]
    assert file["name"] == "labels.txt"
