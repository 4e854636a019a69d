"""`plans.json`, `reports/` and `reports.json`: reports about `bundle/`, with made-up timings."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate import example, report_edits, statistics
from tests.vectors.generate.files import array, write_cases
from tests.vectors.generate.metrics import TOLERANCE, case

NAME = "reports"
NAMES = ("name", "rounds", "cold_opens", "warmup_calls", "warmup_s", "warmup_limit_s", "burst_calls", "burst_s",
         "paced_calls", "paced_interval_ms", "sustained_s", "cooldown_limit_s", "battery_rise_c")  # fmt: skip
PLANS = (
    ("quick", 1, 3, 10, 1, 10, 100, 3, 50, 100, 0, 60, 1),
    ("standard", 2, 3, 10, 1, 10, 1024, 10, 100, 100, 0, 300, 1),
    ("sustained", 1, 3, 10, 1, 10, 1024, 10, 100, 100, 600, 300, 1),
)
SHORT = ("short", 2, 3, 10, 0, 10, 300, 1, 20, 100, 0, 60, 1)
LONG = ("long", 1, 1, 10, 0, 10, 100, 1, 0, 100, 150, 60, 1)
Document = dict[str, Any]


def write(folder: Path) -> None:
    """Write the family's files."""
    write_cases(folder / "plans.json", [_plan(plan) for plan in PLANS])
    root = folder / NAME
    if root.exists():
        shutil.rmtree(root)
    root.mkdir()
    manifest = (folder / example.NAME / "manifest.json").read_bytes()
    digests = {entry["file"]: entry["sha256"] for entry in json.loads(manifest)["artifacts"]}
    reports = _reports(hashlib.sha256(manifest).hexdigest(), digests)
    for name, report in reports.items():
        (root / f"{name}.json").write_text(json.dumps(report) + "\n", encoding="utf-8")
    write_cases(folder / "reports.json", list(report_edits.cases(reports)))


def _plan(values: tuple[Any, ...]) -> Document:
    return dict(zip(NAMES, values, strict=True))


def _reports(manifest: str, digests: dict[str, str]) -> dict[str, Document]:
    """Android: measured, void and failed. iOS: sustained and refused. Desktop: a software GPU, a proof alone."""
    tflite = ("model.tflite", digests["model.tflite"], "tflite", "fp32", "LiteRT", "2.3.2")
    coreml = ("model_fp16.mlpackage", digests["model_fp16.mlpackage"], "coreml", "fp16", "Core ML", "18.2")
    android = _document("android", manifest, SHORT, _conditions(60, "none"))
    slower = [phase for number in (1, 2) for phase in _round(number, 16.0 + 14 * number, 7_000_000)]
    wrong = [[-output for output in example.outputs(name)] for name in example.PICTURES]
    android["configs"] = [
        _measured(_config(tflite, "cpu", "float32", 4, backends=["XNNPACK"]), _both_rounds(4_000_000), waits=2),
        _void(
            _measured(_config(tflite, "cpu", "float32", 1, backends=["XNNPACK"]), slower, waits=2, again=None),
            "aborted",
            "the user ended the run",
        ),
        _failed(_config(tflite, "gpu", "float16", None, processor="Adreno 740", backends=["OpenCL"]), wrong),
    ]
    android["configs"][1]["phases"] = slower[:2]
    android["configs"][1]["latency"] = statistics.percentiles(slower[1]["run_ns"])
    ios = _document("ios", manifest, LONG, _conditions(165, "nominal", heat={60: "fair", 120: "serious"}))
    ios["configs"] = [
        _measured(
            _config(coreml, "all", "float16", None, placement={"cpu": 2, "gpu": 0, "neural_engine": 41}),
            [_phase("burst", 1, 2.0, 110, 9_500_000), _sustained(4.0)],
            waits=1,
            footprint=True,
        ),
        _refused(_config(tflite, "cpu", "float32", 2), "no_such_runtime", "this app has no LiteRT"),
    ]
    ios["camera"] = _camera()
    desktop = _document("desktop", manifest, SHORT, _conditions(40, None))
    software = _config(tflite, "gpu", "float16", None, processor="llvmpipe (LLVM 19.1.7, 256 bits)", software=True)
    desktop["configs"] = [
        _proven(_config(tflite, "cpu", "float32", 1, backends=["XNNPACK"])),
        _void(_measured(software, _both_rounds(21_000_000), waits=2), "software_unit", "the CPU imitates the GPU"),
    ]
    return {"android": android, "ios": ios, "desktop": desktop}


def _document(platform: str, manifest: str, plan: tuple[Any, ...], conditions: list[Document]) -> Document:
    return {
        "format_version": "1.0",
        "run_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "started_at": "2026-11-27T09:30:05Z",
        "app": {"name": "io.github.efficientmod.demo", "version": "1.0", "build": "release", "platform": platform},
        "plan": _plan(plan),
        "bundle": {
            "manifest_sha256": manifest,
            "model": "tiny",
            "weights": example.WEIGHTS,
            "resolution": [16, 24],
            "generator": {"name": "efficientmod-mobile", "version": "0.1.0"},
        },
        "device": _device(platform),
        "conditions": conditions,
        "configs": [],
        "camera": None,
    }


def _device(platform: str) -> Document:
    names: dict[str, tuple[Any, ...]] = {
        "android": ("Google", "Pixel 9", "Tensor G4", "Android", "16", "BP2A.250805.005", "arm64-v8a", 8, 16384),
        "ios": ("Apple", "iPhone17,1", "A18 Pro", "iOS", "18.2", "22C152", "arm64e", 6, 16384),
        "desktop": ("unknown", "a computer", None, "Linux", "6.12", None, "x86_64", 2, 4096),
    }
    manufacturer, model, soc, system, version, build, abi, cores, page = names[platform]
    return {
        "manufacturer": manufacturer,
        "model": model,
        "soc": soc,
        "emulator": False,
        "os": system,
        "os_version": version,
        "os_build": build,
        "abi": abi,
        "cores": cores,
        "cpu_max_khz": [1_950_000] * 4 + [2_600_000] * 3 + [3_105_000] if platform == "android" else None,
        "ram_bytes": 12 * 2**30,
        "page_size_bytes": page,
    }


def _conditions(seconds: int, thermal: str | None, heat: dict[int, str] | None = None) -> list[Document]:
    """One a second; `heat` maps a time to the state from then on."""
    found = []
    for second in range(seconds + 1):
        thermal = (heat or {}).get(second, thermal)
        found.append(
            {
                "at_s": second + 0.25,
                "thermal": thermal,
                "headroom": 0.5 + second / 1000 if thermal == "none" else None,
                "battery_c": None if thermal is None else 27.5 + second // 30 / 2,
                "charging": None if thermal is None else False,
                "power_saver": None if thermal is None else False,
                "brightness": None if thermal is None else 0.5,
                "foreground": True,
            }
        )
    return found


def _config(
    artifact: tuple[str, ...],
    unit: str,
    compute_precision: str,
    threads: int | None,
    *,
    backends: list[str] | None = None,
    processor: str | None = None,
    software: bool = False,
    placement: dict[str, int] | None = None,
) -> Document:
    keys = ("artifact", "artifact_sha256", "target", "precision", "runtime", "runtime_version")
    return {
        **dict(zip(keys, artifact, strict=True)),
        "unit": unit,
        "compute_precision": compute_precision,
        "threads": threads,
        "options": {"compute_units": "all"} if unit == "all" else {},
        "processor": processor,
        "software": software,
        "backends": backends or [],
        "outside": [] if backends else None,
        "placement": placement,
        "state": "measured",
        "reason": None,
        "replay": None,
        "load": None,
        "waits": [],
        "phases": [],
        "latency": None,
        "memory": None,
    }


def replay(results: list[list[np.ndarray]], again: str | None) -> Document:
    """The record of a replay that gave `results` for the samples."""
    references = [example.outputs(name) for name in example.PICTURES]
    found = case("", references, results, TOLERANCE)
    named = list(zip(example.PICTURES, found["samples"], results, strict=True))
    return {
        "preprocessing": [{"sample": name, "input": "image", "differing": 0} for name in example.PICTURES],
        "verdict": {
            "outcome": found["outcome"],
            "limits": TOLERANCE,
            "samples": [{"sample": name, **sample} for name, sample, _ in named],
            "worst": found["worst"],
            "violations": found["violations"],
        },
        "repeatable": True,
        "outputs": [{"sample": name, "outputs": list(map(array, values))} for name, _, values in named],
        "again": again,
    }


def _near() -> list[list[np.ndarray]]:
    """What a phone's arithmetic gives: the reference, and rounding."""
    draw = np.random.RandomState(7)
    return [
        [output + (1e-5 * draw.standard_normal(output.shape)).astype(np.float32) for output in example.outputs(name)]
        for name in example.PICTURES
    ]


def _phase(kind: str, number: int, started_s: float, count: int, ns: int) -> Document:
    draw = np.random.RandomState(count + number)
    run_ns = [int(value) for value in ns * (1 + draw.exponential(0.1, count))]
    input_ns, output_ns = [int(value) for value in draw.randint(20_000, 60_000, count)], [9_000] * count
    start_ns, now = [], 0
    for index in range(count):
        start_ns.append(100_000_000 * index + int(draw.randint(0, 90_000)) if kind == "paced" else now)
        now += run_ns[index] + input_ns[index] + output_ns[index] + 2_000
    return {
        "kind": kind,
        "round": number,
        "interval_ms": 100 if kind == "paced" else None,
        "started_s": started_s,
        "start_ns": start_ns,
        "input_ns": input_ns,
        "run_ns": run_ns,
        "output_ns": output_ns,
        "statistics": statistics.statistics(start_ns, run_ns),
    }


def _sustained(started_s: float) -> Document:
    """Ten runs in twelve seconds, slower while it gets hot."""
    run_ns = [1_000_000_000 + 2_500_000 * index for index in range(140)]
    start_ns = [1_200_000_000 * index for index in range(140)]
    return {
        "kind": "sustained",
        "round": 1,
        "interval_ms": None,
        "started_s": started_s,
        "start_ns": start_ns,
        "input_ns": [50_000] * 140,
        "run_ns": run_ns,
        "output_ns": None,
        "statistics": statistics.statistics(start_ns, run_ns),
    }


def _round(number: int, started_s: float, ns: int) -> list[Document]:
    bursts = 1 + 300 * ns // 3_000_000_000  # seconds, generously
    return [
        _phase("warmup", number, started_s, 20, ns),
        _phase("burst", number, started_s + 1, 300, ns),
        _phase("paced", number, started_s + 2 + 4 * bursts, 20, ns),
    ]


def _both_rounds(ns: int) -> list[Document]:
    return [*_round(1, 2.0, ns), *_round(2, 20.0, ns)]


def _measured(
    config: Document, phases: list[Document], *, waits: int, again: str | None = "passed", footprint: bool = False
) -> Document:
    runs = [run for phase in phases if phase["kind"] == "burst" for run in phase["run_ns"]]
    memory = {"before_bytes": 61_000_000, "opened_bytes": 83_500_000, "peak_bytes": 91_200_000}
    parts = (
        {"anon_bytes": None, "file_bytes": None} if footprint else {"anon_bytes": 52_000_000, "file_bytes": 39_200_000}
    )
    return {
        **config,
        "replay": replay(_near(), again),
        "load": {
            "open_ns": [41_000_000, 38_500_000, 39_100_000],
            "first_call_ns": [9_800_000, 9_100_000, 9_350_000],
            "compile_ns": 812_000_000 if footprint else None,
            "first_ever": False if footprint else None,
        },
        "waits": [{"started_s": 1.0 + 18 * number, "waited_s": 0.0, "cooled": True} for number in range(waits)],
        "phases": phases,
        "latency": statistics.percentiles(runs),
        "memory": {"kind": "phys_footprint" if footprint else "rss", **memory, **parts},
    }


def _proven(config: Document) -> Document:
    return {**config, "state": "proven", "replay": replay(_near(), None)}


def _void(config: Document, code: str, text: str) -> Document:
    return {**config, "state": "void", "reason": {"code": code, "text": text}}


def _failed(config: Document, results: list[list[np.ndarray]]) -> Document:
    reason = {"code": "wrong_result", "text": "max_relative_error 1.0e+00 is over 1.0e-02 on tall"}
    return {**config, "state": "failed", "reason": reason, "replay": replay(results, None)}


def _refused(config: Document, code: str, text: str) -> Document:
    return {**config, "state": "refused", "reason": {"code": code, "text": text}}


def _camera() -> Document:
    end_to_end = [int(value) for value in 24_000_000 * (1 + np.random.RandomState(9).exponential(0.2, 100))]
    preprocess = [value // 3 for value in end_to_end]
    return {
        "config": 0,
        "seconds": 10.0,
        "frames": 240,
        "dropped": 61,
        "preprocess_ns": preprocess,
        "end_to_end_ns": end_to_end,
        "preprocess": _spread(preprocess),
        "end_to_end": _spread(end_to_end),
    }


def _spread(values: list[int]) -> Document:
    found = statistics.percentiles(values)
    return {"p50_ms": found["p50_ms"], "p90_ms": found["p90_ms"]}
