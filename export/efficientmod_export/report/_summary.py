"""What is shown of a report: a row for each configuration, and the surroundings in which its latency was measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from efficientmod_export._plain import PlainRecord
from efficientmod_export.bundle.contract import Bundle
from efficientmod_export.report._check import judged_again
from efficientmod_export.report.contract import (
    Percentiles,
    Phase,
    Report,
    ReportedConfiguration,
    Window,
    windows,
)
from efficientmod_mobile.messages import printable

COOL = frozenset({"none", "nominal"})


@dataclass(frozen=True)
class Surroundings:
    """What must be alike for two latencies to be compared; each a text, "unknown" where the device does not tell."""

    plan: str
    resolution: str
    build: str
    thermal: str
    power_saver: str
    charging: str

    def differences(self, other: "Surroundings") -> tuple[str, ...]:
        """A text for each that differs, as in "charging: yes, no"."""
        pairs = ((name, value, getattr(other, name)) for name, value in vars(self).items())
        return tuple(f"{name.replace('_', ' ')}: {mine}, {theirs}" for name, mine, theirs in pairs if mine != theirs)


@dataclass(frozen=True)
class Heat(PlainRecord):
    """A thermal state, "unknown" or the system's word, in seconds from the start of the sustained phase."""

    state: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Row(PlainRecord):
    """One configuration of a report. Times in milliseconds; None for what was not measured.

    `error` is the largest relative error of any output, `limit` what it may be. `judged` says whether the verdict was
    computed again from the raw outputs. `rounds_p50_ms` has the median of each round's burst. `first_open_ms` and
    `open_ms` are the first cold open and the median of the others; `first_call_ms` is the median of the calls after
    them. `windows` is the sustained curve, `heat` what the thermal state was meanwhile.
    """

    name: str
    artifact: str
    artifact_sha256: str
    runtime: str
    processor: str | None
    state: str
    reason: str | None
    error: float | None
    limit: float | None
    judged: bool
    repeatable: bool | None
    latency: Percentiles | None
    rounds_p50_ms: tuple[float, ...]
    paced_p50_ms: float | None
    first_open_ms: float | None
    open_ms: float | None
    first_call_ms: float | None
    peak_bytes: int | None
    drift: float | None
    windows: tuple[Window, ...]
    heat: tuple[Heat, ...]
    surroundings: Surroundings

    @property
    def counts(self) -> bool:
        """Whether its latency may be compared."""
        return self.state == "measured" and self.latency is not None


@dataclass(frozen=True)
class Live(PlainRecord):
    """The live picture of a report: the configuration that ran, frames a second, and times in milliseconds."""

    configuration: str
    frames_per_second: float
    dropped: int
    preprocess_p50_ms: float
    preprocess_p90_ms: float
    end_to_end_p50_ms: float
    end_to_end_p90_ms: float


@dataclass(frozen=True)
class Summary(PlainRecord):
    """A report as it is shown: the device by its name, and with its system in a line, and its rows."""

    file: str
    name: str
    device: str
    app: str
    model: str
    weights: str
    seeded: bool
    manifest_sha256: str
    resolution: tuple[int, int] | None
    started_at: str
    rows: tuple[Row, ...]
    live: Live | None


def summarise(file: str, report: Report, bundle: Bundle | None) -> Summary:
    """Of a report whose numbers were checked."""
    device, app = report.device, report.app
    known = device.manufacturer != "unknown" and not device.model.lower().startswith(device.manufacturer.lower())
    name = f"{device.manufacturer} {device.model}" if known else device.model
    soc = f" ({device.soc})" if device.soc else ""
    mark = ", emulator" if device.emulator else ""
    return Summary(
        file=file,
        name=printable(name),
        device=printable(f"{name}{soc}, {device.os} {device.os_version}{mark}"),
        app=printable(f"{app.name} {app.version}, {app.build}"),
        model=printable(report.bundle.model),
        weights=printable(report.bundle.weights.statement),
        seeded=report.bundle.weights.kind == "seeded",
        manifest_sha256=report.bundle.manifest_sha256,
        resolution=report.bundle.resolution,
        started_at=report.started_at,
        rows=tuple(_row(report, config, bundle) for config in report.configs),
        live=_live(report),
    )


def _live(report: Report) -> Live | None:
    camera = report.camera
    if camera is None:
        return None
    return Live(
        configuration=report.configs[camera.config].name,
        frames_per_second=camera.frames / camera.seconds,
        dropped=camera.dropped,
        preprocess_p50_ms=camera.preprocess.p50_ms,
        preprocess_p90_ms=camera.preprocess.p90_ms,
        end_to_end_p50_ms=camera.end_to_end.p50_ms,
        end_to_end_p90_ms=camera.end_to_end.p90_ms,
    )


def _row(report: Report, config: ReportedConfiguration, bundle: Bundle | None) -> Row:
    replay, load = config.replay, config.load
    sustained = next((phase for phase in config.phases if phase.kind == "sustained"), None)
    paced = [run for phase in config.phases if phase.kind == "paced" for run in phase.run_ns]
    opens = [] if load is None else [nanoseconds / 1e6 for nanoseconds in load.open_ns]
    worst = () if replay is None else replay.verdict.worst
    return Row(
        name=config.name,
        artifact=config.artifact,
        artifact_sha256=config.artifact_sha256,
        runtime=printable(f"{config.runtime} {config.runtime_version}"),
        processor=None if config.processor is None else printable(config.processor),
        state=config.state,
        reason=None if config.reason is None else printable(f"{config.reason.text} ({config.reason.code})"),
        error=max((one.max_relative_error for one in worst), default=None),
        limit=None if replay is None else replay.verdict.limits.max_relative_error,
        judged=judged_again(config, bundle),
        repeatable=None if replay is None else replay.repeatable,
        latency=config.latency,
        rounds_p50_ms=tuple(phase.statistics.p50_ms for phase in config.bursts),
        paced_p50_ms=median(paced) / 1e6 if paced else None,
        first_open_ms=opens[0] if opens else None,
        open_ms=median(opens[1:]) if opens[1:] else None,
        first_call_ms=None if load is None else median(load.first_call_ns) / 1e6,
        peak_bytes=None if config.memory is None else config.memory.peak_bytes,
        drift=None if sustained is None else sustained.statistics.drift,
        windows=() if sustained is None else windows(sustained.start_ns, sustained.run_ns),
        heat=() if sustained is None else tuple(_heat(report, sustained)),
        surroundings=_surroundings(report, config.bursts),
    )


def _heat(report: Report, phase: Phase) -> Iterator[Heat]:
    """The states one after the other; each lasts until the next one."""
    during = report.during(phase.started_s, phase.ended_s)
    length = phase.ended_s - phase.started_s
    state, since = None, 0.0
    for condition in during:
        word = condition.thermal or "unknown"
        at = max(0.0, condition.at_s - phase.started_s)
        if state is not None and word != state:
            yield Heat(state, since, at)
            since = at
        state = word
    if state is not None:
        yield Heat(state, since, length)


def _surroundings(report: Report, bursts: tuple[Phase, ...]) -> Surroundings:
    during = [one for phase in bursts for one in report.during(phase.started_s, phase.ended_s)]
    sides = report.bundle.resolution
    return Surroundings(
        plan=report.plan.name,
        resolution="none" if sides is None else f"{sides[0]}x{sides[1]}",
        build=report.app.build,
        thermal=_all([None if one.thermal is None else _degree(one.thermal) for one in during]),
        power_saver=_all([_yes(one.power_saver) for one in during]),
        charging=_all([_yes(one.charging) for one in during]),
    )


def _degree(thermal: str) -> str:
    return "cool" if thermal in COOL else thermal


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _all(values: list[str | None]) -> str:
    """Every value that occurs, in the order of the alphabet."""
    return " and ".join(sorted({value or "unknown" for value in values})) or "unknown"
