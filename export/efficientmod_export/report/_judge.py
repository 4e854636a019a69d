"""A replay's verdict, computed from the raw outputs and the bundle's golden tensors."""

from collections.abc import Sequence

from efficientmod_export.bundle.contract import Limits
from efficientmod_export.parity import (
    OutputMetrics,
    Outputs,
    Tolerance,
    broken_limits,
    compare,
    find_faults,
    reference_ranges,
)
from efficientmod_export.report.contract import JudgedSample, OutputFault, ReplayVerdict, Violation


def judge_outputs(
    names: Sequence[str], references: Sequence[Outputs], results: Sequence[Outputs], limits: Limits
) -> ReplayVerdict:
    """Compare the outputs for each sample with the reference's."""
    ranges = reference_ranges(references)
    several = zip(names, references, results, strict=True)
    return conclude([_judge_sample(*one, ranges) for one in several], limits)


def conclude(samples: Sequence[JudgedSample], limits: Limits) -> ReplayVerdict:
    """The verdict that follows from the metrics of every sample."""
    measured = [sample.outputs for sample in samples if sample.outputs]
    tolerance = Tolerance(**limits.model_dump(), origin="the bundle's manifest")
    broken = {
        (metrics.output, quantity)
        for outputs in measured
        for metrics in outputs
        for quantity in broken_limits(metrics, tolerance)
    }
    return ReplayVerdict(
        outcome="failed" if broken or len(measured) < len(samples) else "passed",
        limits=limits,
        samples=tuple(samples),
        worst=tuple(OutputMetrics.worst(outputs) for outputs in zip(*measured, strict=True)),
        violations=tuple(Violation(output=output, quantity=quantity) for output, quantity in sorted(broken)),
    )


def _judge_sample(name: str, reference: Outputs, result: Outputs, ranges: tuple[float, ...]) -> JudgedSample:
    faults = tuple(OutputFault(output=one.output, fault=one.code) for one in find_faults(reference, result))
    outputs = () if faults else compare(reference, result, ranges).outputs
    return JudgedSample(sample=name, outputs=outputs, faults=faults)
