"""Pictures in folders and tars, and the choice among them."""

import io
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from efficientmod_export.eval._pictures import PictureFile, list_pictures, spread
from efficientmod_mobile.errors import InputError

from ...raising import refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    for number, name in enumerate(("b/x.JPEG", "a/y.png", "a/deep/z.webp", "top.bmp")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30 + number, 20), (10 * number, 99, 7)).save(root / name)
    (root / "a" / "._y.png").write_bytes(b"of a Mac")
    (root / "notes.txt").write_text("no picture")
    return root


def archive(folder: Path, path: Path, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        tar.add(folder, arcname=".")
    return path


def test_a_folder_and_its_tar_have_the_same_pictures(folder: Path, tmp_path: Path) -> None:
    inside, packed = list_pictures(folder), list_pictures(archive(folder, tmp_path / "p.tar"))
    names = ["a/deep/z.webp", "a/y.png", "b/x.JPEG", "top.bmp"]
    assert [one.name for one in inside] == [one.name for one in packed] == names
    assert [one.size for one in inside] == [one.size for one in packed]
    for one, other in zip(inside, packed, strict=True):
        assert np.array_equal(one.decode(), other.decode())
    assert inside[0].folders == ("a", "deep")
    assert inside[2].decode().shape == (20, 30, 3)


def test_a_folder_of_links_to_folders_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "cats").symlink_to(folder / "a")
    assert [one.name for one in list_pictures(tmp_path / "links")] == ["cats/deep/z.webp", "cats/y.png"]


def test_what_holds_no_picture(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, code in (
        (tmp_path / "empty", "no_pictures"),
        (tmp_path / "absent", "no_pictures"),
        (folder / "notes.txt", "unreadable_tar"),
        (archive(folder, tmp_path / "p.tar.gz", "w:gz"), "unreadable_tar"),
    ):
        with refused(InputError, code, path.name):
            list_pictures(path)


def test_a_picture_that_vanished_or_is_none(tmp_path: Path) -> None:
    with refused(InputError, "undecodable_picture", "x.png"):
        PictureFile("x.png", tmp_path / "x.png", 0, 3).decode()
    (tmp_path / "y.png").write_bytes(b"text")
    with refused(InputError, "undecodable_picture", "y.png"):
        PictureFile("y.png", tmp_path / "y.png", 0, 4).decode()


def test_a_truncated_jpeg_cannot_be_decoded(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.fromarray(np.random.RandomState(0).randint(0, 255, (64, 80, 3), np.uint8)).save(content, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(content.getvalue()[: len(content.getvalue()) // 2])
    (picture,) = list_pictures(tmp_path)
    with refused(InputError, "undecodable_picture", "cut.jpg"):
        picture.decode()


def test_a_limit_is_spread_over_the_classes_and_the_same_each_time() -> None:
    pictures = [PictureFile(f"{number:03}", Path("/"), 0, 1) for number in range(100)]
    groups = {one.name: "rare" if number < 3 else number % 3 for number, one in enumerate(pictures)}
    chosen = spread(pictures, groups, 20, seed=5)
    assert chosen == spread(pictures, groups, 20, seed=5)
    assert chosen != spread(pictures, groups, 20, seed=6)
    assert [one.name for one in chosen] == sorted(one.name for one in chosen)
    counts = Counter(groups[one.name] for one in chosen)
    assert counts.pop("rare") == 3
    assert sorted(counts.values()) in ([5, 6, 6], [5, 5, 7])
    assert len(chosen) == 20
    assert spread(pictures, groups, None, 0) == spread(pictures, groups, 100, 0) == tuple(pictures)
    few = spread(pictures, {one.name: one.name for one in pictures}, 7, 0)
    assert len(few) == 7  # of more classes than the limit: drawn, not the first
    assert [one.name for one in few] != [f"{number:03}" for number in range(7)]
