"""`reports.json`: edits that break the reports of `reports/`, each with what a reader must answer."""

import json
from collections.abc import Iterator
from typing import Any

from tests.vectors.generate.example import PICTURES, outputs
from tests.vectors.generate.files import array

Edits = dict[str, Any]
"""Path in the report -> new value, or REMOVED."""
REMOVED = object()
MALFORMED: dict[str, tuple[str, str, Edits]] = {
    "later_minor_version": ("", "android", {"format_version": "1.9", "configs.0.energy_mj": 12.5}),
    "unknown_words": ("", "android", {"configs.2.reason.code": "burned", "plan.name": "mine"}),
    "no_version": ("no_format_version", "android", {"format_version": REMOVED}),
    "major_2": ("unknown_major_version", "android", {"format_version": "2.0"}),
    "field_missing": ("missing_field", "android", {"configs.0.memory": REMOVED}),
    "text_for_a_number": ("wrong_value", "android", {"device.cores": "8"}),
    "fraction_of_a_nanosecond": ("wrong_value", "android", {"configs.0.load.open_ns.0": 41000000.5}),
    "unknown_state": ("wrong_value", "android", {"configs.0.state": "fast"}),
    "unknown_platform": ("wrong_value", "android", {"app.platform": "windows"}),
    "unknown_thermal_state": ("wrong_value", "android", {"conditions.3.thermal": "warm"}),
    "unknown_phase": ("wrong_value", "android", {"configs.0.phases.1.kind": "best"}),
    "local_time": ("wrong_value", "android", {"started_at": "2026-11-27T09:30:05+01:00"}),
    "negative_time": ("wrong_value", "android", {"configs.0.phases.1.run_ns.0": -1}),
    "no_configuration": ("wrong_value", "android", {"configs": []}),
    "no_condition": ("wrong_value", "android", {"conditions": []}),
    "void_without_a_reason": ("contradiction", "android", {"configs.1.reason": None}),
    "measured_with_a_reason": ("contradiction", "android", {"configs.1.state": "measured"}),
    "measured_without_a_replay": ("contradiction", "android", {"configs.0.replay": None}),
    "proven_with_phases": ("contradiction", "android", {"configs.0.state": "proven"}),
    "refused_with_a_replay": ("contradiction", "android", {"configs.2.state": "refused"}),
    "latency_without_a_burst": ("contradiction", "android", {"configs.0.phases": []}),
    "fewer_inputs_than_runs": ("contradiction", "android", {"configs.0.phases.1.input_ns.7": REMOVED}),
    "runs_out_of_order": ("contradiction", "android", {"configs.0.phases.1.start_ns.7": 0}),
    "paced_without_an_interval": ("contradiction", "android", {"configs.0.phases.2.interval_ms": None}),
    "conditions_out_of_order": ("contradiction", "android", {"conditions.5.at_s": 0.0}),
    "opens_without_first_calls": ("contradiction", "android", {"configs.0.load.first_call_ns.0": REMOVED}),
    "outputs_of_another_sample": ("contradiction", "android", {"configs.0.replay.outputs.0.sample": "flower"}),
    "raw_output_cut_short": ("contradiction", "android", {"configs.0.replay.outputs.0.outputs.0.base64": "AAAA"}),
    "passed_with_a_violation": ("contradiction", "android", {"configs.2.replay.verdict.outcome": "passed"}),
    "camera_of_no_configuration": ("contradiction", "ios", {"camera.config": 2}),
}
"""Code, report, edits."""
AT_THE_START = {
    "at_s": 0.25,
    "thermal": "none",
    "headroom": None,
    "battery_c": 27.5,
    "charging": False,
    "power_saver": False,
    "brightness": None,
    "foreground": True,
}
COMPUTED: dict[str, tuple[str, str, str, Edits]] = {
    "percentile": (
        "statistics_differ",
        "android",
        "configs.0.phases.1.statistics.p90_ms",
        {"configs.0.phases.1.statistics.p90_ms": 4.0},
    ),
    "p99_of_too_few_runs": (
        "statistics_differ",
        "android",
        "configs.0.phases.1.statistics.p99_ms",
        {"configs.0.phases.1.statistics.p99_ms": 6.5},
    ),
    "latency_of_the_best_round": (
        "statistics_differ",
        "android",
        "configs.0.latency.p50_ms",
        {"configs.0.latency.p50_ms": 3.9},
    ),
    "drift": (
        "statistics_differ",
        "ios",
        "configs.0.phases.1.statistics.drift",
        {"configs.0.phases.1.statistics.drift": 1.0},
    ),
    "camera_spread": ("statistics_differ", "ios", "camera.end_to_end.p50_ms", {"camera.end_to_end.p50_ms": 8.0}),
    "power_saver_during_a_burst": ("state_differs", "android", "configs.0.state", {"conditions.3.power_saver": True}),
    "hot_during_a_burst": ("state_differs", "android", "configs.0.state", {"conditions.3.thermal": "severe"}),
    "another_app_in_front": ("state_differs", "android", "configs.0.state", {"conditions.4.foreground": False}),
    "debug_build": ("state_differs", "android", "configs.0.state", {"app.build": "debug"}),
    "emulator": ("state_differs", "android", "configs.0.state", {"device.emulator": True}),
    "software_gpu": (
        "state_differs",
        "desktop",
        "configs.1.state",
        {"configs.1.state": "measured", "configs.1.reason": None},
    ),
    "wrong_after_the_timing": ("state_differs", "android", "configs.0.state", {"configs.0.replay.again": "failed"}),
    "not_replayed_after_the_timing": ("state_differs", "android", "configs.0.state", {"configs.0.replay.again": None}),
    "fewer_runs_than_the_plan": ("state_differs", "android", "configs.0.state", {"plan.burst_calls": 1024}),
    "fewer_rounds_than_the_plan": ("state_differs", "android", "configs.0.state", {"plan.rounds": 3}),
    "void_for_a_reason_that_was_not": (
        "state_differs",
        "android",
        "configs.1.state",
        {"configs.1.reason.code": "too_hot"},
    ),
    "pictures_that_differ": (
        "state_differs",
        "android",
        "configs.0.state",
        {"configs.0.replay.preprocessing.1.differing": 3},
    ),
    "failed_though_it_passed": (
        "state_differs",
        "desktop",
        "configs.0.state",
        {"configs.0.state": "failed", "configs.0.reason": {"code": "wrong_result", "text": "it looks wrong"}},
    ),
    "conditions_of_the_start_alone": (
        "conditions_missing",
        "ios",
        "configs.0.phases.1",
        {"conditions": [AT_THE_START]},
    ),
    "conditions_after_the_phase": (
        "conditions_missing",
        "android",
        "configs.0.phases.0",
        {"conditions": [{**AT_THE_START, "at_s": 60.0}]},
    ),
    "worst_of_the_best_sample": (
        "verdict_differs",
        "android",
        "configs.0.replay.verdict.worst.0.max_abs_error",
        {"configs.0.replay.verdict.worst.0.max_abs_error": 0.0},
    ),
    "verdict_of_other_outputs": (
        "verdict_differs",
        "android",
        "configs.0.replay.verdict.samples.0.outputs.0.max_abs_error",
        {"configs.0.replay.outputs.0.outputs.0": array(-outputs(next(iter(PICTURES)))[0])},
    ),
    "wider_limits": (
        "limits_differ",
        "android",
        "configs.0.replay.verdict.limits",
        {"configs.0.replay.verdict.limits.max_relative_error": 0.5},
    ),
    "no_such_row": (
        "limits_differ",
        "android",
        "configs.0.replay.verdict.limits",
        {"configs.0.compute_precision": "bfloat16"},
    ),
    "another_file": ("artifact_differs", "android", "configs.0.artifact", {"configs.0.artifact_sha256": "0" * 64}),
    "no_such_file": ("artifact_differs", "android", "configs.0.artifact", {"configs.0.artifact": "model.pte"}),
    "no_pictures": (
        "samples_differ",
        "android",
        "configs.0.replay.preprocessing",
        {"configs.0.replay.preprocessing": []},
    ),
}
"""Code, report, field, edits. The reader has the bundle."""


def cases(reports: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The cases; `reports` is for the check that each edit changes something."""
    for name in reports:
        yield {"name": f"{name}_as_written", "report": name, "edits": [], "refusal": None}
    for name, (code, report, edits) in MALFORMED.items():
        refusal = {"code": code, "field": None} if code else None
        yield {"name": name, "report": report, "edits": list(_edits(reports[report], edits)), "refusal": refusal}
    for name, (code, report, field, edits) in COMPUTED.items():
        refusal = {"code": code, "field": field}
        yield {"name": name, "report": report, "edits": list(_edits(reports[report], edits)), "refusal": refusal}


def _edits(report: dict[str, Any], edits: Edits) -> Iterator[dict[str, Any]]:
    for field, value in edits.items():
        if value is not REMOVED and json.dumps(_at(report, field)) == json.dumps(value):
            raise ValueError(f"{field} is {value} already")
        yield {"field": field, "remove": True} if value is REMOVED else {"field": field, "set": value}


def _at(report: Any, field: str) -> Any:
    for key in field.split("."):
        report = report[int(key)] if isinstance(report, list) else report.get(key)
    return report
