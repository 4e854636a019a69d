"""The golden files: a bundle's samples and references come back from its files alone, bit for bit."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export._stages import Sample
from efficientmod_export.bundle import check_golden, golden_references, golden_samples
from efficientmod_export.bundle.contract import Bundle, open_bundle
from efficientmod_export.parity import MeasuredWith, measure

from .conftest import REFERENCES, SAMPLES, TOLERANCE, write_golden_samples


def samples_of(bundle: Bundle) -> tuple[Sample, ...]:
    return golden_samples(bundle, bundle.manifest.golden)


def test_samples_come_back_bit_for_bit(bundle: Bundle) -> None:
    for sample, original in zip(samples_of(bundle), SAMPLES, strict=True):
        assert (sample.name, sample.kind) == (original.name, original.kind)
        np.testing.assert_array_equal(sample.inputs[0].source, original.inputs[0].source)
        np.testing.assert_array_equal(sample.inputs[0].pixels, original.inputs[0].pixels)
        np.testing.assert_array_equal(sample.inputs[0].tensor, original.inputs[0].tensor)


def test_references_come_back_and_judge(bundle: Bundle) -> None:
    samples, references = samples_of(bundle), golden_references(bundle, bundle.manifest.golden)
    for outputs, original in zip(references, REFERENCES, strict=True):
        for output, expected in zip(outputs, original, strict=True):
            np.testing.assert_array_equal(output, expected)
    assert [output.shape for output in references[0]] == [(1, 3), (1, 3, 10, 20)]
    assert all(output.dtype == np.float32 for outputs in references for output in outputs)
    runtime = MeasuredWith(runtime="NumPy", version=np.__version__)

    def runner(sample):
        return sample.inputs[0].tensor.mean(axis=(2, 3)), np.ascontiguousarray(sample.inputs[0].tensor[:, :, ::7, ::5])

    assert measure(samples, references, runner, TOLERANCE, runtime).outcome == "passed"


def test_the_files_are_little_endian_without_a_header(bundle: Bundle) -> None:
    (given,) = bundle.manifest.golden[0].inputs
    assert given.tensor.file == "golden/china.image.bin"
    raw = np.frombuffer((bundle.path / given.tensor.file).read_bytes(), ">f4").byteswap()
    np.testing.assert_array_equal(raw.astype(np.float32).reshape(1, 3, 64, 96), samples_of(bundle)[0].inputs[0].tensor)


def test_the_preprocessing_is_checked_again(bundle: Bundle) -> None:
    assert check_golden(bundle, samples_of(bundle)) == []
    path = bundle.path / "golden" / "noise.image.bin"
    values = np.fromfile(path, "<f4")
    values[5] += 1e-6
    values.tofile(path)
    assert check_golden(bundle, samples_of(bundle)) == [
        "golden sample noise: the preprocessing's result for image differs from the tensor in 1 values"
    ]


@pytest.mark.parametrize(
    ("key", "value"), [("interpolation", "bilinear"), ("height", 200)], ids=["interpolation", "size"]
)
def test_another_preprocessing_does_not_give_the_stored_tensors(bundle: Bundle, key: str, value: object) -> None:
    path = bundle.path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    resize = document["inputs"][0]["preprocessing"]["resize"]
    resize[key] = value
    if key == "height":
        resize["width"] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    changed = open_bundle(bundle.path)
    assert len(check_golden(changed, samples_of(changed))) == 5


def test_an_input_that_is_no_picture_is_read_as_it_is(bundle: Bundle) -> None:
    path = bundle.path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["inputs"][0].update(kind="tensor", preprocessing=None)
    for sample in document["golden"]:
        sample["inputs"][0]["picture"] = None
    for artifact in document["artifacts"]:
        artifact["inputs"][0]["normalisation"] = None
    path.write_text(json.dumps(document), encoding="utf-8")
    changed = open_bundle(bundle.path)
    (given,) = samples_of(changed)[0].inputs
    assert given.source is None
    assert given.tensor.shape == (1, 3, 64, 96)
    assert check_golden(changed, samples_of(changed)) == []


def test_writing_twice_gives_the_same_bytes(
    tmp_path: Path, bundle: Bundle, snapshot: Callable[[Path], dict[str, bytes]]
) -> None:
    write_golden_samples(tmp_path)
    assert snapshot(tmp_path / "golden") == snapshot(bundle.path / "golden")
