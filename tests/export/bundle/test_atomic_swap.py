"""Moving a finished bundle into place: one exchange, or two renames that a failure undoes; on the disk before that."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from efficientmod_export.bundle import BundleWriter, _atomic_swap
from efficientmod_export.bundle.contract import Bundle, Manifest, read_bundle
from efficientmod_mobile.errors import BundleError

from ...raising import refused

Fill = Callable[..., Manifest]
Snapshot = Callable[[Path], dict[str, bytes]]


def neighbours(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def export(destination: Path, fill: Fill, **options: object) -> Bundle:
    with BundleWriter(destination) as writer:
        return writer.commit(fill(writer.folder, **options))


@pytest.fixture
def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_atomic_swap, "_exchange", lambda one, other: False)


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is Linux's")
def test_on_linux_names_are_exchanged_in_one_call(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert _atomic_swap._exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one" / "other").exists()
    assert (tmp_path / "other" / "one").exists()
    with pytest.raises(FileNotFoundError):
        _atomic_swap._exchange(tmp_path / "one", tmp_path / "absent")


@pytest.mark.usefixtures("without_exchange")
def test_without_an_exchange_two_renames_do(bundle: Bundle, fill: Fill) -> None:
    export(bundle.path, fill, content=b"new")
    assert (read_bundle(bundle.path).path / "model.pte").read_bytes() == b"new"
    assert neighbours(bundle.path) == ["out"]


@pytest.mark.usefixtures("without_exchange")
@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()], ids=["error", "ctrl-c"])
def test_a_failed_second_rename_brings_the_earlier_bundle_back(
    bundle: Bundle, fill: Fill, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before, rename = snapshot(bundle.path), Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == ".out.staging":
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(type(error)):
        export(bundle.path, fill, content=b"new")
    assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]


def test_a_run_killed_between_two_renames_is_undone(bundle: Bundle, snapshot: Snapshot) -> None:
    before = snapshot(bundle.path)
    bundle.path.rename(bundle.path.with_name(".out.staging-earlier"))
    bundle.path.with_name(".out.staging").mkdir()
    with BundleWriter(bundle.path):
        assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]
    bundle.path.with_name(".out.staging-earlier").mkdir()  # killed after the second rename: `out` is the new one
    with BundleWriter(bundle.path):
        pass
    assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]


def test_an_exchange_that_fails_leaves_the_earlier_bundle(
    bundle: Bundle, fill: Fill, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(bundle.path)

    def busy(one: Path, other: Path) -> bool:
        raise OSError(errno.EBUSY, "busy", str(other))

    monkeypatch.setattr(_atomic_swap, "_exchange", busy)
    with refused(BundleError, "output_not_writable"):
        export(bundle.path, fill, content=b"new")
    assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]


def test_everything_is_on_the_disk_before_the_move(tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def note(handle: int) -> None:
        synced.append(str(os.fstat(handle).st_ino))
        fsync(handle)

    def moving(self: Path, target: Path) -> Path:
        synced.append("moved")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(Path, "rename", moving)
    export(tmp_path / "out", fill)
    out = tmp_path / "out"
    assert synced[-2:] == ["moved", str(tmp_path.stat().st_ino)]
    assert sorted(synced[:-2]) == sorted(str(path.stat().st_ino) for path in (out, *out.rglob("*")))
