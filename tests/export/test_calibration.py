"""Which pictures of a folder weights are rounded for."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from efficientmod_export._calibration import MOST_PICTURES, calibration_of

FILES = 40


@pytest.fixture
def subject() -> Any:
    """Of one picture, of which a pixel is kept."""
    preprocessing = SimpleNamespace(
        pixels=lambda source: np.asarray(source)[:1, :1], tensor=lambda pixels: pixels[None].astype(np.float32)
    )
    return SimpleNamespace(preprocessing=preprocessing, inputs=("image",))


def folder_of(path: Path, broken: set[int]) -> Path:
    path.mkdir()
    for place in range(FILES):
        if place in broken:
            (path / f"{place:02}.png").write_bytes(b"\x89PNG")
        else:
            Image.new("RGB", (3, 2)).save(path / f"{place:02}.png")
    return path


SPREAD = {FILES * place // MOST_PICTURES for place in range(MOST_PICTURES)}


def test_they_are_spread_over_the_folder(subject: Any, tmp_path: Path) -> None:
    found = calibration_of(subject, folder_of(tmp_path / "pictures", set()))
    assert found.told.statement == "32 of 40 pictures of the folder given"
    assert {int(name[:2]) for name in found.told.pictures} == SPREAD


def test_others_are_taken_for_those_that_cannot_be_decoded(subject: Any, tmp_path: Path) -> None:
    found = calibration_of(subject, folder_of(tmp_path / "pictures", {0, 1, 20}))
    assert found.told.statement == (
        "32 of 40 pictures of the folder given, without 00.png, 01.png, 20.png, which cannot be decoded"
    )
    assert len(found.inputs) == MOST_PICTURES
    assert {0, 1, 20}.isdisjoint(int(name[:2]) for name in found.told.pictures)


def test_all_are_tried_before_a_folder_is_refused_and_few_are_named(subject: Any, tmp_path: Path) -> None:
    found = calibration_of(subject, folder_of(tmp_path / "pictures", SPREAD))
    assert len(found.inputs) == FILES - MOST_PICTURES
    named = "00.png, 01.png, 02.png, 03.png, 05.png, 27 more"
    assert found.told.statement == f"8 of 40 pictures of the folder given, without {named}, which cannot be decoded"
