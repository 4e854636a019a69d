"""Whether an artifact passes: its metrics on every sample against the tolerance of its target and precision."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from efficientmod_export._stages import Outputs, Runner, Sample
from efficientmod_export.parity._metrics import Comparison, OutputMetrics, compare, reference_ranges
from efficientmod_export.parity._records import Record
from efficientmod_export.parity._tolerances import Tolerance
from efficientmod_mobile.errors import EfficientModError

Quantity = Literal["max_relative_error", "mean_relative_error", "cosine", "sqnr_db", "top1", "top5"]


class MeasuredWith(Record):
    """The runtime that ran the artifact, such as "ONNX Runtime" and its version."""

    runtime: str
    version: str


class SampleMetrics(Record):
    """The measurement on one sample: metrics of every output, or why there are none."""

    sample: str
    outputs: tuple[OutputMetrics, ...]
    faults: tuple[str, ...]


class Verdict(Record):
    """The outcome for one artifact.

    The outcome is `refused` where the runtime does not run the artifact on the requested unit. `reasons` states why it
    failed, was refused or not run, and is empty when it passed. `worst` has one entry per output: the least favourable
    of each metric over the samples without a fault. `measured_with` is None exactly when it was not run.
    """

    outcome: Literal["passed", "failed", "refused", "not run here"]
    reasons: tuple[str, ...]
    measured_with: MeasuredWith | None
    tolerance: Tolerance
    worst: tuple[OutputMetrics, ...]
    samples: tuple[SampleMetrics, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.outcome == "not run here") != (self.measured_with is None):
            raise ValueError("measured_with is required for an artifact that ran, and not allowed for others")
        if (self.outcome == "passed") == bool(self.reasons):
            raise ValueError("reasons are required for every outcome but passed, where they are not allowed")
        if (self.outcome in ("passed", "failed")) != bool(self.samples):
            raise ValueError("samples are required for an artifact that ran, and not allowed for others")
        return self

    @property
    def failed(self) -> bool:
        """Whether the artifact ran and does not compute what the reference computes."""
        return self.outcome == "failed"


def measure(
    samples: Sequence[Sample],
    references: Sequence[Outputs],
    runner: Runner,
    tolerance: Tolerance,
    measured_with: MeasuredWith,
    own: Sequence[Tolerance] = (),
) -> Verdict:
    """Run an artifact on every sample and judge it; a runtime that refuses a sample fails it.

    The toolkit's own errors, such as a missing package, are raised: they say nothing about the artifact.
    """
    results = [_run(runner, sample) for sample in samples]
    return judge([sample.name for sample in samples], references, results, tolerance, measured_with, own)


def judge(
    names: Sequence[str],
    references: Sequence[Outputs],
    results: Sequence[Outputs | str],
    tolerance: Tolerance,
    measured_with: MeasuredWith,
    own: Sequence[Tolerance] = (),
) -> Verdict:
    """Compare results with references, sample by sample; a result may be the reason why there is none.

    Relative errors are of each output's range over all `references`. `own` has a tolerance for each output, where these
    are tighter than `tolerance`, which the verdict states for all.
    """
    if not names:
        raise ValueError("there is nothing to judge without samples")
    ranges = reference_ranges(references)
    samples = tuple(
        _sample_metrics(name, reference, result, ranges)
        for name, reference, result in zip(names, references, results, strict=True)
    )
    reasons = (*_faults(samples), *_violations(samples, own or [tolerance] * len(references[0])))
    return Verdict(
        outcome="failed" if reasons else "passed",
        reasons=reasons,
        measured_with=measured_with,
        tolerance=tolerance,
        worst=_worst(samples),
        samples=samples,
    )


def not_run_here(tolerance: Tolerance, reason: str) -> Verdict:
    """The verdict for an artifact whose runtime cannot run on this machine; `reason` states why, and where it can."""
    return Verdict(
        outcome="not run here", reasons=(reason,), measured_with=None, tolerance=tolerance, worst=(), samples=()
    )


def refused(tolerance: Tolerance, measured_with: MeasuredWith, reason: str) -> Verdict:
    """The verdict for an artifact that its runtime does not run on a unit; `reason` states why."""
    return Verdict(
        outcome="refused", reasons=(reason,), measured_with=measured_with, tolerance=tolerance, worst=(), samples=()
    )


def _run(runner: Runner, sample: Sample) -> Outputs | str:
    try:
        return runner(sample)
    except EfficientModError:
        raise
    except Exception as error:  # every runtime has its own exceptions; any of them is a failure of the artifact
        return f"the runtime refused it ({type(error).__name__}: {error})"


def _sample_metrics(name: str, reference: Outputs, result: Outputs | str, ranges: tuple[float, ...]) -> SampleMetrics:
    if isinstance(result, str):
        comparison = Comparison(outputs=(), faults=(result,))
    else:
        comparison = compare(reference, result, ranges)
    return SampleMetrics(sample=name, outputs=comparison.outputs, faults=comparison.faults)


def _worst(samples: tuple[SampleMetrics, ...]) -> tuple[OutputMetrics, ...]:
    measured = [sample.outputs for sample in samples if sample.outputs]
    return tuple(OutputMetrics.worst(outputs) for outputs in zip(*measured, strict=True))


def _faults(samples: tuple[SampleMetrics, ...]) -> tuple[str, ...]:
    """One sentence per fault, with the samples that have it."""
    found: dict[str, list[str]] = {}
    for sample in samples:
        for fault in sample.faults:
            found.setdefault(fault, []).append(sample.sample)
    return tuple(f"{', '.join(names)}: {fault}" for fault, names in found.items())


def _violations(samples: tuple[SampleMetrics, ...], tolerances: Sequence[Tolerance]) -> tuple[str, ...]:
    """One sentence per output and limit: the first sample that exceeds it, and how many others do."""
    found: dict[tuple[int, Quantity], list[str]] = {}
    for sample in samples:
        for metrics in sample.outputs:
            for quantity, text in broken_limits(metrics, tolerances[metrics.output]).items():
                found.setdefault((metrics.output, quantity), []).append(f"{text} on {sample.sample}")
    return tuple(
        f"output {output}: {texts[0]}" + (f" and beyond it on {len(texts) - 1} more" if texts[1:] else "")
        for (output, _), texts in found.items()
    )


def broken_limits(metrics: OutputMetrics, tolerance: Tolerance) -> dict[Quantity, str]:
    """The limits that one output exceeds: quantity -> a text with its value and its limit."""
    broken: dict[Quantity, str] = {}
    errors: tuple[Quantity, ...] = ("max_relative_error", "mean_relative_error")
    for name in errors:
        value, limit = getattr(metrics, name), getattr(tolerance, name)
        if value > limit:
            broken[name] = f"{name} {value:.2e} is over {limit:.1e}"
    if metrics.cosine < tolerance.cosine:
        broken["cosine"] = f"cosine {metrics.cosine:.7f} is under {tolerance.cosine}"
    if metrics.sqnr_db < tolerance.sqnr_db:
        broken["sqnr_db"] = f"SQNR {metrics.sqnr_db:.1f} dB is under {tolerance.sqnr_db} dB"
    agreements: tuple[Quantity, ...] = ("top1", "top5")
    for name in agreements:
        agreement = getattr(metrics, name)
        if agreement is not None and agreement.displacement > tolerance.displacement:
            change = f"{agreement.displacement:.2e} of the range, over {tolerance.displacement:.1e}"
            broken[name] = f"{name} differs by {change}"
    return broken
