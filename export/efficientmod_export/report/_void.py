"""What makes a configuration's times void, from what a report says of the device, the app and the run."""

from collections.abc import Iterator
from typing import Final

from efficientmod_export.report.contract import TOO_HOT, Phase, Report, ReportedConfiguration

TIMED_COOL: Final = frozenset({"warmup", "burst", "paced"})
"""In a sustained phase the heat is what is measured."""

CHECKED: Final = frozenset(
    {
        "debug_build",
        "emulator",
        "software_unit",
        "left_foreground",
        "power_saver",
        "too_hot",
        "too_few_runs",
        "wrong_result_after",
    }
)
"""The codes that follow from the rest of a report; an app may give others, such as `aborted`."""


def void_reasons(report: Report, config: ReportedConfiguration) -> tuple[str, ...]:
    """The codes of all reasons that the report has for it."""
    return tuple(dict.fromkeys(_reasons(report, config)))


def _reasons(report: Report, config: ReportedConfiguration) -> Iterator[str]:
    if report.app.build == "debug":
        yield "debug_build"
    if report.device.emulator:
        yield "emulator"
    if config.software:
        yield "software_unit"
    for phase in config.phases:
        yield from _during(report, phase)
    if config.replay is not None and config.replay.again == "failed":
        yield "wrong_result_after"
    if any(_too_few(report, config)):
        yield "too_few_runs"


def _during(report: Report, phase: Phase) -> Iterator[str]:
    for condition in report.during(phase.started_s, phase.ended_s):
        if not condition.foreground:
            yield "left_foreground"
        if condition.power_saver:
            yield "power_saver"
        if condition.thermal in TOO_HOT and phase.kind in TIMED_COOL:
            yield "too_hot"


def _too_few(report: Report, config: ReportedConfiguration) -> Iterator[bool]:
    """Whether a phase that the plan asks for is missing or short, for each round."""
    plan = report.plan
    for number in range(1, plan.rounds + 1):
        phases = {phase.kind: phase for phase in config.phases if phase.round == number}
        if plan.burst_calls or plan.burst_s:
            yield _short(phases.get("burst"), plan.burst_calls, plan.burst_s)
        if plan.paced_calls:
            yield _short(phases.get("paced"), plan.paced_calls, 0)
        if plan.sustained_s:
            yield _short(phases.get("sustained"), 1, plan.sustained_s)


def _short(phase: Phase | None, calls: int, seconds: float) -> bool:
    return phase is None or len(phase.run_ns) < calls or phase.ended_s - phase.started_s < seconds - 1e-6
