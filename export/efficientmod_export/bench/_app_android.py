"""Runs the app on an Android phone, through adb."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export.bench._adb_connection import Adb, failure
from efficientmod_export.bench._app_run import PACKAGE, AppRun, Pace, follow, save_report
from efficientmod_export.bundle import pack_bundle
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_mobile.errors import InputError

ACTIVITY = f"{PACKAGE}/.HeadlessActivity"
PUSHED = "/data/local/tmp/efficientmod_app"
OWN = f"/sdcard/Android/data/{PACKAGE}/files"
"""The app's own folder, which the shell may read; without it, the app writes into its private one."""

_INSTALL_ADVICE = {
    "INSTALL_FAILED_INSUFFICIENT_STORAGE": "free some storage on the phone",
    "INSTALL_FAILED_UPDATE_INCOMPATIBLE": f"another key signed the installed one: adb uninstall {PACKAGE}",
    "INSTALL_FAILED_VERSION_DOWNGRADE": f"a later version is installed: adb uninstall {PACKAGE}",
    "INSTALL_FAILED_NO_MATCHING_ABIS": "build it for the phone's processor",
    "INSTALL_FAILED_OLDER_SDK": "use a phone with Android 8 or later",
    "INSTALL_FAILED_USER_RESTRICTED": "allow installing through USB in the phone's developer options",
}


def bench_on_android(
    bundle: Path | str,
    app: Path | str,
    run: AppRun,
    *,
    serial: str | None = None,
    output: Path | None = None,
    progress: ProgressReport = report_nothing,
    pace: Pace | None = None,
) -> Path:
    """Install the app, run a plan on the bundle, and return the file of its report, which is not judged here.

    Raises BundleError for a damaged bundle, DependencyError without adb, and InputError where a step fails.
    """
    apk = Path(app)
    if not apk.is_file():
        raise InputError(f"{apk} is not a file; name the app's .apk.", code="missing_app")
    adb = Adb(serial)
    adb.check_ready()
    with tempfile.TemporaryDirectory() as folder:
        packed = pack_bundle(Path(bundle), Path(folder) / "bundle.embundle")
        manifest_sha256 = open_bundle(Path(bundle)).sha256
        progress("installing the app")
        _install(adb, apk)
        with _cleaned_up(adb, run):
            progress("copying the bundle")
            _push(adb, packed, run)
            progress("starting the app")
            _start(adb, run)
            files = _Files(adb, run)
            follow(run, lambda: files.read("status.json"), lambda: _is_alive(adb), progress, pace or Pace())
            content = files.read("report.json")
    if content is None:
        raise InputError("adb does not reach the phone any more; connect it and run again.", code="adb_failed")
    return save_report(run, manifest_sha256, content, output)


def _install(adb: Adb, apk: Path) -> None:
    ended = adb.call("install", "-r", "-t", str(apk))
    if ended.returncode or "Failure [" in ended.stdout + ended.stderr:
        reason = failure(ended)
        advice = next((text for name, text in _INSTALL_ADVICE.items() if name in reason), "look at the phone's screen")
        raise InputError(f"{apk} cannot be installed ({reason}); {advice}.", code="app_not_installed")


def _push(adb: Adb, packed: Path, run: AppRun) -> None:
    folder = f"{PUSHED}/{run.run_id}"
    adb.run("shell", f"mkdir -p {folder}")
    ended = adb.call("push", str(packed), f"{folder}/{packed.name}")
    if ended.returncode:
        reason = failure(ended)
        advice = "free some storage on the phone" if "No space left" in reason else "check the cable"
        raise InputError(f"The bundle cannot be copied to the phone ({reason}); {advice}.", code="push_failed")
    adb.run("shell", f"chmod -R a+rX {PUSHED}")


def _start(adb: Adb, run: AppRun) -> None:
    """`am` tells some errors on its output only."""
    words = run.arguments("", f"{PUSHED}/{run.run_id}/bundle.embundle", text="--es")
    ended = adb.call("shell", shlex.join(["am", "start", "-S", "-W", "-n", ACTIVITY, *words]))
    lines = (ended.stdout + ended.stderr).splitlines()
    errors = [line.strip() for line in lines if "Error" in line or "Exception" in line]
    if ended.returncode or errors:
        reason = errors[-1] if errors else failure(ended)
        raise InputError(
            f"The app cannot be started ({reason}); unlock the phone, and check that it is this project's app.",
            code="app_not_started",
        )


def _is_alive(adb: Adb) -> bool:
    """Whether the app's process is there; True where adb does not reach the phone, since a cable may be loose."""
    ended = adb.call("shell", f"pidof {PACKAGE}")
    return bool(ended.stdout.strip()) or "error:" in ended.stderr


class _Files:
    """The files of a run, in the app's folder that the shell may read, or in the private one of a debug build."""

    def __init__(self, adb: Adb, run: AppRun) -> None:
        self._adb = adb
        self._run = run

    def read(self, name: str) -> bytes | None:
        content = self._adb.read("cat", f"{OWN}/runs/{self._run.run_id}/{name}")
        if content is None or content.lstrip().startswith(b"{"):
            return content
        return self._adb.read("run-as", PACKAGE, "cat", f"files/runs/{self._run.run_id}/{name}")


@contextmanager
def _cleaned_up(adb: Adb, run: AppRun) -> Iterator[None]:
    """Remove what was copied and written; where the run did not end by itself, end the app as well."""
    try:
        yield
    except BaseException:
        adb.call("shell", f"am force-stop {PACKAGE}")
        raise
    finally:
        adb.call("shell", f"rm -rf {PUSHED}/{run.run_id} {OWN}/runs/{run.run_id}")
