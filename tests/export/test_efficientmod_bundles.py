"""Every EfficientMod, from its name to a proven bundle; and a photo from its file to five class names."""

from pathlib import Path

import numpy as np
import pytest
import torch

from efficientmod_export import export
from efficientmod_export._stages import Sample, SampleInput
from efficientmod_export.bundle import Preprocessing, model_file, open_picture
from efficientmod_export.bundle.contract import Bundle, open_bundle
from efficientmod_export.targets import find_target, runner_of
from efficientmod_mobile import list_models, load_network

pytestmark = pytest.mark.slow

PHOTOS = Path(__file__).parents[2] / "export" / "efficientmod_export" / "parity" / "photos"


@pytest.mark.parametrize("resolution", [(224, 224), (256, 192)], ids=["224", "256x192"])
@pytest.mark.parametrize("model", list_models())
def test_every_model_becomes_a_proven_bundle(model: str, resolution: tuple[int, int], tmp_path: Path) -> None:
    result = export(model, targets="all", resolution=resolution, output=tmp_path / "out")
    result.raise_for_failure()
    bundle = open_bundle(tmp_path / "out")
    crop = preprocessing(bundle).crop
    assert (crop.height, crop.width) == resolution
    evidence = dict(
        zip([entry.target for entry in bundle.manifest.artifacts], bundle.evidence().artifacts, strict=True)
    )
    checks = {target: [check for check in entry.checks if check.verdict.samples] for target, entry in evidence.items()}
    assert [check.gate for check in checks["coreml"]] == ["numerics", "graph"]
    for target in ("executorch", "tflite"):
        (check,) = checks[target]
        (logits,) = check.verdict.worst
        assert logits.max_relative_error <= 1e-4
        assert logits.top5 is not None
        assert logits.top5.agrees
    assert all(entry.transforms.float64_error <= 1e-12 for entry in evidence.values())
    tflite = evidence["tflite"]
    assert (tflite.delegates, tflite.outside, tflite.rank) == (1, (), 4)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "labels.txt").write_text("".join(f"class {index}\n" for index in range(1000)))
    export(
        "efficientmod_xxs",
        targets=("tflite", "executorch", "onnx"),
        labels=folder / "labels.txt",
        output=folder / "out",
    ).raise_for_failure()
    return open_bundle(folder / "out")


@pytest.mark.parametrize("photo", ["china.jpg", "flower.jpg"])
def test_a_photo_gives_pytorchs_five_classes(labelled: Bundle, photo: str) -> None:
    source = open_picture(PHOTOS / photo)
    pixels = preprocessing(labelled).pixels(source)
    tensor = preprocessing(labelled).tensor(pixels)
    with torch.no_grad():
        logits = load_network("efficientmod_xxs", None).module(torch.from_numpy(tensor)).numpy()
    expected = five_classes(labelled, logits)
    for entry in labelled.manifest.artifacts:
        target, file = find_target(entry.target), model_file(labelled, entry)
        session = target.runtime.open(file, target.variant(entry.precision).configurations()[0])
        (found,) = runner_of(session, file)(Sample("photo", "photo", (SampleInput(tensor, source, pixels),)))
        assert five_classes(labelled, found) == expected


def preprocessing(bundle: Bundle) -> Preprocessing:
    """That of the bundle's only input, a picture."""
    (picture,) = bundle.manifest.inputs
    assert picture.preprocessing is not None
    return picture.preprocessing


def five_classes(bundle: Bundle, logits: np.ndarray) -> list[str]:
    """The labels of the five largest probabilities, best first."""
    labels = (bundle.path / "labels.txt").read_text().splitlines()
    probabilities = torch.from_numpy(logits[0]).softmax(0)
    return [labels[index] for index in probabilities.topk(5).indices.tolist()]
