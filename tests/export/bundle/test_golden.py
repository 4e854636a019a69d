"""The golden files: a bundle's samples and references come back from its files alone, bit for bit."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export.bundle import (
    Bundle,
    Preprocessing,
    check_golden,
    golden_references,
    golden_samples,
    open_bundle,
    write_golden,
)
from efficientmod_export.parity import TOLERANCES, MeasuredWith, make_samples, measure
from efficientmod_mobile import PreprocessingConfig
from efficientmod_mobile.errors import BundleError

MEGABYTE = 1_000_000


def test_samples_come_back_bit_for_bit(bundle: Bundle) -> None:
    written = make_samples(bundle.manifest.preprocessing)
    for sample, original in zip(golden_samples(bundle), written, strict=True):
        assert (sample.name, sample.kind) == (original.name, original.kind)
        np.testing.assert_array_equal(sample.source, original.source)
        np.testing.assert_array_equal(sample.pixels, original.pixels)
        np.testing.assert_array_equal(sample.tensor, original.tensor)


def test_references_come_back_and_judge(bundle: Bundle) -> None:
    samples, references = golden_samples(bundle), golden_references(bundle)
    assert [output.shape for output in references[0]] == [(1, 3), (1, 3, 10, 20)]
    assert all(output.dtype == np.float32 for outputs in references for output in outputs)
    tolerance, runtime = TOLERANCES["onnx", "fp32"], MeasuredWith(runtime="NumPy", version=np.__version__)

    def runner(sample):
        return sample.tensor.mean(axis=(2, 3)), np.ascontiguousarray(sample.tensor[:, :, ::7, ::5])

    assert measure(samples, references, runner, tolerance, runtime).outcome == "passed"


def test_the_files_are_little_endian_without_a_header(bundle: Bundle) -> None:
    entry = bundle.manifest.golden[0]
    assert (entry.input.file, entry.input.shape) == ("golden/china.input.bin", (1, 3, 64, 96))
    raw = np.frombuffer((bundle.path / entry.input.file).read_bytes(), ">f4").byteswap()
    np.testing.assert_array_equal(raw.astype(np.float32).reshape(1, 3, 64, 96), golden_samples(bundle)[0].tensor)


def test_the_preprocessing_is_checked_again(bundle: Bundle) -> None:
    assert check_golden(bundle) == []
    path = bundle.path / "golden" / "noise.input.bin"
    values = np.fromfile(path, "<f4")
    values[5] += 1e-6
    values.tofile(path)
    assert check_golden(bundle) == ["golden sample noise: the preprocessing gives 1 other values than are stored"]


@pytest.mark.parametrize(
    ("key", "value"), [("interpolation", "bilinear"), ("height", 200)], ids=["interpolation", "size"]
)
def test_another_preprocessing_does_not_give_the_stored_tensors(bundle: Bundle, key: str, value: object) -> None:
    path = bundle.path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["preprocessing"]["resize"][key] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    assert len(check_golden(open_bundle(bundle.path))) == 5


def test_a_tensor_of_another_size_is_named(bundle: Bundle) -> None:
    path = bundle.path / "golden" / "noise.input.bin"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(BundleError, match=r"golden/noise\.input\.bin"):
        golden_samples(bundle)


def test_at_224_the_folder_stays_small(tmp_path: Path) -> None:
    config = PreprocessingConfig((224, 224), "bicubic", 0.875, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    samples = make_samples(Preprocessing.from_config(config, (224, 224)))
    entries = write_golden(tmp_path, samples, [(np.zeros((1, 1000), np.float32),)] * 5)
    sizes = (stored.size for entry in entries for stored in (entry.picture, entry.input, *entry.outputs))
    assert sum(sizes) < 6 * MEGABYTE


def test_writing_twice_gives_the_same_bytes(
    tmp_path: Path, bundle: Bundle, snapshot: Callable[[Path], dict[str, bytes]]
) -> None:
    write_golden(tmp_path, golden_samples(bundle), golden_references(bundle))
    assert snapshot(tmp_path / "golden") == snapshot(bundle.path / "golden")
