"""A run of the app on a phone, with scripts in place of adb, devicectl and the phone."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from efficientmod_export.bench import AppRun, bench_on_android, bench_on_ios
from efficientmod_export.bench._app_run import Pace, describe
from efficientmod_export.bundle.contract import RefusedBundleError
from efficientmod_export.report.contract import RunStatus
from efficientmod_mobile.errors import DependencyError, InputError

from ...raising import refused
from ..conftest import Command

VECTORS = Path(__file__).parents[2] / "vectors"
FAST = Pace(look_s=0.0, timed_look_s=0.0, silent_s=0.5)
IPHONE = {
    "identifier": "A-1",
    "connectionProperties": {"tunnelState": "disconnected"},
    "deviceProperties": {"name": "Anna's iPhone"},
    "hardwareProperties": {"platform": "iOS", "reality": "physical", "udid": "00008140-1"},
}


class FakePhone:
    """`state` sets what goes wrong; `calls` are the arguments of every call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        script = (Path(__file__).parent / "fake_phone_app.py").read_text()
        for name in ("adb", "xcrun"):
            (folder / name).write_text(f"#!{sys.executable} -S\n{script}")
            (folder / name).chmod(0o755)
        self.leave(lambda _: None)
        self.set()

    def set(self, fault: str = "", **values: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps({"fault": fault, "devices": [IPHONE], **values}))

    def leave(self, change: Callable[[Any], None]) -> None:
        """The report that the app leaves: the vectors', changed."""
        document = json.loads((VECTORS / "reports" / "android.json").read_bytes())
        change(document)
        (self.folder / "report.json").write_text(json.dumps(document))

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def asked(self) -> dict[str, str]:
        asked: dict[str, str] = json.loads((self.folder / "state.json").read_text())["asked"]
        return asked

    @property
    def left(self) -> list[str]:
        """The files on the phone."""
        return [path.name for path in (self.folder / "root").rglob("*") if path.is_file()]


@pytest.fixture
def phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePhone:
    folder = tmp_path / "phone"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("ANDROID_SERIAL", raising=False)
    monkeypatch.chdir(tmp_path)
    return FakePhone(folder)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VECTORS / "bundle", tmp_path / "out"))


@pytest.fixture
def apk(tmp_path: Path) -> Path:
    (tmp_path / "demo.apk").write_bytes(b"PK")
    return tmp_path / "demo.apk"


def on_android(bundle: Path, apk: Path, **options: Any) -> Path:
    return bench_on_android(bundle, apk, AppRun("quick"), pace=FAST, **options)


def test_a_run_on_android(bundle: Path, apk: Path, phone: FakePhone, tmp_path: Path) -> None:
    told: list[str] = []
    run = AppRun("standard", ("tflite-fp32:cpu:float32:4", "tflite-fp32:gpu:float16"))
    written = bench_on_android(bundle, apk, run, serial="P9", pace=FAST, progress=told.append)
    assert written == Path(f"report-{run.run_id[:8]}.json")
    assert json.loads(written.read_bytes())["run_id"] == run.run_id
    folder = f"/data/local/tmp/efficientmod_app/{run.run_id}"
    assert phone.asked == {
        "run": run.run_id,
        "bundle": f"{folder}/bundle.embundle",
        "plan": "standard",
        "configs": "tflite-fp32:cpu:float32:4,tflite-fp32:gpu:float16",
    }
    calls = phone.calls
    assert {tuple(call[:2]) for call in calls} == {("-s", "P9")}
    assert calls[1][2:] == ["install", "-r", "-t", str(apk)]
    assert calls[-1][3].startswith(f"rm -rf {folder} /sdcard/Android/data/io.github.efficientmod.demo/files/runs/")
    assert phone.left == []
    assert told[:3] == ["installing the app", "copying the bundle", "starting the app"]
    assert told[3:] == [
        "0% import",
        "20% replay",
        "40% tflite-fp32:cpu:float32:4: open",
        "60% tflite-fp32:cpu:float32:4: burst",
        "80% memory",
        "100% report",
    ]


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("unauthorized", "no_phone", "confirmation dialog"),
        ("offline", "no_phone", "device offline"),
        ("INSTALL_FAILED_INSUFFICIENT_STORAGE", "app_not_installed", "free some storage"),
        ("INSTALL_FAILED_UPDATE_INCOMPATIBLE", "app_not_installed", "adb uninstall io.github.efficientmod.demo"),
        ("INSTALL_FAILED_SOMETHING_NEW", "app_not_installed", "INSTALL_FAILED_SOMETHING_NEW"),
        ("no_space", "push_failed", "free some storage"),
        ("no_activity", "app_not_started", "does not exist"),
        ("permission_denied", "app_not_started", "Permission Denial"),
        ("storage_full", "app_run_failed", "storage_full"),
        ("killed", "app_stopped", "not running any more"),
        ("silent", "app_stopped", "nothing new for 0 s"),
        ("old_report", "report_of_other_run", "0f8fad5b"),
    ],
)
def test_what_goes_wrong_on_android(
    fault: str, code: str, says: str, bundle: Path, apk: Path, phone: FakePhone
) -> None:
    phone.set(fault)
    with refused(InputError, code, says):
        on_android(bundle, apk)
    assert phone.left == []
    assert list(Path().glob("report-*")) == []
    if code.startswith("app_") and code != "app_not_installed":
        assert ["shell", "am force-stop io.github.efficientmod.demo"] in phone.calls


@pytest.mark.parametrize(("serials", "says"), [([], "no devices/emulators found"), (["P9", "P6"], "more than one")])
def test_no_phone_or_several(serials: list[str], says: str, bundle: Path, apk: Path, phone: FakePhone) -> None:
    phone.set(serials=serials)
    with refused(InputError, "no_phone", says):
        on_android(bundle, apk)
    assert len(phone.calls) == 1


def test_one_of_several_phones_is_named(bundle: Path, apk: Path, phone: FakePhone) -> None:
    phone.set(serials=["P9", "P6"])
    assert on_android(bundle, apk, serial="P6").exists()
    with refused(InputError, "no_phone", "'P7' not found"):
        on_android(bundle, apk, serial="P7")


def test_a_loose_cable_does_not_end_the_run(bundle: Path, apk: Path, phone: FakePhone) -> None:
    phone.set("cable")
    assert on_android(bundle, apk).exists()


def test_an_app_that_writes_into_its_private_folder(bundle: Path, apk: Path, phone: FakePhone) -> None:
    phone.set("private")
    assert on_android(bundle, apk).exists()


def test_a_report_about_another_bundle(bundle: Path, apk: Path, phone: FakePhone) -> None:
    phone.leave(lambda document: document["bundle"].update(manifest_sha256="0" * 64))
    with refused(InputError, "report_of_other_run"):
        on_android(bundle, apk)


def test_what_is_checked_before_the_phone_is_touched(bundle: Path, apk: Path, phone: FakePhone) -> None:
    with refused(InputError, "missing_app"):
        on_android(bundle, apk.with_name("absent.apk"))
    with refused(InputError, "unknown_plan", "quick, standard, sustained"):
        AppRun("forever")
    (bundle / "labels.txt").write_text("other\n" * 7)
    with pytest.raises(RefusedBundleError):
        on_android(bundle, apk)
    assert [call[0] for call in phone.calls] == ["get-state"]


def test_a_report_that_cannot_be_written(bundle: Path, apk: Path, phone: FakePhone, tmp_path: Path) -> None:
    with refused(InputError, "unwritable_report", "--report"):
        on_android(bundle, apk, output=tmp_path / "absent" / "r.json")


def test_without_adb(bundle: Path, apk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with refused(DependencyError, "missing_adb"):
        on_android(bundle, apk)


def quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_app_android", "_app_ios"):
        monkeypatch.setattr(f"efficientmod_export.bench.{name}.Pace", lambda: FAST)


def test_the_verb_checks_and_shows_the_report(
    efficientmod: Command, bundle: Path, apk: Path, phone: FakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_pace(monkeypatch)
    done = efficientmod("bench", bundle, "--app", apk, "--plan", "quick", "--report", "r.json")
    assert done.exit_code == 0, done.output
    assert "Google Pixel 9 (Tensor G4), Android 16: tiny" in done.stdout
    assert "Report: r.json" in done.stdout
    phone.leave(lambda document: document["configs"][0]["latency"].update(p50_ms=1.0))
    done = efficientmod("bench", bundle, "--app", apk, "--report", "wrong.json", "--json")
    assert done.exit_code == 1
    assert "configs.0.latency.p50_ms: it states 1, and the raw numbers give 4.27" in re.sub(r"\s+", " ", done.stderr)
    document = json.loads(done.stdout)
    assert (document["report"], document["exit_code"], document["reports"]) == ("wrong.json", 1, [])


@pytest.mark.parametrize(
    "options", [("--app", "demo.apk", "--plot", "x.png"), ("--ios-device", "auto", "--adb", "demo.apk")]
)
def test_options_that_do_not_go_together(
    options: tuple[str, ...], efficientmod: Command, bundle: Path, apk: Path
) -> None:
    done = efficientmod("bench", bundle, *options, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["code"] == "conflicting_options"


def on_ios(bundle: Path, **options: Any) -> Path:
    return bench_on_ios(bundle, AppRun("quick", ("coreml-fp16:all:float16",)), pace=FAST, **options)


def test_a_run_on_ios(bundle: Path, phone: FakePhone, tmp_path: Path) -> None:
    told: list[str] = []
    written = on_ios(bundle, app=tmp_path / "Demo.app", output=tmp_path / "r.json", progress=told.append)
    run = json.loads(written.read_bytes())["run_id"]
    assert phone.asked == {
        "run": run,
        "bundle": f"Documents/{run}.embundle",
        "plan": "quick",
        "configs": "coreml-fp16:all:float16",
    }
    assert [call[1:4] for call in phone.calls] == [
        ["list", "devices", "--json-output"],
        ["device", "install", "app"],
        ["device", "copy", "to"],
        ["device", "process", "launch"],
        ["device", "copy", "from"],
    ]
    assert told[-1] == "100% report"


@pytest.mark.parametrize("name", ["auto", "A-1", "00008140-1", "Anna's iPhone"])
def test_the_iphone_is_found(name: str, bundle: Path, phone: FakePhone) -> None:
    away = {**IPHONE, "identifier": "A-2", "connectionProperties": {"tunnelState": "unavailable"}}
    simulated = {**IPHONE, "identifier": "A-3", "hardwareProperties": {"platform": "iOS", "reality": "simulated"}}
    phone.set(devices=[away, simulated, IPHONE])
    on_ios(bundle, device=name)
    assert phone.calls[1][5] == "A-1"


def test_no_iphone_or_several(bundle: Path, phone: FakePhone) -> None:
    other = {**IPHONE, "identifier": "B-1", "deviceProperties": {"name": "Ben's"}}
    phone.set(devices=[IPHONE, other])
    with refused(InputError, "no_iphone", "2 iPhones for auto", "B-1 (Ben's)"):
        on_ios(bundle)
    phone.set(devices=[])
    with refused(InputError, "no_iphone", "no iPhones", "connected: none"):
        on_ios(bundle)


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("not_installed", "devicectl_failed", "The operation couldn't be completed"),
        ("locked", "app_stopped", "the device was not unlocked"),
        ("killed", "app_stopped", "signal 9"),
        ("storage_full", "app_run_failed", "storage_full"),
        ("old_report", "report_of_other_run", "0f8fad5b"),
    ],
)
def test_what_goes_wrong_on_ios(fault: str, code: str, says: str, bundle: Path, phone: FakePhone) -> None:
    phone.set(fault)
    with refused(InputError, code, says):
        on_ios(bundle)
    assert list(Path().glob("report-*")) == []


def test_without_a_mac(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with refused(DependencyError, "missing_xcrun", "Linux", "efficientmod report"):
        on_ios(bundle)


def test_a_status_in_words() -> None:
    status = RunStatus(
        format_version="1.0",
        run_id="0f8fad5b-d9cb-469f-a165-70867728950e",
        state="running",
        step="paced",
        config="tflite-fp32:gpu:float16",
        fraction=0.625,
        at_s=1.0,
        text="paced",
        code=None,
    )
    assert describe(status) == "62% tflite-fp32:gpu:float16: paced"
