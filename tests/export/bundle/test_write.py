"""Writing a bundle: whole or not at all, also after errors, with the earlier one unchanged until then."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from efficientmod_export.bundle import BundleWriter
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


def test_a_new_bundle_is_whole_and_alone(bundle: Bundle) -> None:
    assert read_bundle(bundle.path).manifest == bundle.manifest
    assert neighbours(bundle.path) == ["out"]
    assert bundle.path.stat().st_mode & 0o777 == 0o777 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_destination_is_not_touched_before_the_commit(bundle: Bundle, fill: Fill, snapshot: Snapshot) -> None:
    before = snapshot(bundle.path)
    with BundleWriter(bundle.path) as writer:
        manifest = fill(writer.folder, content=b"new")
        assert snapshot(bundle.path) == before
        assert writer.folder.parent == bundle.path.parent
        writer.commit(manifest)
        assert (bundle.path / "model.pte").read_bytes() == b"new"
    assert neighbours(bundle.path) == ["out"]


def test_exporting_twice_gives_the_same_bytes(tmp_path: Path, fill: Fill, snapshot: Snapshot) -> None:
    first = snapshot(export(tmp_path / "out", fill).path)
    assert snapshot(export(tmp_path / "out", fill).path) == first
    assert snapshot(export(tmp_path / "other" / "name", fill).path) == first


def test_a_bundle_whose_parity_failed_is_marked(tmp_path: Path, fill: Fill) -> None:
    export(tmp_path / "out", fill, outcome="failed")
    manifest = read_bundle(tmp_path / "out").manifest
    assert manifest.status == "failed"
    assert manifest.artifacts[0].failed


def test_without_commit_nothing_is_left(bundle: Bundle, fill: Fill, snapshot: Snapshot) -> None:
    before = snapshot(bundle.path)
    with BundleWriter(bundle.path) as writer:
        fill(writer.folder, content=b"new")
    assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]


@pytest.mark.parametrize(
    "error",
    [RuntimeError("stop"), KeyboardInterrupt("stop"), SystemExit("stop"), BundleError("stop", code="disk_full")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_passes_through_and_leaves_nothing(
    bundle: Bundle, fill: Fill, snapshot: Snapshot, error: BaseException
) -> None:
    before = snapshot(bundle.path)

    def stop(folder: Path) -> Manifest:
        fill(folder, content=b"new")
        raise error

    with pytest.raises(type(error), match="stop"):
        export(bundle.path, stop)
    assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]


def test_parents_are_made_and_removed_again_when_nothing_was_written(tmp_path: Path, fill: Fill) -> None:
    with BundleWriter(tmp_path / "a" / "b" / "out"):
        pass
    assert list(tmp_path.iterdir()) == []
    export(tmp_path / "a" / "b" / "out", fill)
    assert read_bundle(tmp_path / "a" / "b" / "out")


def test_a_link_is_followed(tmp_path: Path, fill: Fill) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "real")
    export(tmp_path / "out", fill)
    export(tmp_path / "out", fill)
    assert (tmp_path / "out").is_symlink()
    assert read_bundle(tmp_path / "disk" / "real")


def test_a_commit_of_something_else_than_the_folder_holds_is_refused(
    bundle: Bundle, fill: Fill, snapshot: Snapshot
) -> None:
    before = snapshot(bundle.path)
    with BundleWriter(bundle.path) as writer:
        manifest = fill(writer.folder)
        (writer.folder / "labels.txt").write_text("changed since")
        (writer.folder / "model.pte").unlink()
        with refused(BundleError, "inconsistent_bundle", "model.pte", "labels.txt"):
            writer.commit(manifest)
    assert snapshot(bundle.path) == before


def test_what_a_failed_converter_left_is_no_part_of_the_bundle(
    tmp_path: Path, fill: Fill, bundle: Bundle, snapshot: Snapshot
) -> None:
    before = snapshot(bundle.path)
    with BundleWriter(bundle.path) as writer:
        manifest = fill(writer.folder)
        (writer.folder / "half.mlpackage" / "Data" / "empty").mkdir(parents=True)
        (writer.folder / "half.mlpackage" / "Data" / "weight.bin").write_bytes(b"half")
        (writer.folder / "model.onnx.data").symlink_to(tmp_path / "absent")
        writer.commit(manifest)
    assert snapshot(bundle.path) == before
    assert not (bundle.path / "half.mlpackage").exists()


def test_a_file_that_appears_while_it_works_is_not_lost(tmp_path: Path, fill: Fill) -> None:
    with BundleWriter(tmp_path / "out") as writer:
        manifest = fill(writer.folder)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "notes.txt").write_text("mine")
        with refused(BundleError, "output_not_empty", "notes.txt"):
            writer.commit(manifest)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


# Two exports at once, and what a killed one leaves


def test_a_second_export_to_the_folder_is_refused(bundle: Bundle, fill: Fill) -> None:
    with BundleWriter(bundle.path) as writer:
        with refused(BundleError, "output_locked"), BundleWriter(bundle.path):
            pytest.fail("the second got in")
        assert writer.folder.is_dir()  # which the second must not take for a killed run's
        writer.commit(fill(writer.folder, content=b"new"))
    assert (bundle.path / "model.pte").read_bytes() == b"new"
    assert neighbours(bundle.path) == ["out"]


def test_exports_to_two_folders_are_independent(tmp_path: Path, fill: Fill) -> None:
    with BundleWriter(tmp_path / "one") as one, BundleWriter(tmp_path / "two") as two:
        one.commit(fill(one.folder))
        two.commit(fill(two.folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


CHILD = """
    import sys, time
    from pathlib import Path
    from efficientmod_export.bundle import BundleWriter
    from efficientmod_mobile.errors import BundleError
    try:
        with BundleWriter(Path(sys.argv[1])) as writer:
            (writer.folder / "half").write_text("x")
            print("working", flush=True)
            time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    except BundleError as error:
        print(error, flush=True)
"""


@pytest.fixture
def start() -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Start another process that writes to a folder and waits."""
    running = []

    def start(destination: Path) -> "subprocess.Popen[str]":
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), str(destination)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        running.append(child)
        return child

    yield start
    for child in running:
        child.kill()
        child.communicate()


def test_another_process_is_refused_and_ctrl_c_cleans_up(
    bundle: Bundle, snapshot: Snapshot, start: Callable[[Path], "subprocess.Popen[str]"]
) -> None:
    before = snapshot(bundle.path)
    child = start(bundle.path)
    assert child.stdout is not None
    assert child.stdout.readline() == "working\n"
    with refused(BundleError, "output_locked"), BundleWriter(bundle.path):
        pytest.fail("the second got in")
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=30)[0] == "interrupted\n"
    assert snapshot(bundle.path) == before
    assert neighbours(bundle.path) == ["out"]


def test_what_a_killed_run_left_is_removed_by_the_next(
    bundle: Bundle, fill: Fill, start: Callable[[Path], "subprocess.Popen[str]"]
) -> None:
    child = start(bundle.path)
    assert child.stdout is not None
    assert child.stdout.readline() == "working\n"
    child.kill()
    child.wait()
    assert ".out.staging" in neighbours(bundle.path)
    export(bundle.path, fill)
    assert neighbours(bundle.path) == ["out"]


def test_a_pause_between_bundles_changes_nothing(tmp_path: Path, fill: Fill, snapshot: Snapshot) -> None:
    first = snapshot(export(tmp_path / "out", fill).path)
    time.sleep(1.1)  # a clock of whole seconds, as PNG and ZIP keep it, would show
    assert snapshot(export(tmp_path / "out", fill).path) == first
