"""A bundle in one file: the same bytes as an archive written by the specification, readable by any ZIP reader."""

import base64
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from efficientmod_export.bundle import pack_bundle
from efficientmod_export.bundle.contract import RefusedBundleError, read_bundle
from efficientmod_mobile.errors import BundleError

from ...raising import refused
from ..conftest import Command

VECTORS = Path(__file__).parents[2] / "vectors"
CASES: list[Any] = json.loads((VECTORS / "archives.json").read_text())


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VECTORS / "bundle", tmp_path / "out"))


def test_the_bytes_are_the_specifications(bundle: Path) -> None:
    (bundle / "notes.txt").write_text("not the bundle's")
    packed = pack_bundle(bundle)
    assert packed == bundle.with_name("out.embundle")
    assert packed.read_bytes() == (VECTORS / "bundle.embundle").read_bytes()


def test_it_unpacks_to_the_bundle(bundle: Path, tmp_path: Path) -> None:
    packed = pack_bundle(bundle, tmp_path / "x")
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.namelist()[0] == "manifest.json"
        archive.extractall(tmp_path / "again")
    assert read_bundle(tmp_path / "again").sha256 == read_bundle(bundle).sha256


def test_a_changed_bundle_is_not_packed(bundle: Path) -> None:
    (bundle / "labels.txt").write_text("other\n" * 7)
    with pytest.raises(RefusedBundleError):
        pack_bundle(bundle)
    assert [path.name for path in bundle.parent.iterdir()] == ["out"]


def test_an_output_that_cannot_be_written(bundle: Path, tmp_path: Path) -> None:
    with refused(BundleError, "output_is_folder"):
        pack_bundle(bundle, tmp_path)
    with refused(BundleError, "output_not_writable"):
        pack_bundle(bundle, tmp_path / "absent" / "x.embundle")
    with refused(BundleError, "output_not_writable"):
        pack_bundle(bundle, bundle / "manifest.json" / "x.embundle")


def test_the_verb(efficientmod: Command, bundle: Path, tmp_path: Path) -> None:
    done = efficientmod("pack", bundle, "-o", tmp_path / "b.embundle", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "file": str(tmp_path / "b.embundle"),
        "size": (tmp_path / "b.embundle").stat().st_size,
    }
    assert efficientmod("pack", tmp_path).exit_code == 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_pythons_own_reader_agrees_with_the_vectors(case: Any, tmp_path: Path) -> None:
    """What it cannot know: which methods and names this format leaves out."""
    path = tmp_path / "x"
    path.write_bytes(base64.b64decode(case["base64"]))
    if case["refusal"] == "not_an_archive":
        with pytest.raises((zipfile.BadZipFile, OSError)), zipfile.ZipFile(path) as archive:
            archive.testzip()
    elif case["refusal"] == "damaged_entry":
        with zipfile.ZipFile(path) as archive, pytest.raises(zipfile.BadZipFile):
            archive.read(archive.namelist()[0])
    else:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            methods = {entry.compress_type for entry in archive.infolist()}
            assert (methods == {zipfile.ZIP_STORED}) == (case["refusal"] != "compressed_entry")
            if case["files"] is not None:
                files = {name: base64.b64encode(archive.read(name)).decode() for name in archive.namelist()}
                assert files == case["files"]
