"""`fake_run.json`: a run of the plan of docs/phone_report.md on a made-up phone, and the report that it must leave.

The phone's clock goes on only where a session works or somebody sleeps, so that every time in the report is known.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate import example, reports, statistics
from tests.vectors.generate.files import write_cases

SECOND = 10**9
Document = dict[str, Any]

PHONE: Document = {
    "open_ns": 30_000_000,
    "write_ns": 100_000,
    "read_ns": 20_000,
    "run_ns": [4_000_000, 4_010_000, 3_990_000, 4_300_000, 4_000_000, 5_200_000, 4_020_000],
    "scale": 1.0001,
    "memory": {"before": 102_400_000, "session": 20_480_000, "anon": 51_200_000, "file": 9_216_000},
    "thermal": [[0, "none"], [1.5, "light"], [4.5, "none"], [10.8, "severe"], [11.2, "none"]],
    "battery_c": [[0, 27.5], [5, 29.0], [7, 28.0]],
    "charging": False,
    "power_saver": False,
    "brightness": 0.2,
}
"""What a session costs: each call takes the next of `run_ns`, counted over all sessions. Outputs are the reference
times `scale` in float32. A state holds from its second on."""

PLAN: Document = {
    "name": "custom",
    "rounds": 2,
    "cold_opens": 2,
    "warmup_calls": 10,
    "warmup_s": 0.25,
    "warmup_limit_s": 2.0,
    "burst_calls": 60,
    "burst_s": 0.5,
    "paced_calls": 5,
    "paced_interval_ms": 100.0,
    "sustained_s": 1.0,
    "cooldown_limit_s": 3.0,
    "battery_rise_c": 1.0,
}
APP = {"name": "io.github.efficientmod.demo", "version": "1.0", "build": "release", "platform": "android"}
DEVICE = {
    "manufacturer": "Google",
    "model": "Pixel 9",
    "soc": "Tensor G4",
    "emulator": False,
    "os": "Android",
    "os_version": "16",
    "os_build": "BP2A.250805.005",
    "abi": "arm64-v8a",
    "cores": 8,
    "cpu_max_khz": [2_600_000] * 8,
    "ram_bytes": 12 * 2**30,
    "page_size_bytes": 16384,
}
CONFIGS = (("cpu", "float32", 1), ("gpu", "float16", None))
RUN_ID, STARTED_AT = "0f8fad5b-d9cb-469f-a165-70867728950e", "2026-11-27T09:30:05Z"


def write(folder: Path) -> None:
    """Write the family's file. After the bundle."""
    manifest = hashlib.sha256((folder / example.NAME / "manifest.json").read_bytes()).hexdigest()
    artifact = hashlib.sha256((folder / example.NAME / "model.tflite").read_bytes()).hexdigest()
    report = _Run(artifact).report(manifest)
    given = {"name": "two_configurations", "run_id": RUN_ID, "started_at": STARTED_AT, "plan": PLAN, "phone": PHONE}
    device = {"app": APP, "device": DEVICE}
    runtime = {"name": "LiteRT", "version": "2.3.2", "target": "tflite", "backends": ["fake"]}
    configs = [":".join(["tflite-fp32", *(str(part) for part in parts if part)]) for parts in CONFIGS]
    expected = {"runtime": runtime, "configs": configs, "report": report}
    write_cases(folder / "fake_run.json", [{**given, **device, **expected}])


def _at(states: list[list[Any]], seconds: float) -> Any:
    return [state for since, state in states if since <= seconds][-1]


class _Run:
    """The steps in the order of the page, on a clock in ns."""

    def __init__(self, artifact: str) -> None:
        self.now = 0
        self.next_look = 0
        self.calls = 0
        self.conditions: list[Document] = []
        self.configs = [self._config(artifact, *parts) for parts in CONFIGS]

    def report(self, manifest: str) -> Document:
        self._look()
        for config in self.configs:
            self.now += PHONE["open_ns"]
            self._calls(4)  # two samples, forwards and backwards
            config["replay"] = _replay()
        for config in self.configs:
            config["load"] = self._load()
        for number in (1, 2):
            for config in self.configs if number == 1 else self.configs[::-1]:
                self._turn(config, number)
        for config in self.configs:
            config["memory"] = self._memory()
            self._judge(config)
        return {
            "format_version": "1.0",
            "run_id": RUN_ID,
            "started_at": STARTED_AT,
            "app": APP,
            "plan": PLAN,
            "bundle": {
                "manifest_sha256": manifest,
                "model": "tiny",
                "weights": example.WEIGHTS,
                "resolution": [16, 24],
                "generator": {"name": "efficientmod-mobile", "version": "0.1.0"},
            },
            "device": DEVICE,
            "conditions": self.conditions,
            "configs": self.configs,
            "camera": None,
        }

    def _config(self, artifact: str, unit: str, compute_precision: str, threads: int | None) -> Document:
        return {
            "artifact": "model.tflite",
            "artifact_sha256": artifact,
            "target": "tflite",
            "precision": "fp32",
            "runtime": "LiteRT",
            "runtime_version": "2.3.2",
            "unit": unit,
            "compute_precision": compute_precision,
            "threads": threads,
            "options": {},
            "processor": None,
            "software": False,
            "backends": ["fake"],
            "outside": None,
            "placement": None,
            "reason": None,
            "waits": [],
            "phases": [],
        }

    def _call(self) -> tuple[int, int]:
        """When it began, and how long it ran."""
        began = self.now
        run: int = PHONE["run_ns"][self.calls % len(PHONE["run_ns"])]
        self.calls += 1
        self.now += PHONE["write_ns"] + run + PHONE["read_ns"]
        return began, run

    def _calls(self, count: int) -> None:
        for _ in range(count):
            self._call()

    def _look(self) -> Document:
        seconds = self.now / SECOND
        self.next_look = self.now + SECOND
        condition = {
            "at_s": seconds,
            "thermal": _at(PHONE["thermal"], seconds),
            "headroom": None,
            "battery_c": _at(PHONE["battery_c"], seconds),
            "charging": False,
            "power_saver": False,
            "brightness": PHONE["brightness"],
            "foreground": True,
        }
        self.conditions.append(condition)
        return condition

    def _load(self) -> Document:
        calls = []
        for _ in range(PLAN["cold_opens"]):
            self.now += PHONE["open_ns"]
            calls.append(PHONE["write_ns"] + self._call()[1] + PHONE["read_ns"])
        opens = [PHONE["open_ns"]] * PLAN["cold_opens"]
        return {"open_ns": opens, "first_call_ns": calls, "compile_ns": None, "first_ever": None}

    def _cool(self) -> Document:
        began, limit = self.now, self.now + int(PLAN["cooldown_limit_s"] * SECOND)
        while True:
            found = self._look()
            warmer = found["battery_c"] - self.conditions[0]["battery_c"]
            cool = found["thermal"] == "none" and warmer <= PLAN["battery_rise_c"]
            if cool or self.now >= limit:
                waited = (self.now - began) / SECOND
                return {"started_s": began / SECOND, "waited_s": waited, "cooled": cool}
            self.now += min(SECOND, limit - self.now)

    def _turn(self, config: Document, number: int) -> None:
        config["waits"].append(self._cool())
        self.now += PHONE["open_ns"]
        for phase, hot in self._phases(config["unit"] != "cpu", number):
            config["phases"].append(phase)
            if hot:
                break
        self._calls(2)
        config["replay"]["again"] = "passed"

    def _phases(self, with_reading: bool, number: int) -> Iterator[tuple[Document, bool]]:
        def steady(seconds: float, runs: list[int]) -> bool:
            moved = statistics.statistics([0] * len(runs), runs)["steadiness"]
            least = len(runs) >= PLAN["warmup_calls"] and seconds >= PLAN["warmup_s"]
            still = len(runs) % 10 == 0 and moved is not None and moved <= 0.03
            return (least and still) or seconds >= PLAN["warmup_limit_s"]

        ends: dict[str, Callable[[float, list[int]], bool]] = {
            "warmup": steady,
            "burst": lambda seconds, runs: len(runs) >= PLAN["burst_calls"] and seconds >= PLAN["burst_s"],
            "paced": lambda _, runs: len(runs) >= PLAN["paced_calls"],
            "sustained": lambda seconds, _: seconds >= PLAN["sustained_s"],
        }
        for kind, ended in ends.items():
            yield self._phase(kind, ended, with_reading, number)

    def _phase(
        self, kind: str, ended: Callable[[float, list[int]], bool], with_reading: bool, number: int
    ) -> tuple[Document, bool]:
        """The turn of a configuration ends after a call before which the phone was too hot."""
        began, starts, runs, hot = self.now, [], [], False
        while not hot and (not runs or not ended((self.now - began) / SECOND, runs)):
            if kind == "paced":
                self.now = max(self.now, began + 100_000_000 * len(runs))
            if self.now >= self.next_look:
                hot = self._look()["thermal"] == "severe" and kind != "sustained"
            start, run = self._call()
            starts.append(start - began)
            runs.append(run + PHONE["read_ns"] if with_reading else run)
        phase = {
            "kind": kind,
            "round": number,
            "interval_ms": PLAN["paced_interval_ms"] if kind == "paced" else None,
            "started_s": began / SECOND,
            "start_ns": starts,
            "input_ns": [PHONE["write_ns"]] * len(runs),
            "run_ns": runs,
            "output_ns": None if with_reading else [PHONE["read_ns"]] * len(runs),
            "statistics": statistics.statistics(starts, runs),
        }
        return phase, hot

    def _memory(self) -> Document:
        self.now += PHONE["open_ns"]
        self._calls(10)
        memory = PHONE["memory"]
        opened = memory["before"] + memory["session"]
        return {
            "kind": "rss",
            "before_bytes": memory["before"],
            "opened_bytes": opened,
            "peak_bytes": opened,
            "anon_bytes": memory["anon"],
            "file_bytes": memory["file"],
        }

    def _judge(self, config: Document) -> None:
        bursts = [run for phase in config["phases"] if phase["kind"] == "burst" for run in phase["run_ns"]]
        config["latency"] = statistics.percentiles(bursts)
        hot = any(
            condition["thermal"] == "severe" and phase["kind"] != "sustained"
            for phase in config["phases"]
            for condition in self._during(phase)
        )
        config["state"] = "void" if hot else "measured"
        if hot:
            config["reason"] = {"code": "too_hot", "text": "the device became too hot"}

    def _during(self, phase: Document) -> list[Document]:
        last = phase["start_ns"][-1] + phase["input_ns"][-1] + phase["run_ns"][-1] + (phase["output_ns"] or [0])[-1]
        end = phase["started_s"] + last / SECOND
        before = [one for one in self.conditions if one["at_s"] <= phase["started_s"]]
        return before[-1:] + [one for one in self.conditions if phase["started_s"] < one["at_s"] <= end]


def _replay() -> Document:
    scale = np.float32(PHONE["scale"])
    return reports.replay([[output * scale for output in example.outputs(name)] for name in example.PICTURES], None)
