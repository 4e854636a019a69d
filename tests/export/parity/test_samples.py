"""The parity inputs: which, of what size, and the same on every run."""

import hashlib
from importlib import resources

import numpy as np
import pytest

from efficientmod_export.bundle import Preprocessing
from efficientmod_export.parity import make_samples, picture_credit
from efficientmod_mobile import PreprocessingConfig

CONFIG = PreprocessingConfig((224, 224), "bicubic", 0.875, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

SOURCES = {
    "china": "e701459344fd6979",
    "flower": "3202904ed246795b",
    "gradient": "525501a9c0770c46",
    "checkerboard": "30421060c6580e92",
    "noise": "4fb04ff91cd856b1",
}


@pytest.mark.parametrize("resolution", [(224, 224), (256, 192)], ids=str)
def test_each_sample_is_its_picture_preprocessed(resolution: tuple[int, int]) -> None:
    preprocessing = Preprocessing.from_config(CONFIG, resolution)
    for sample in make_samples(preprocessing):
        assert sample.inputs[0].source.dtype == sample.inputs[0].pixels.dtype == np.uint8
        assert sample.inputs[0].source.shape[:2] != resolution
        assert sample.inputs[0].pixels.shape == (*resolution, 3)
        assert sample.inputs[0].tensor.shape == (1, 3, *resolution)
        assert sample.inputs[0].tensor.dtype == np.float32
        np.testing.assert_array_equal(sample.inputs[0].pixels, preprocessing.pixels(sample.inputs[0].source))
        np.testing.assert_array_equal(sample.inputs[0].tensor, preprocessing.tensor(sample.inputs[0].pixels))


def test_photos_structure_and_noise() -> None:
    samples = make_samples(Preprocessing.from_config(CONFIG, (64, 96)))
    assert [sample.kind for sample in samples] == ["photo", "photo", "structured", "structured", "noise"]
    assert [sample.name for sample in samples] == list(SOURCES)
    assert len({sample.inputs[0].tensor.tobytes() for sample in samples}) == 5


def test_the_pictures_are_the_same_everywhere() -> None:
    for sample in make_samples(Preprocessing.from_config(CONFIG, (64, 96))):
        assert hashlib.sha256(sample.inputs[0].source.tobytes()).hexdigest()[:16] == SOURCES[sample.name], sample.name


def test_no_channel_or_axis_can_be_taken_for_another() -> None:
    for sample in make_samples(Preprocessing.from_config(CONFIG, (96, 96))):
        chw = sample.inputs[0].tensor[0]
        for other in (chw[[1, 2, 0]], chw[::-1], chw.transpose(0, 2, 1), chw[:, ::-1], chw[:, :, ::-1]):
            assert np.abs(chw - other).max() > 0.1, sample.name


def test_the_photos_are_scikit_learns_and_credited() -> None:
    photos = resources.files("efficientmod_export.parity") / "photos"
    readme = (photos / "README.md").read_text()
    assert "Creative Commons Attribution 2.0" in readme
    china, flower = (picture_credit(name, 0) for name in ("china", "flower"))
    assert china is not None
    assert "CC BY 2.0" in china
    assert (picture_credit("china", 1), picture_credit("flower", 3)) == (flower, china)
    assert picture_credit("noise", 0) is None
    for name in ("china", "flower"):
        assert hashlib.sha256((photos / f"{name}.jpg").read_bytes()).hexdigest() in readme
