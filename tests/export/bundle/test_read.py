"""Reading a bundle: every kind of damage is one sentence, and all damaged files are named at once."""

import json
from pathlib import Path

import pytest

from efficientmod_export.bundle import Bundle, check_files, open_bundle, read_bundle
from efficientmod_mobile.errors import BundleError


def test_a_whole_bundle_is_read(bundle: Bundle) -> None:
    again = read_bundle(bundle.path)
    assert again.manifest == bundle.manifest
    assert again.labels() == ("tench", "goldfish", "great\u2028white")


def test_what_is_not_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(BundleError, match=r"is not a bundle: it has no manifest\.json"):
            read_bundle(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b'{"schema_version": 1,', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "no schema_version"),
        (b'{"name": "a web app"}', "no schema_version"),
        (b'{"schema_version": 2}', "schema version 2, and this toolkit reads 1"),
        (b'{"schema_version": "1"}', "schema version '1', and this toolkit reads 1"),
        (b'{"schema_version": 1}', "generator: Field required"),
    ],
)
def test_a_damaged_manifest(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match=message):
        read_bundle(tmp_path)


def test_many_faults_of_a_manifest_are_counted(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"schema_version": 1}')
    with pytest.raises(BundleError, match="and 4 more"):
        open_bundle(tmp_path)


def test_a_fault_is_told_once(bundle: Bundle) -> None:
    path = bundle.path / "manifest.json"
    path.write_text(path.read_text().replace('"dtype": "float32"', '"dtype": "float16"'))
    with pytest.raises(BundleError, match="dtype: Input should be 'float32'") as caught:
        open_bundle(bundle.path)
    assert "at least 1 item" not in str(caught.value)


def test_every_damaged_file_is_named_at_once(bundle: Bundle) -> None:
    (bundle.path / "model.pte").write_bytes(b"ptf")
    (bundle.path / "labels.txt").unlink()
    (bundle.path / "model.mlpackage" / "Data" / "weights" / "weight.bin").write_bytes(b"WEIGHTS")
    (bundle.path / "golden" / "noise.png").write_bytes(b"")
    with pytest.raises(BundleError) as caught:
        read_bundle(bundle.path)
    for part in (
        "model.pte has changed",
        "labels.txt is missing",
        "model.mlpackage has changed",
        "golden/noise.png has changed",
    ):
        assert part in str(caught.value)
    assert len(check_files(open_bundle(bundle.path))) == 4


def test_a_file_added_to_a_packages_folder_is_seen(bundle: Bundle) -> None:
    (bundle.path / "model.mlpackage" / "extra").write_text("x")
    assert check_files(bundle) == ["model.mlpackage has changed: its SHA-256 is not the manifest's"]


def test_a_folder_where_a_file_should_be(bundle: Bundle) -> None:
    (bundle.path / "model.pte").unlink()
    (bundle.path / "model.pte").mkdir()
    assert check_files(bundle) == ["model.pte is a folder where a file should be, or the other way round"]


def test_a_path_that_leads_out_is_refused(bundle: Bundle) -> None:
    path = bundle.path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["artifacts"][0]["file"] = "../secret"
    path.write_text(json.dumps(document), encoding="utf-8")
    (bundle.path.parent / "secret").write_text("x")
    with pytest.raises(BundleError, match=r"artifacts\.0\.file: String should match pattern"):
        read_bundle(bundle.path)


def test_links_are_refused_wherever_they_lead(bundle: Bundle, tmp_path: Path) -> None:
    pte, labels = bundle.path / "model.pte", bundle.path / "labels.txt"
    (tmp_path / "copy").write_bytes(pte.read_bytes())
    pte.unlink()
    pte.symlink_to(tmp_path / "copy")
    labels.rename(bundle.path / "inside")
    labels.symlink_to("inside")
    noise = bundle.path / "golden" / "noise.png"
    noise.unlink()
    noise.symlink_to("noise.png")
    problems = check_files(bundle)
    assert problems[0] == "model.pte leads out of the bundle"
    assert "labels.txt cannot be read" in problems[1]
    assert "golden/noise.png cannot be read" in problems[2]


def test_a_bundle_can_be_moved(bundle: Bundle, tmp_path: Path) -> None:
    moved = bundle.path.rename(tmp_path / "elsewhere")
    assert read_bundle(moved).manifest == bundle.manifest
