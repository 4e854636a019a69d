"""Runs the app on an iPhone, through Xcode's devicectl, on a Mac."""

import json
import platform
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export.bench._adb_connection import last_line
from efficientmod_export.bench._app_run import PACKAGE, AppRun, Pace, check_ended, describe, parse_status, save_report
from efficientmod_export.bundle import pack_bundle
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_mobile.errors import DependencyError, InputError

ANY_DEVICE: Final = "auto"
CONTAINER: Final = ("--domain-type", "appDataContainer", "--domain-identifier", PACKAGE)


def bench_on_ios(
    bundle: Path | str,
    run: AppRun,
    *,
    device: str = ANY_DEVICE,
    app: Path | str | None = None,
    output: Path | None = None,
    progress: ProgressReport = report_nothing,
    pace: Pace | None = None,
) -> Path:
    """Install the app where one is given, run a plan on the bundle, and return the file of its report.

    `device` is an identifier, a UDID or a name; "auto" is the only iPhone connected. The report is not judged here.
    Raises BundleError for a damaged bundle, DependencyError without devicectl, and InputError where a step fails.
    """
    if shutil.which("xcrun") is None:
        raise DependencyError(
            f"xcrun is not on the PATH, and this is {platform.system()}: an iPhone is driven from a Mac with Xcode 15 "
            f"or later. Without one, run the plan in the app, share its report, and read it with efficientmod report.",
            code="missing_xcrun",
        )
    with tempfile.TemporaryDirectory() as folder:
        identifier = _find_device(device, Path(folder) / "devices.json")
        packed = pack_bundle(Path(bundle), Path(folder) / f"{run.run_id}.embundle")
        if app is not None:
            progress("installing the app")
            _devicectl("device", "install", "app", "--device", identifier, str(app))
        progress("copying the bundle")
        pushed, written = f"Documents/{packed.name}", f"Documents/runs/{run.run_id}/report.json"
        at = ("--device", identifier, *CONTAINER)
        _devicectl("device", "copy", "to", *at, "--source", str(packed), "--destination", pushed)
        progress("starting the app")
        _run_to_the_end(identifier, run, run.arguments("--", pushed, text=""), progress, pace or Pace())
        report = Path(folder) / "report.json"
        _devicectl("device", "copy", "from", *at, "--source", written, "--destination", str(report))
        return save_report(run, open_bundle(Path(bundle)).sha256, report.read_bytes(), output)


def _find_device(wanted: str, listing: Path) -> str:
    """The identifier of the device that is meant."""
    _devicectl("list", "devices", "--json-output", str(listing))
    devices = [device for device in json.loads(listing.read_bytes())["result"]["devices"] if _is_reachable(device)]
    found = [device for device in devices if wanted in (ANY_DEVICE, *_names(device))]
    if len(found) == 1:
        return str(found[0]["identifier"])
    listed = ", ".join(f"{device['identifier']} ({_names(device)[-1]})" for device in devices) or "none"
    raise InputError(
        f"devicectl finds {len(found) or 'no'} iPhones for {wanted} (connected: {listed}); connect one that trusts "
        f"this Mac, unlocked and in developer mode, and name it with --ios-device.",
        code="no_iphone",
    )


def _is_reachable(device: dict[str, Any]) -> bool:
    hardware, connection = device.get("hardwareProperties", {}), device.get("connectionProperties", {})
    physical = hardware.get("platform") == "iOS" and hardware.get("reality", "physical") == "physical"
    return bool(physical and connection.get("tunnelState") != "unavailable")


def _names(device: dict[str, Any]) -> tuple[str, ...]:
    udid = device.get("hardwareProperties", {}).get("udid", "")
    return device["identifier"], udid, device.get("deviceProperties", {}).get("name", device["identifier"])


def _devicectl(*arguments: str) -> None:
    command = ["xcrun", "devicectl", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if ended.returncode:
        raise InputError(
            f"devicectl {' '.join(arguments[:3])} failed ({_error(ended.stderr + ended.stdout)}); unlock the iPhone, "
            f"and check that the app is installed on it.",
            code="devicectl_failed",
        )


def _error(output: str) -> str:
    """devicectl's own error line, or the last line."""
    errors = [line.strip() for line in output.splitlines() if line.lstrip().startswith("ERROR:")]
    return errors[0].removeprefix("ERROR:").strip().removesuffix(".") if errors else last_line(output) or "no output"


def _run_to_the_end(identifier: str, run: AppRun, words: list[str], progress: ProgressReport, pace: Pace) -> None:
    """Start the app attached to its output, which has every status, and wait until it ends."""
    launch = ("device", "process", "launch", "--device", identifier, "--console", "--terminate-existing", PACKAGE)
    command = ["xcrun", "devicectl", *launch, "--", *words]
    output, done = [], False
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as app:
        try:
            for line in _lines(app, pace.silent_s):
                output.append(line)
                status = parse_status(run, line.encode())
                if status is not None:
                    progress(describe(status))
                    done = check_ended(status) or done
        finally:
            app.terminate()
    if not done:
        raise InputError(
            f"The run ended early ({_error(''.join(output))}); look at the iPhone, keep the app in front, and "
            f"run again.",
            code="app_stopped",
        )


def _lines(process: "subprocess.Popen[str]", silent_s: float) -> Iterator[str]:
    """The lines that a process writes, until it ends or is silent for too long."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while (line := lines.get(timeout=silent_s)) is not None:
            yield line
    except queue.Empty:
        yield f"nothing new for {silent_s:.0f} s\n"
