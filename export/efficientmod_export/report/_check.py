"""Whether a report's verdicts and statistics are what its raw numbers give."""

from collections.abc import Iterator
from itertools import pairwise

from efficientmod_export.bundle.contract import ArtifactEntry, Bundle, UnitProof, read_tensor
from efficientmod_export.parity import Outputs, Record
from efficientmod_export.report._finding import Finding, FindingCode
from efficientmod_export.report._judge import conclude, judge_outputs
from efficientmod_export.report._numbers import differences
from efficientmod_export.report._void import CHECKED, void_reasons
from efficientmod_export.report.contract import (
    Percentiles,
    PhaseStatistics,
    Replay,
    Report,
    ReportedConfiguration,
    Spread,
)

LONGEST_GAP_S = 10.0
"""An app takes the conditions once a second; this leaves room for a busy device."""
ANY_UNIT = "all"
"""The unit of a configuration that leaves the choice to Core ML; it is judged as the first of these."""
CHOSEN = ("neural_engine", "gpu", "cpu")


def check_report(report: Report, bundle: Bundle | None) -> tuple[Finding, ...]:
    """Every contradiction. Without the bundle, the metrics of the verdicts are taken as they are stated."""
    return tuple(_findings(report, bundle))


def judged_again(config: ReportedConfiguration, bundle: Bundle | None) -> bool:
    """Whether the configuration's verdict can be computed from its raw outputs."""
    return bundle is not None and config.replay is not None and _results(config.replay) is not None


def row_of(entry: ArtifactEntry, config: ReportedConfiguration) -> UnitProof | None:
    """The row of the manifest by whose limits a configuration is judged; the number of threads does not matter."""
    units = CHOSEN if config.unit == ANY_UNIT else (config.unit,)
    rows = [row for unit in units for row in entry.proofs if row.unit == unit]
    return next((row for row in rows if row.compute_precision == config.compute_precision), None)


def _findings(report: Report, bundle: Bundle | None) -> Iterator[Finding]:
    for index, config in enumerate(report.configs):
        place = f"configs.{index}"
        yield from _statistics(config, place)
        yield from _state(report, config, place)
        yield from _conditions(report, config, place)
        if config.replay is not None:
            yield from _verdict(config, config.replay, f"{place}.replay")
        if bundle is not None:
            yield from _against_bundle(config, bundle, place)
    if report.camera is not None:
        config, camera = report.configs[report.camera.config], report.camera
        for name, values in (("preprocess", camera.preprocess_ns), ("end_to_end", camera.end_to_end_ns)):
            stated: Spread = getattr(camera, name)
            yield from _compared(FindingCode.STATISTICS_DIFFER, config, stated, Spread.of(values), f"camera.{name}")


def _statistics(config: ReportedConfiguration, place: str) -> Iterator[Finding]:
    code = FindingCode.STATISTICS_DIFFER
    for index, phase in enumerate(config.phases):
        computed = PhaseStatistics.of_phase(phase.start_ns, phase.run_ns)
        yield from _compared(code, config, phase.statistics, computed, f"{place}.phases.{index}.statistics")
    if config.latency is not None:
        runs = [run for phase in config.bursts for run in phase.run_ns]
        yield from _compared(code, config, config.latency, Percentiles.of(runs), f"{place}.latency")


def _state(report: Report, config: ReportedConfiguration, place: str) -> Iterator[Finding]:
    def differs(text: str) -> Finding:
        return Finding(FindingCode.STATE_DIFFERS, config.name, f"{place}.state", text)

    passed = config.replay is not None and config.replay.passed
    if config.state in ("measured", "proven", "void") and not passed:
        yield differs(f"it is {config.state}, and its replay failed")
    if config.state == "failed" and passed and config.reason and config.reason.code.startswith("wrong_"):
        yield differs(f"it failed with {config.reason.code}, and its replay passed")
    found = void_reasons(report, config)
    if config.state == "measured":
        if found:
            yield differs(f"it is measured, and its times are void: {', '.join(found)}")
        if config.replay is not None and config.replay.again is None:
            yield differs("it is measured, and was not replayed after the timing")
    if config.state == "void" and config.reason and config.reason.code in CHECKED - set(found):
        yield differs(f"it is void with {config.reason.code}, which nothing in the report shows")


def _conditions(report: Report, config: ReportedConfiguration, place: str) -> Iterator[Finding]:
    """Without conditions nothing could make the times void."""
    for index, phase in enumerate(config.phases):
        during = report.during(phase.started_s, phase.ended_s)
        times = [phase.started_s, *(one.at_s for one in during if one.at_s > phase.started_s), phase.ended_s]
        longest = max(later - earlier for earlier, later in pairwise(times))
        unknown = not during or during[0].at_s > phase.started_s
        if unknown or longest > LONGEST_GAP_S:
            text = "none before it" if unknown else f"none for {longest:.0f} s"
            yield Finding(FindingCode.CONDITIONS_MISSING, config.name, f"{place}.phases.{index}", text)


def _verdict(config: ReportedConfiguration, replay: Replay, place: str) -> Iterator[Finding]:
    """The verdict's conclusions against its own metrics."""
    computed = conclude(replay.verdict.samples, replay.verdict.limits)
    yield from _compared(FindingCode.VERDICT_DIFFERS, config, replay.verdict, computed, f"{place}.verdict")


def _against_bundle(config: ReportedConfiguration, bundle: Bundle, place: str) -> Iterator[Finding]:
    entry = next((one for one in bundle.manifest.artifacts if one.file == config.artifact), None)
    known = (config.artifact_sha256, config.target, config.precision)
    if entry is None or (entry.sha256, entry.target, entry.precision) != known:
        text = "the bundle has no such file" if entry is None else "its SHA-256, target or precision differs there"
        yield Finding(FindingCode.ARTIFACT_DIFFERS, config.name, f"{place}.artifact", text)
        return
    if config.replay is None:
        return
    replay, place = config.replay, f"{place}.replay"
    row = row_of(entry, config)
    if row is None or row.limits != replay.verdict.limits:
        text = "the manifest has no such row" if row is None else "they are not those of the manifest's row"
        yield Finding(FindingCode.LIMITS_DIFFER, config.name, f"{place}.verdict.limits", text)
    elif [one.sample for one in replay.outputs] != [sample.name for sample in bundle.manifest.golden]:
        text = "its samples are not the bundle's golden samples"
        yield Finding(FindingCode.SAMPLES_DIFFER, config.name, f"{place}.outputs", text)
    elif [(one.sample, one.input) for one in replay.preprocessing] != _pictures(bundle):
        text = "its pictures are not those of the bundle's golden samples"
        yield Finding(FindingCode.SAMPLES_DIFFER, config.name, f"{place}.preprocessing", text)
    elif (results := _results(replay)) is not None:
        names = [sample.name for sample in bundle.manifest.golden]
        computed = judge_outputs(names, _references(bundle), results, row.limits)
        yield from _compared(FindingCode.VERDICT_DIFFERS, config, replay.verdict, computed, f"{place}.verdict")


def _pictures(bundle: Bundle) -> list[tuple[str, str]]:
    """Sample and input of every golden picture."""
    samples = bundle.manifest.golden
    return [(sample.name, given.input) for sample in samples for given in sample.inputs if given.picture is not None]


def _references(bundle: Bundle) -> list[Outputs]:
    """The golden outputs of every sample."""
    outputs = bundle.manifest.outputs
    return [
        tuple(
            read_tensor(bundle.path / given.tensor.file, declared.shape, declared.dtype)
            for given, declared in zip(sample.outputs, outputs, strict=True)
        )
        for sample in bundle.manifest.golden
    ]


def _results(replay: Replay) -> list[Outputs] | None:
    """The raw outputs of every sample; None where some were left out."""
    found = [tuple(one.values() for one in sample.outputs) for sample in replay.outputs]
    return None if any(values is None for sample in found for values in sample) else found  # type: ignore[return-value]


def _compared(
    code: FindingCode, config: ReportedConfiguration, stated: Record, computed: Record, place: str
) -> Iterator[Finding]:
    for field, said, found in differences(stated, computed, place):
        yield Finding(code, config.name, field, f"it states {_short(said)}, and the raw numbers give {_short(found)}")


def _short(value: object) -> str:
    text = f"{value:.9g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
