"""Destinations that cannot become a bundle, and full disks: one sentence each, nothing changed."""

import errno
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from efficientmod_export.bundle import BundleWriter
from efficientmod_export.bundle.contract import Bundle, Manifest, read_bundle
from efficientmod_mobile.errors import BundleError

from ...raising import refused

Fill = Callable[..., Manifest]
Snapshot = Callable[[Path], dict[str, bytes]]
KILOBYTE = 1024


def write(destination: Path, fill: Fill, **options: object) -> None:
    with BundleWriter(destination) as writer:
        writer.commit(fill(writer.folder, **options))


def check_refused(destination: Path, code: str, *names: str) -> None:
    with refused(BundleError, code, *names) as caught, BundleWriter(destination):
        pytest.fail("the writer let it pass")
    assert caught.value.exit_code == 2
    assert str(caught.value).endswith(".")


def test_an_empty_folder_may_be_used(tmp_path: Path, fill: Fill) -> None:
    (tmp_path / "out").mkdir()
    with BundleWriter(tmp_path / "out") as writer:
        writer.commit(fill(writer.folder))
    assert read_bundle(tmp_path / "out")


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    check_refused(tmp_path / "out", "output_is_file")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    check_refused(tmp_path / "file" / "out", "output_not_writable")


def test_a_folder_with_other_files(tmp_path: Path, snapshot: Snapshot) -> None:
    for name in ("a", "b", ".hidden", "d", "e"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "file").write_text("mine")
    before = snapshot(tmp_path)
    check_refused(tmp_path / "out", "output_not_empty", "(.hidden, a, b and 2 more)")
    assert snapshot(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("manifest", ['{"name": "a web app"}', '{"format_version": "2.0"}', "", "[]"])
def test_a_manifest_of_something_else(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(manifest)
    check_refused(tmp_path / "out", "output_not_replaceable", "manifest.json ")


@pytest.mark.parametrize("name", ["notes.txt", "golden/mine.png", ".git/config", "model.tflite"])
def test_a_bundle_with_other_files(bundle: Bundle, name: str) -> None:
    (bundle.path / name).parent.mkdir(exist_ok=True)
    (bundle.path / name).write_text("mine")
    check_refused(bundle.path, "output_not_empty", f"({name})")
    assert (bundle.path / name).read_text() == "mine"


def test_a_bundle_with_a_file_managers_files_or_damage_may_be_replaced(bundle: Bundle, fill: Fill) -> None:
    (bundle.path / ".DS_Store").write_text("x")
    (bundle.path / "golden" / ".DS_Store").write_text("x")
    (bundle.path / "model.pte").write_text("damaged")
    (bundle.path / "labels.txt").unlink()
    with BundleWriter(bundle.path) as writer:
        writer.commit(fill(writer.folder))
    assert read_bundle(bundle.path)
    assert not list(bundle.path.rglob(".DS_Store"))


def test_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "below")
    for destination in (Path(), Path(".."), tmp_path / "here", Path("/")):
        check_refused(destination, "output_not_replaceable")


def test_a_loop_of_links_and_a_name_too_long(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    check_refused(tmp_path / "loop" / "a" / "out", "output_not_writable")
    check_refused(tmp_path / ("x" * 300), "output_not_writable")


WITHOUT_RIGHTS = """
    import os, sys
    from pathlib import Path
    os.umask(0o022)
    from efficientmod_export.bundle import BundleWriter
    from efficientmod_mobile.errors import BundleError
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    os.chdir("/")
    for name in sys.argv[1:]:
        try:
            with BundleWriter(Path(name)):
                print("written")
        except BundleError as error:
            print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may read; the test runner's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_folders_that_are_not_writable(open_folder: Path, fill: Fill) -> None:
    """In a process without root's rights, since root may write everywhere."""
    out = open_folder / "out"
    write(out, fill)
    for path in (out, *out.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o644)
    (out / "golden").chmod(0o555)
    open_folder.chmod(0o555)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", textwrap.dedent(WITHOUT_RIGHTS), str(out), str(open_folder / "new")]
    try:
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    finally:
        open_folder.chmod(0o755)
        (out / "golden").chmod(0o755)
    earlier, new = run.stdout.splitlines()
    assert earlier == f"The output {out / 'golden'} is not writable; name another folder."
    assert new.startswith(f"The bundle cannot be written to {open_folder / 'new'}: it is not writable.")
    assert read_bundle(out)
    assert sorted(path.name for path in open_folder.iterdir()) == ["out"]


# Disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a disk of its own, of some kilobytes."""
    mounted: list[Path] = []

    def mount(kilobytes: int) -> Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("mounting a small disk needs root on Linux")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_earlier_bundle(disk: Callable[[int], Path], fill: Fill, snapshot: Snapshot) -> None:
    folder = disk(4 * KILOBYTE)
    write(folder / "out", fill)
    before = snapshot(folder)
    with refused(BundleError, "disk_full", "/disk/out"):
        write(folder / "out", fill, golden=None, content=bytes(8 * KILOBYTE * KILOBYTE))
    assert snapshot(folder) == before
    assert read_bundle(folder / "out")


@pytest.mark.parametrize("kilobytes", [4, 64, 512, 1400])
def test_wherever_the_disk_fills_up_nothing_is_left(disk: Callable[[int], Path], fill: Fill, kilobytes: int) -> None:
    """At the first folder, at the artifacts, in the middle of the golden files, at the last of them."""
    folder = disk(kilobytes)
    with refused(BundleError, "disk_full"):
        write(folder / "a" / "out", fill, golden=None)
    assert list(folder.iterdir()) == []


def test_a_mount_point(disk: Callable[[int], Path]) -> None:
    check_refused(disk(64), "output_not_replaceable")


def test_a_read_only_disk(disk: Callable[[int], Path]) -> None:
    folder = disk(64)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    check_refused(folder / "out", "output_not_writable")


def test_an_error_about_another_file_is_not_converted(tmp_path: Path) -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/elsewhere/checkpoint.pth")
    with pytest.raises(PermissionError), BundleWriter(tmp_path / "out"):
        raise error
