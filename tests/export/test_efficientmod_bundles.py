"""Every EfficientMod, from its name to a proven bundle; and a photo from its file to five class names."""

from pathlib import Path

import numpy as np
import pytest
import torch

from efficientmod_export import export_bundle
from efficientmod_export._stages import Sample
from efficientmod_export.bundle import model_file, open_picture
from efficientmod_export.bundle.contract import Bundle, open_bundle
from efficientmod_export.targets import find_target, runner_of
from efficientmod_mobile import list_models, load_network

pytestmark = pytest.mark.slow

PHOTOS = Path(__file__).parents[2] / "export" / "efficientmod_export" / "parity" / "photos"


@pytest.mark.parametrize("resolution", [(224, 224), (256, 192)], ids=["224", "256x192"])
@pytest.mark.parametrize("model", list_models())
def test_every_model_becomes_a_proven_bundle(model: str, resolution: tuple[int, int], tmp_path: Path) -> None:
    result = export_bundle(model, targets=("all",), resolution=resolution, output=tmp_path / "out")
    result.raise_for_failure()
    manifest = open_bundle(tmp_path / "out").manifest
    assert (manifest.preprocessing.crop.height, manifest.preprocessing.crop.width) == resolution
    checks = {entry.target: entry.checks for entry in manifest.artifacts}
    assert [check.gate for check in checks["coreml"]] == ["runtime", "runtime", "runtime", "numerics", "graph"]
    assert {check.verdict.outcome for check in checks["coreml"] if check.gate == "runtime"} == {"not run here"}
    for target in ("executorch", "tflite"):
        (check,) = checks[target]
        (logits,) = check.verdict.worst
        assert logits.max_relative_error <= 1e-4
        assert logits.top5 is not None
        assert logits.top5.agrees
    for entry in manifest.artifacts:
        assert entry.transforms.float64_error <= 1e-12
        if entry.target == "tflite":
            assert (entry.delegates, entry.outside, entry.rank) == (1, (), 4)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "labels.txt").write_text("".join(f"class {index}\n" for index in range(1000)))
    export_bundle(
        "efficientmod_xxs",
        targets=("tflite", "executorch", "onnx"),
        labels=folder / "labels.txt",
        output=folder / "out",
    ).raise_for_failure()
    return open_bundle(folder / "out")


@pytest.mark.parametrize("photo", ["china.jpg", "flower.jpg"])
def test_a_photo_gives_pytorchs_five_classes(labelled: Bundle, photo: str) -> None:
    source = open_picture(PHOTOS / photo)
    pixels = labelled.manifest.preprocessing.pixels(source)
    tensor = labelled.manifest.preprocessing.tensor(pixels)
    with torch.no_grad():
        logits = load_network("efficientmod_xxs", None).module(torch.from_numpy(tensor)).numpy()
    expected = five_classes(labelled, logits)
    for entry in labelled.manifest.artifacts:
        target, file = find_target(entry.target), model_file(labelled, entry)
        session = target.runtime.open(file, target.variant(entry.precision).configurations()[0])
        (found,) = runner_of(session, file)(Sample("photo", "photo", source, pixels, tensor))
        assert five_classes(labelled, found) == expected


def five_classes(bundle: Bundle, logits: np.ndarray) -> list[str]:
    """The labels of the five largest probabilities, best first."""
    labels = (bundle.path / "labels.txt").read_text().splitlines()
    probabilities = torch.from_numpy(logits[0]).softmax(0)
    return [labels[index] for index in probabilities.topk(5).indices.tolist()]
