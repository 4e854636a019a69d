"""Measuring on a phone, with a script in place of adb and of the phone."""

import json
import os
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

from efficientmod_export import export
from efficientmod_export.bench import bench_on_phone, show_phone
from efficientmod_export.bench._adb import FOLDER
from efficientmod_export.targets import PhoneTimes, all_targets
from efficientmod_mobile.errors import DependencyError, InputError

from ...raising import refused
from ..conftest import TINY, Command

PHONE_TOOLS = {tool.name: tool for target in all_targets() for tool in target.phone_tools}

RUNNER = """I 00:00:00.001 executorch:executor_runner.cpp:400] Resetting threadpool with num threads = 2
I 00:00:00.050 executorch:executor_runner.cpp:590] Iteration 1 of 5: 90.000000 ms
I 00:00:00.060 executorch:executor_runner.cpp:590] Iteration 2 of 5: 80.000000 ms
I 00:00:00.070 executorch:executor_runner.cpp:590] Iteration 3 of 5: 20.500000 ms
I 00:00:00.080 executorch:executor_runner.cpp:590] Iteration 4 of 5: 22.500000 ms
I 00:00:00.090 executorch:executor_runner.cpp:590] Iteration 5 of 5: 21.500000 ms
I 00:00:00.100 executorch:executor_runner.cpp:600] Model executed successfully 5 time(s) in 234.500000 ms.
"""
OLD_RUNNER = (
    "I 00:00:00.1 executorch:executor_runner.cpp:298] Model executed successfully 5 time(s) in 110.000000 ms.\n"
)
BENCHMARK = """INFO: Running benchmark for at least 2 iterations and at least 0 seconds.
INFO: count=2 first=19105 curr=13909 min=13585 max=19105 avg=14452.5 std=1240
INFO: count=3 first=14941 curr=14066 min=13728 max=16145 avg=14290.5 std=452
INFO: Inference timings in us: Init: 52687, First inference: 19105, Warmup (avg): 14452.5, Inference (avg): 14290.5
"""
NEW_BENCHMARK = "INFO: count=3 first=149 curr=140 min=137 max=161 avg=1.5e+02 std=4 p5=138 median=142 p95=160\n"

ADB = """#!{python}
import json, os, sys
arguments = sys.argv[1:]
state = json.load(open({state!r}))
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if arguments[0] == "get-state":
    if state["devices"] != 1:
        sys.exit("error: " + ("no devices/emulators found" if not state["devices"] else "more than one device"))
    print("device")
elif arguments[0] == "logcat":
    print(state["log"])
elif arguments[0] == "shell" and "getprop ro.product.model" in arguments[1]:
    print("Phone 9")
elif arguments[0] == "shell" and "getprop" in arguments[1]:
    print("16")
elif arguments[0] == "shell" and "/tool -" in arguments[1]:
    print("process 4711")
    print(state["output"])
    sys.exit(state["code"])
"""


class FakePhone:
    """An `adb` on the PATH; `state` sets its answers, `calls` are the arguments of its calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        script = folder / "adb"
        script.write_text(
            ADB.format(python=sys.executable, state=str(folder / "state.json"), calls=str(folder / "calls"))
        )
        script.chmod(0o755)
        self.set()

    def set(self, output: str = "", *, log: str = "", code: int = 0, devices: int = 1) -> None:
        state = {"output": output, "log": log, "code": code, "devices": devices}
        (self.folder / "state.json").write_text(json.dumps(state))

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePhone:
    folder = tmp_path / "adb"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return FakePhone(folder)


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / f"android_{name}_arm64" for name in PHONE_TOOLS}
    for path in paths.values():
        path.write_bytes(b"\x7fELF")
    return paths


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phone")
    (folder / "tiny_network.py").write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        export("tiny_network:build", targets="tflite", output=folder / "out").raise_for_failure()
    return folder / "out"


def test_the_runners_calls_after_the_warm_up() -> None:
    times = PHONE_TOOLS["executor_runner"].read(RUNNER, 2)
    assert times is not None
    assert astuple(times) == pytest.approx((21.5, 20.5, 21.5, 22.3))


def test_an_older_runner_reports_only_the_mean() -> None:
    assert PHONE_TOOLS["executor_runner"].read(OLD_RUNNER, 2) == PhoneTimes(mean_ms=22.0)


def test_the_benchmarks_last_count_is_the_measured_one() -> None:
    times = PHONE_TOOLS["benchmark_model"].read(BENCHMARK, 2)
    assert times == PhoneTimes(mean_ms=14.2905, min_ms=13.728)


def test_a_newer_benchmark_reports_the_median() -> None:
    times = PHONE_TOOLS["benchmark_model"].read(BENCHMARK + NEW_BENCHMARK, 2)
    assert times == PhoneTimes(mean_ms=0.15, min_ms=0.137, median_ms=0.142)


@pytest.mark.parametrize("tool", PHONE_TOOLS)
def test_no_times_in_other_output(tool: str) -> None:
    assert PHONE_TOOLS[tool].read("Segmentation fault\n", 2) is None


def test_a_phone_is_measured_and_left_clean(
    bundle: Path, phone: FakePhone, tools: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    phone.set(BENCHMARK)
    result = bench_on_phone(bundle, tools["benchmark_model"], threads=2, runs=3, warmup=2)
    assert (result.target, result.phone) == ("tflite", "Phone 9, Android 16")
    assert result.as_json()["times"] == {
        "mean_ms": pytest.approx(14.2905),
        "min_ms": pytest.approx(13.728),
        "median_ms": None,
        "p90_ms": None,
    }
    verbs = [call[0] for call in phone.calls]
    assert verbs == ["get-state", "shell", "push", "push", "shell", "shell", "shell", "shell", "shell"]
    assert phone.calls[3] == ["push", str(bundle / "model.tflite"), f"{FOLDER}/model.tflite"]
    command = phone.calls[5][1]
    assert command.startswith(f"{FOLDER}/tool --graph={FOLDER}/model.tflite --num_threads=2 --use_xnnpack=true")
    assert "--num_runs=3" in command
    assert phone.calls[6] == ["shell", f"rm -rf {FOLDER}"]
    show_phone(result)
    shown = capsys.readouterr().out
    assert "build on Phone 9, Android 16" in shown
    assert "14.3" in shown


def test_times_that_are_only_in_the_phones_log(bundle: Path, phone: FakePhone, tools: dict[str, Path]) -> None:
    phone.set("nothing here", log=BENCHMARK)
    assert bench_on_phone(bundle, tools["benchmark_model"]).times.mean_ms == pytest.approx(14.2905)
    assert ["logcat", "-d", "--pid=4711", "-s", "tflite"] in phone.calls


def test_a_failing_tool_is_reported_and_the_phone_cleaned_up(
    bundle: Path, phone: FakePhone, tools: dict[str, Path]
) -> None:
    phone.set("CANNOT LINK EXECUTABLE", code=1)
    with refused(InputError, "adb_failed", "CANNOT LINK EXECUTABLE"):
        bench_on_phone(bundle, tools["benchmark_model"])
    assert phone.calls[-1] == ["shell", f"rm -rf {FOLDER}"]


def test_a_tool_that_prints_no_times(bundle: Path, phone: FakePhone, tools: dict[str, Path]) -> None:
    phone.set("quite silent")
    with refused(InputError, "no_timings", "quite silent"):
        bench_on_phone(bundle, tools["benchmark_model"])


@pytest.mark.parametrize(("devices", "says"), [(0, "no devices/emulators found"), (2, "more than one device")])
def test_no_phone_or_several(devices: int, says: str, bundle: Path, phone: FakePhone, tools: dict[str, Path]) -> None:
    phone.set(devices=devices)
    with refused(InputError, "no_phone", says):
        bench_on_phone(bundle, tools["benchmark_model"])
    assert [call[0] for call in phone.calls] == ["get-state"]


def test_without_adb(bundle: Path, tools: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with refused(DependencyError, "missing_adb"):
        bench_on_phone(bundle, tools["benchmark_model"])


def test_a_bundle_without_the_tools_artifact(bundle: Path, tools: dict[str, Path]) -> None:
    with refused(InputError, "no_artifact_for_tool", "executor_runner", "executorch and executorch-vulkan"):
        bench_on_phone(bundle, tools["executor_runner"])


def test_a_binary_that_is_not_there_or_not_known(bundle: Path, tmp_path: Path) -> None:
    with refused(InputError, "missing_tool", "executor_runner"):
        bench_on_phone(bundle, tmp_path / "executor_runner")
    (tmp_path / "other").write_bytes(b"")
    with refused(InputError, "unknown_tool", "executor_runner or benchmark_model"):
        bench_on_phone(bundle, tmp_path / "other")


def test_settings_that_measure_nothing(bundle: Path, tools: dict[str, Path]) -> None:
    with refused(InputError, "option_out_of_range"):
        bench_on_phone(bundle, tools["benchmark_model"], threads=0)


def test_no_threads_on_the_command_line(efficientmod: Command, bundle: Path, tools: dict[str, Path]) -> None:
    result = efficientmod("bench", bundle, "--adb", tools["benchmark_model"], "--threads", 0, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "option_out_of_range"
    assert "0 threads" in result.stderr
