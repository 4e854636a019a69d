"""The vectors that every language's tests run: kept as they are generated, small, explained, true of this package."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from efficientmod_export.bundle import Crop, Preprocessing, Resize, open_picture
from efficientmod_export.bundle._digest import DigestError, digest, total_size
from efficientmod_export.bundle._preprocessing import normalise
from efficientmod_export.bundle.contract import (
    ArtifactInput,
    ArtifactOutput,
    Input,
    Output,
    artifact_input,
    network_output,
    parse_labels,
)
from efficientmod_export.parity import MeasuredWith, OutputMetrics, Tolerance, judge

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors"
MOST_BYTES = 3_000_000


def cases(name: str) -> list[Any]:
    found: list[Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def array(stored: Any) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(stored["base64"]), np.dtype(stored["dtype"]).newbyteorder("<"))
    return values.reshape(stored["shape"]).astype(stored["dtype"])


def data_files(folder: Path) -> dict[str, Path]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    return {path.relative_to(folder).as_posix(): path for path in paths}


def test_they_are_what_the_command_makes(tmp_path: Path) -> None:
    """After a change: python -m tests.vectors.generate."""
    subprocess.run([sys.executable, "-m", "tests.vectors.generate", tmp_path], cwd=ROOT, check=True)
    kept, made = data_files(VECTORS), data_files(tmp_path)
    assert set(kept) == {"README.md", ".gitattributes", *made}
    for name, path in made.items():
        if path.suffix == ".jpg":  # another libjpeg may write other bytes
            pictures = [np.asarray(Image.open(file)).astype(int) for file in (path, kept[name])]
            assert np.abs(pictures[0] - pictures[1]).max() <= 2
        else:
            assert path.read_bytes() == kept[name].read_bytes(), name


def test_they_are_small_and_each_is_explained() -> None:
    assert sum(path.stat().st_size for path in data_files(VECTORS).values()) <= MOST_BYTES
    explained = set(re.findall(r"^## `([^`]+)`", (VECTORS / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert explained == {path.name for path in VECTORS.glob("*.json")}


def test_sizes() -> None:
    for case in cases("sizes.json"):
        resize = Resize(interpolation="nearest", antialias=False, **case["resize"])
        crop = Crop(fill=None, **case["crop"])
        scaled = resize.size(*case["picture"])
        assert [list(scaled), list(crop.start(scaled))] == [case["scaled"], case["start"]], case


def test_the_weights_of_an_output_pixel_add_up_to_one() -> None:
    for case in cases("taps.json"):
        for tap in case["taps"]:
            assert tap["first"] >= 0
            assert tap["first"] + len(tap["weights"]) <= case["inputs"]
            assert abs(sum(tap["weights"]) - 2**22) <= len(tap["weights"])


def test_resize() -> None:
    for case in cases("resize.json"):
        source, result = array(case["source"]), array(case["result"])
        height, width = result.shape[:2]
        stretch = {
            "rule": "stretch",
            "height": height,
            "width": width,
            "interpolation": case["interpolation"],
            "antialias": case["interpolation"] != "nearest",
        }
        crop = {"position": "center", "height": height, "width": width, "fill": None}
        preprocessing = Preprocessing.model_validate(
            {**cases("preprocess.json")[0]["preprocessing"], "resize": stretch, "crop": crop}
        )
        np.testing.assert_array_equal(preprocessing.pixels(source), result)


def test_preprocess() -> None:
    for case in cases("preprocess.json"):
        preprocessing = Preprocessing.model_validate_json(json.dumps(case["preprocessing"]), strict=True)
        pixels = preprocessing.pixels(array(case["source"]))
        np.testing.assert_array_equal(pixels, array(case["pixels"]))
        assert preprocessing.tensor(pixels).tobytes() == array(case["tensor"]).tobytes()


def test_normalise() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    for case in cases("normalise.json"):
        assert normalise(grey, case["mean"], case["std"]).tobytes() == array(case["result"]).tobytes()


def test_layouts() -> None:
    preprocessing = Preprocessing.model_validate(cases("preprocess.json")[0]["preprocessing"])
    for case in cases("layouts.json"):
        if case["what"] == "input":
            own = ArtifactInput.model_validate({**case["own"], "name": "x", "input": "image"})
            pixels = array(case["pixels"])
            crop = preprocessing.crop.model_copy(update={"height": pixels.shape[0], "width": pixels.shape[1]})
            declared = Input(
                name="image",
                shape=(1, 3, *pixels.shape[:2]),
                dtype="float32",
                layout="NCHW",
                kind="picture",
                preprocessing=preprocessing.model_copy(update={"crop": crop}),
            )
            made = artifact_input(own, declared, pixels)
            assert (made.tobytes(), made.dtype) == (array(case["values"]).tobytes(), own.dtype)
        else:
            own_output = ArtifactOutput.model_validate({**case["own"], "name": "x", "output": "features"})
            result = array(case["result"])
            of = Output(
                name="features", shape=result.shape, dtype="float32", layout=case["layout"], role="x", meaning="x"
            )
            np.testing.assert_array_equal(network_output(own_output, of, array(case["values"])), result)


@pytest.mark.parametrize("case", cases("pictures.json"), ids=lambda case: case["file"])
def test_pictures(case: Any) -> None:
    found, expected = open_picture(VECTORS / case["file"]), array(case["pixels"])
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= case["tolerance"]


@pytest.mark.parametrize("case", cases("digests.json"), ids=lambda case: case["name"])
def test_digests(case: Any, tmp_path: Path) -> None:
    root = tmp_path / "root"
    if "file" in case:
        root.write_bytes(base64.b64decode(case["file"]["base64"]) * case["file"]["times"])
    else:
        root.mkdir()
        for folder in case["folders"]:
            (root / folder).mkdir(parents=True)
        for file, content in case["files"].items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(base64.b64decode(content))
        for file, to in case["links"].items():
            (root / file).symlink_to(to)
    if "refusal" in case:
        with pytest.raises(DigestError) as caught:
            digest(root)
        assert caught.value.kind == case["refusal"]
    else:
        assert (digest(root), total_size(root)) == (case["sha256"], case["size"])


@pytest.mark.parametrize("case", cases("labels.json"), ids=lambda case: case["name"])
def test_labels(case: Any) -> None:
    content = base64.b64decode(case["base64"])
    if case["labels"] is None:
        with pytest.raises(ValueError, match=r"."):
            parse_labels(content)
    else:
        assert list(parse_labels(content)) == case["labels"]


@pytest.mark.parametrize("case", cases("metrics.json"), ids=lambda case: case["name"])
def test_metrics(case: Any) -> None:
    references = [tuple(map(array, sample)) for sample in case["references"]]
    results = [tuple(map(array, sample)) for sample in case["results"]]
    names = [f"s{index}" for index in range(len(references))]
    tolerance = Tolerance(**case["tolerance"], origin="vectors")
    verdict = judge(names, references, results, tolerance, MeasuredWith(runtime="x", version="1"))
    assert verdict.outcome == case["outcome"]
    for found, expected in zip(verdict.samples, case["samples"], strict=True):
        assert len(found.faults) == len(expected["faults"])
        _same_metrics(found.outputs, expected["outputs"])
    _same_metrics(verdict.worst, case["worst"])
    faults = sum(len(sample["faults"]) for sample in case["samples"])
    assert len(verdict.reasons) == faults + len(case["violations"])


def _same_metrics(found: tuple[OutputMetrics, ...], expected: list[dict[str, Any]]) -> None:
    for one, other in zip(found, expected, strict=True):
        found_numbers, expected_numbers = _numbers(one.model_dump()), _numbers(other)
        assert found_numbers == pytest.approx(expected_numbers, rel=1e-9, abs=1e-12)


def _numbers(metrics: dict[str, Any], prefix: str = "") -> dict[str, float]:
    """The numbers by name, those of the agreements too."""
    found: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, dict):
            found |= _numbers(value, f"{name}.")
        elif value is not None:
            found[f"{prefix}{name}"] = float(value)
    return found


def test_the_metrics_name_every_fault_and_limit() -> None:
    faults = {fault["fault"] for case in cases("metrics.json") for one in case["samples"] for fault in one["faults"]}
    assert faults == {"output_count", "shape", "dtype", "not_finite", "reference_not_finite"}
    broken = {found["quantity"] for case in cases("metrics.json") for found in case["violations"]}
    assert broken == {"max_relative_error", "mean_relative_error", "cosine", "sqnr_db", "top1", "top5"}
