"""The preprocessing against timm's evaluation transform, bit for bit, and its limits."""

from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from efficientmod_export.bundle import Preprocessing
from efficientmod_mobile import PreprocessingConfig, register_with_timm

RESIZE = Image.Image.resize
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def picture(height: int, width: int) -> np.ndarray:
    """Smooth in places and noisy in others, every channel different."""
    noise = np.random.RandomState(height * 1000 + width).randint(0, 256, (height, width, 3), dtype=np.uint8)
    noise[: height // 2, : width // 2] = (np.arange(width // 2)[np.newaxis, :, np.newaxis] * (1, 2, 3)) % 256
    return noise


def config(**changes: Any) -> PreprocessingConfig:
    values = {"input_size": (224, 224), "interpolation": "bicubic", "crop_pct": 0.875, "mean": MEAN, "std": STD}
    return PreprocessingConfig(**{**values, **changes})


def columns_first(self: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> Image.Image:
    """As Pillow 12 did; Pillow 13 does the rows of some pictures first, and rounds otherwise."""
    return RESIZE(RESIZE(self, (size[0], self.height), resample), size, resample)


def timm_transform(
    picture: np.ndarray, config: PreprocessingConfig, resolution: tuple[int, int], crop_mode: str = "center"
) -> np.ndarray:
    register_with_timm()  # timm may not be importable before
    from timm.data import create_transform

    transform = create_transform(
        input_size=(3, *resolution),
        interpolation=config.interpolation,
        crop_pct=config.crop_pct,
        crop_mode=crop_mode,
        mean=config.mean,
        std=config.std,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image.Image, "resize", columns_first)
        return np.asarray(transform(Image.fromarray(picture)))


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "nearest"])
@pytest.mark.parametrize("crop_pct", [0.875, 0.9, 0.95, 1.0])
@pytest.mark.parametrize("resolution", [(224, 224), (256, 192), (96, 160)], ids=str)
@pytest.mark.parametrize("size", [(427, 640), (641, 431), (257, 257), (90, 71), (224, 224), (476, 200)], ids=str)
def test_equals_timm(size: tuple[int, int], resolution: tuple[int, int], crop_pct: float, interpolation: str) -> None:
    settings = config(interpolation=interpolation, crop_pct=crop_pct)
    preprocessing = Preprocessing.from_config(settings, resolution)
    ours = preprocessing.tensor(preprocessing.pixels(picture(*size)))
    np.testing.assert_array_equal(ours[0], timm_transform(picture(*size), settings, resolution))


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "nearest"])
@pytest.mark.parametrize("crop_pct", [0.875, 0.9, 1.0])
@pytest.mark.parametrize("resolution", [(224, 224), (96, 161)], ids=str)
@pytest.mark.parametrize("size", [(427, 640), (641, 431), (257, 257), (90, 71), (5, 301)], ids=str)
@pytest.mark.parametrize(("rule", "crop_mode"), [("stretch", "squash"), ("letterbox", "border")])
def test_stretch_and_letterbox_equal_timm(
    rule: str, crop_mode: str, size: tuple[int, int], resolution: tuple[int, int], crop_pct: float, interpolation: str
) -> None:
    settings = config(interpolation=interpolation, crop_pct=crop_pct, resize_mode=rule)
    preprocessing = Preprocessing.from_config(settings, resolution)
    ours = preprocessing.tensor(preprocessing.pixels(picture(*size)))
    np.testing.assert_array_equal(ours[0], timm_transform(picture(*size), settings, resolution, crop_mode))


def test_a_letterbox_may_lie_in_the_corner_and_keeps_a_pixel_of_a_thin_picture() -> None:
    document = Preprocessing.from_config(config(crop_pct=1.0, resize_mode="letterbox"), (32, 48)).model_dump()
    document["crop"].update(position="top_left", fill=(1, 2, 3))
    preprocessing = Preprocessing.model_validate(document)
    pixels = preprocessing.pixels(np.full((1, 3000, 3), 200, np.uint8))
    assert (pixels[0] == 200).all()
    assert (pixels[1:] == (1, 2, 3)).all()


@pytest.mark.parametrize("size", [(427, 640), (640, 427), (3, 500), (500, 3), (1, 1), (33, 32), (1000, 999)], ids=str)
@pytest.mark.parametrize("resolution", [(32, 32), (64, 32), (32, 64), (224, 192)], ids=str)
def test_the_crop_is_always_full(size: tuple[int, int], resolution: tuple[int, int]) -> None:
    for crop_pct in (0.5, 0.9, 0.999, 1.0):
        preprocessing = Preprocessing.from_config(config(crop_pct=crop_pct), resolution)
        height, width = preprocessing.resize.size(*size)
        assert height >= resolution[0]
        assert width >= resolution[1]
        assert preprocessing.pixels(np.zeros((*size, 3), np.uint8)).shape == (*resolution, 3)


def test_a_square_and_another_resolution_follow_their_own_rule() -> None:
    assert Preprocessing.from_config(config(), (224, 224)).resize.model_dump() == {
        "rule": "shorter_side",
        "height": 256,
        "width": 256,
        "interpolation": "bicubic",
        "antialias": True,
    }
    portrait = Preprocessing.from_config(config(crop_pct=0.9), (256, 192)).resize
    assert (portrait.rule, portrait.height, portrait.width) == ("cover", 284, 213)


def test_the_crop_offset_rounds_halves_to_even() -> None:
    """257 - 252 = 5 and 2.5 rounds to 2; 259 - 252 = 7 and 3.5 rounds to 4."""
    preprocessing = Preprocessing.from_config(config(crop_pct=1.0), (252, 252))
    for longer, left in ((257, 2), (259, 4)):
        ramp = np.zeros((252, longer, 3), np.uint8)
        ramp[:, left] = 255
        assert preprocessing.pixels(ramp)[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "changes",
    [
        {"crop_pct": 1.1},
        {"std": (0.2, 0.0, 0.2)},
        {"mean": (0.2, float("nan"), 0.2)},
        {"interpolation": "lanczos"},
    ],
    ids=str,
)
def test_an_invalid_configuration_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Preprocessing.from_config(config(**changes), (224, 224))


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "shorter_side", "height": 256, "width": 300},
        {"antialias": False},
        {"interpolation": "nearest"},
        {"rule": "squash"},
        {"rule": "letterbox"},
    ],
    ids=str,
)
def test_a_resize_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    good = Preprocessing.from_config(config(), (224, 224)).model_dump()
    with pytest.raises(ValidationError):
        Preprocessing.model_validate({**good, "resize": {**good["resize"], **changes}})


@pytest.mark.parametrize("changes", [{"fill": (0, 0, 256)}, {"fill": (0, 0, 0)}, {"position": "bottom"}], ids=str)
def test_a_crop_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    good = Preprocessing.from_config(config(), (224, 224)).model_dump()
    with pytest.raises(ValidationError):
        Preprocessing.model_validate({**good, "crop": {**good["crop"], **changes}})
