"""The digest of a folder, against the shell command that defines it."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from efficientmod_export.bundle._digest import digest, total_size

COMMAND = r"find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -r -d '\n' sha256sum | sha256sum"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model.mlpackage"
    for name in ("b.txt", "B.txt", "a/z", "a.b", "a-b/c", "ä.txt", "Data/com.apple.CoreML/model.mlmodel"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_a_files_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert digest(tmp_path / "f") == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the shell command needs GNU coreutils")
def test_a_folders_digest_is_the_shells(folder: Path) -> None:
    printed = subprocess.run(COMMAND, shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert digest(folder) == printed.split()[0]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the shell command needs GNU coreutils")
def test_an_empty_folders_digest_is_the_shells(tmp_path: Path) -> None:
    printed = subprocess.run(COMMAND, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert digest(tmp_path) == printed.split()[0]


def test_every_change_shows(folder: Path) -> None:
    seen = {digest(folder)}
    (folder / "a.b").write_text("other")
    seen.add(digest(folder))
    (folder / "a.b").rename(folder / "a.c")
    seen.add(digest(folder))
    (folder / "b.txt").unlink()
    seen.add(digest(folder))
    assert len(seen) == 4


def test_empty_folders_do_not_count_and_sizes_add_up(folder: Path) -> None:
    before, size = digest(folder), total_size(folder)
    (folder / "empty" / "more").mkdir(parents=True)
    assert (digest(folder), total_size(folder)) == (before, size)
    assert size == sum(len(path.read_bytes()) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("target", ["b.txt", "absent"])
def test_links_are_refused(folder: Path, target: str) -> None:
    (folder / "link").symlink_to(folder / target)
    with pytest.raises(ValueError, match="symbolic link"):
        digest(folder)
    with pytest.raises(ValueError, match="symbolic link"):
        digest(folder / "link")


def test_a_link_to_a_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="symbolic link"):
        digest(folder)
