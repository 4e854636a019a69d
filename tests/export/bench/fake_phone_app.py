"""A phone with the app on it, as adb or devicectl shows it: run as a script in place of `adb` and `xcrun`.

Its folder has `state.json` (what goes wrong), `calls` (the arguments of every call), `root/` (the phone's files), and
`report.json`, which the app leaves with the run's number. The app's statuses come one at each look.
"""

import json
import os
import shlex
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

PACKAGE = "io.github.efficientmod.demo"
STEPS = ("import", "replay", "open", "burst", "memory")
OWN = f"sdcard/Android/data/{PACKAGE}/files"
PRIVATE = f"data/data/{PACKAGE}/files"


class Phone:
    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "root"
        self.state: dict[str, Any] = json.loads((folder / "state.json").read_text())

    def fault(self, name: str) -> bool:
        return self.state.get("fault") == name

    def keep(self, **values: Any) -> None:
        self.state |= values
        (self.folder / "state.json").write_text(json.dumps(self.state))

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def start(self, words: list[str]) -> None:
        """What the app does first: it opens the bundle, as another user than the one who copied it."""
        values = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
        self.keep(run=values["run"], asked=values, looks=0, alive=True)
        bundle = self.path(values["bundle"])
        if not bundle.is_file() or not bundle.stat().st_mode & 0o004:
            self.keep(fault="bundle_refused")

    def status(self) -> dict[str, Any] | None:
        """The next status; None once the app is gone."""
        looks = self.state["looks"]
        self.keep(looks=looks + 1)
        if self.fault("killed") and looks >= 2:
            self.keep(alive=False)
            looks = 1
        if self.fault("silent"):
            looks = min(looks, 1)
        failed = looks == 2 and self.state.get("fault") in ("storage_full", "bundle_refused")
        done = looks >= len(STEPS)
        if failed or done:
            self.keep(alive=False)
        return {
            "format_version": "1.0",
            "run_id": self.state["run"],
            "state": "failed" if failed else "done" if done else "running",
            "step": "report" if done else STEPS[looks],
            "config": "tflite-fp32:cpu:float32:4" if looks in (2, 3) else None,
            "fraction": looks / len(STEPS),
            "at_s": 2.0 * looks,
            "text": "the phone has no room for it" if failed else "it goes on",
            "code": self.state["fault"] if failed else None,
        }

    def report(self) -> bytes:
        document = json.loads((self.folder / "report.json").read_bytes())
        if not self.fault("old_report"):
            document["run_id"] = self.state["run"]
        return json.dumps(document).encode()


def fail(message: str, code: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


def adb(phone: Phone, arguments: list[str]) -> None:
    serials: list[str] = phone.state.get("serials", ["P9"])
    if arguments[0] == "-s":
        serials = [one for one in serials if one == arguments[1]]
        if not serials:
            fail(f"error: device '{arguments[1]}' not found")
        arguments = arguments[2:]
    if not serials:
        fail("error: no devices/emulators found")
    if len(serials) > 1:
        fail("error: more than one device/emulator")
    if phone.fault("unauthorized"):
        fail(
            "error: device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set\n"
            "Try 'adb kill-server' if that seems wrong.\nOtherwise check for a confirmation dialog on your device."
        )
    if phone.fault("offline"):
        fail("error: device offline")
    if phone.fault("cable") and 2 <= phone.state.get("looks", 0) < 4:
        phone.keep(looks=phone.state["looks"] + 1)
        fail("error: device 'P9' not found")
    verb, *rest = arguments
    {"get-state": get_state, "install": install, "push": push, "shell": shell, "exec-out": exec_out}[verb](phone, rest)


def get_state(phone: Phone, rest: list[str]) -> None:
    print("device")


def install(phone: Phone, rest: list[str]) -> None:
    fault = phone.state.get("fault", "")
    if fault.startswith("INSTALL_"):
        fail(f"Performing Streamed Install\nadb: failed to install {rest[-1]}: Failure [{fault}: no]")
    assert rest[:2] == ["-r", "-t"]
    print("Performing Streamed Install\nSuccess")


def push(phone: Phone, rest: list[str]) -> None:
    source, to = rest
    if phone.fault("no_space"):
        fail(f"adb: error: failed to copy '{source}' to '{to}': remote write failed: No space left on device")
    if not phone.path(to).parent.is_dir():
        fail(f"adb: error: failed to copy '{source}' to '{to}': remote couldn't create file: No such file or directory")
    shutil.copyfile(source, phone.path(to))
    phone.path(to).chmod(0o600)
    print(f"{source}: 1 file pushed, 0 skipped.")


def shell(phone: Phone, rest: list[str]) -> None:
    program, *words = shlex.split(rest[0])
    if program == "mkdir":
        phone.path(words[-1]).mkdir(parents=True, exist_ok=True)
    elif program == "chmod":
        assert words[:2] == ["-R", "a+rX"]
        for path in phone.path(words[2]).rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    elif program == "rm":
        for name in words[1:]:
            shutil.rmtree(phone.path(name), ignore_errors=True)
    elif program == "pidof":
        if not phone.state.get("alive"):
            sys.exit(1)
        print("4711")
    elif words[0] == "force-stop":
        phone.keep(alive=False)
    else:
        am_start(phone, words)


def am_start(phone: Phone, words: list[str]) -> None:
    """It exits with 0 whatever happens, as on older phones."""
    assert words[:4] == ["start", "-S", "-W", "-n"]
    print(f"Starting: Intent {{ cmp={words[4]} (has extras) }}")
    if phone.fault("no_activity"):
        print(f"Error type 3\nError: Activity class {{{words[4]}}} does not exist.", file=sys.stderr)
    elif phone.fault("permission_denied"):
        print("Exception occurred while executing 'start':\njava.lang.SecurityException: Permission Denial: starting")
    else:
        phone.start([word for word in words[5:] if word != "--es"])
        print("Status: ok\nLaunchState: COLD\nComplete")


def exec_out(phone: Phone, rest: list[str]) -> None:
    """What goes wrong on the phone is in the same output."""
    run = f"/runs/{phone.state.get('run')}/"
    if rest[0] == "run-as":
        if not phone.fault("private"):
            print(f"run-as: package not debuggable: {PACKAGE}")
            return
        rest = rest[2:]
        own = "files"
    else:
        own = f"/{OWN}"
        if phone.fault("private"):
            print(f"cat: {rest[1]}: Permission denied")
            return
    assert rest[0] == "cat"
    if rest[1] == f"{own}{run}report.json":
        sys.stdout.buffer.write(phone.report())
    elif rest[1] == f"{own}{run}status.json":
        print(json.dumps(phone.status()))
    else:
        print(f"cat: {rest[1]}: No such file or directory")


def xcrun(phone: Phone, arguments: list[str]) -> None:
    assert arguments[0] == "devicectl"
    verb = " ".join(arguments[1:4])
    options = dict(pairwise(arguments))
    if verb.startswith("list devices"):
        document = {"result": {"devices": phone.state["devices"]}}
        Path(options["--json-output"]).write_text(json.dumps(document))
        return
    if options["--device"] not in [device["identifier"] for device in phone.state["devices"]]:
        fail("ERROR: The specified device was not found. (com.apple.dt.CoreDeviceError error 1000.)")
    if verb == "device install app":
        print("App installed:")
    elif verb == "device copy to":
        if phone.fault("not_installed"):
            fail("ERROR: The operation couldn't be completed.\n       No such app container")
        phone.path(options["--destination"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(options["--source"], phone.path(options["--destination"]))
    elif verb == "device copy from":
        assert options["--source"] == f"Documents/runs/{phone.state['run']}/report.json"
        Path(options["--destination"]).write_bytes(phone.report())
    else:
        launch(phone, arguments[arguments.index("--") + 1 :])


def launch(phone: Phone, words: list[str]) -> None:
    if phone.fault("locked"):
        fail("ERROR: The application failed to launch. Unable to launch because the device was not unlocked.")
    phone.start(words)
    print("Launched application with io.github.efficientmod.demo bundle identifier.")
    while True:
        status = phone.status()
        if phone.fault("killed") and not phone.state["alive"]:
            fail("App terminated due to signal 9.")
        print(json.dumps(status), flush=True)
        if status and status["state"] != "running":
            sys.exit(0 if status["state"] == "done" else 1)


if __name__ == "__main__":
    here = Path(__file__).parent
    with (here / "calls").open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + os.linesep)
    {"adb": adb, "xcrun": xcrun}[Path(sys.argv[0]).name](Phone(here), sys.argv[1:])
