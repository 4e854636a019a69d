"""Pictures in folders and tars, and the choice among them."""

import io
import os
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from efficientmod_export._picture_files import PictureFile, list_pictures
from efficientmod_export.eval._spread import spread
from efficientmod_mobile.errors import InputError

from ..raising import refused


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


def test_links_that_lead_back_or_nowhere(folder: Path) -> None:
    """A folder around it is not walked again; a link to nothing is counted as what cannot be read."""
    before = [one.name for one in list_pictures(folder)]
    (folder / "a" / "back").symlink_to(folder)
    (folder / "a" / "gone.png").symlink_to(folder / "absent.png")
    (folder / "a" / "folder.png").mkdir()
    os.mkfifo(folder / "a" / "pipe.png")
    found = list_pictures(folder)
    assert [one.name for one in found] == sorted([*before, "a/gone.png"])
    with refused(InputError, "undecodable_picture", "a/gone.png"):
        found[1].decode()


def test_names_that_no_text_can_have(tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    for name in (b"caf\xe9.png", b"two\nlines.png", "\u732b.png".encode()):
        Image.new("RGB", (30, 20)).save(tmp_path / "x.png")
        (tmp_path / "x.png").rename(tmp_path / "names" / os.fsdecode(name))
    found = list_pictures(tmp_path / "names")
    assert [one.name for one in found] == ["caf\\udce9.png", "two\\nlines.png", "\u732b.png"]
    packed = list_pictures(archive(tmp_path / "names", tmp_path / "p.tar"))
    assert [one.name for one in packed] == [one.name for one in found]
    assert {one.decode().shape for one in (*found, *packed)} == {(20, 30, 3)}


def test_a_picture_that_a_tar_has_twice_is_its_last(folder: Path, tmp_path: Path) -> None:
    path = archive(folder, tmp_path / "p.tar")
    Image.new("RGB", (5, 4)).save(tmp_path / "y.png")
    with tarfile.open(path, "a") as tar:
        tar.add(tmp_path / "y.png", "./a/y.png")
    found = {one.name: one for one in list_pictures(path)}
    assert len(found) == 4
    assert found["a/y.png"].decode().shape == (4, 5, 3)


def test_files_that_are_called_as_pictures_are_counted(tmp_path: Path) -> None:
    (tmp_path / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    Image.new("RGB", (30, 20)).save(tmp_path / "b.gif")
    heic, gif = sorted(list_pictures(tmp_path), key=lambda one: one.name, reverse=True)
    assert gif.decode().shape == (20, 30, 3)
    with refused(InputError, "undecodable_picture", "phone.HEIC"):
        heic.decode()


def test_damage_at_which_pillow_raises_errors_of_its_own(tmp_path: Path) -> None:
    """struct.error for a number in EXIF that is a text."""
    exif = Image.Exif()
    exif[0x0112], exif[0x0128] = 6, 2
    content = io.BytesIO()
    Image.new("RGB", (30, 20)).save(content, "JPEG", exif=exif)
    damaged = content.getvalue().replace(b"\x01\x28\x00\x03", b"\x01\x28\x00\x02")
    assert damaged != content.getvalue()
    (tmp_path / "x.jpg").write_bytes(damaged)
    with refused(InputError, "undecodable_picture", "x.jpg"):
        list_pictures(tmp_path)[0].decode()


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
