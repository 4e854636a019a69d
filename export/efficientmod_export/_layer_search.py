"""Look into a bundle's artifacts layer by layer, and say in a sentence each what that shows."""

from collections.abc import Collection

from efficientmod_export._pipeline import example_input
from efficientmod_export._rebuild import rebuild
from efficientmod_export._recipes import RECIPES
from efficientmod_export._stages import ProgressReport, Sample
from efficientmod_export.bundle import ArtifactEntry, Bundle
from efficientmod_export.mil import FLOAT16_LARGEST, OperatorRange, audit_float16
from efficientmod_export.parity import TOLERANCES, LayerReport, first_drift
from efficientmod_export.targets import INTERPRETED
from efficientmod_export.targets._interpreted import load_interpreted
from efficientmod_mobile.deploy import Original, capture, deploy
from efficientmod_mobile.errors import EfficientModError

FULLEST_SHOWN = 3


def search_layers(
    bundle: Bundle,
    checkpoint: str | None,
    samples: tuple[Sample, ...],
    failed: Collection[str],
    progress: ProgressReport,
) -> dict[str, tuple[str, ...]]:
    """For each target the sentences that its layers give rise to: the first that drifts, and for an ML program the
    first operator that overflows float16, and those that fill most of its range. `failed` are the targets whose outputs
    do not agree.

    Raises InputError without the checkpoint that the network needs, or for another one.
    """
    program = capture(rebuild(bundle, checkpoint).module, example_input(bundle.manifest.preprocessing))
    original = Original.of(program)
    found: dict[str, tuple[str, ...]] = {}
    for entry in bundle.manifest.artifacts:
        progress(f"{entry.target}: comparing layer by layer")
        path, limit = bundle.path / entry.file, TOLERANCES[entry.target, entry.precision].max_relative_error
        try:
            deployed = deploy(program, RECIPES[entry.target], original).program
            report = first_drift(deployed, path, entry.target, samples[0], limit)
            found[entry.target] = (_drift(report, failed=entry.target in failed),)
            if entry.target in INTERPRETED:
                found[entry.target] += _float16_load(bundle, entry, samples)
        except EfficientModError as error:
            found[entry.target] = (str(error),)
    return found


def _float16_load(bundle: Bundle, entry: ArtifactEntry, samples: tuple[Sample, ...]) -> tuple[str, ...]:
    loaded = load_interpreted(bundle.path / entry.file, [output.name for output in entry.outputs], "float16")
    ranges = audit_float16(loaded.program, map(loaded.feed, samples))
    # A weight that float16 cannot hold keeps its operator in float32.
    overflowing = [met for met in ranges if met.overflows and met.operation.outputs[0].dtype == "fp16"]
    first = min(overflowing, key=lambda met: met.position, default=None)
    overflow = () if first is None else (f"the first operator that overflows float16 is {_name(first)}.",)
    return (*overflow, *map(_range, ranges[:FULLEST_SHOWN]))


def _name(met: OperatorRange) -> str:
    return f"{met.operation.kind} {met.operation.outputs[0].name} in {met.operation.module or 'the network itself'}"


def _range(met: OperatorRange) -> str:
    verdict = "overflows float16" if met.overflows else "may saturate" if met.saturates else "fits"
    sums = "" if met.partial_sum is None else f", partial sums up to {met.partial_sum:.3g} of {met.saturates_at:g}"
    return f"{_name(met)} {verdict}: values up to {met.largest:.3g} of {FLOAT16_LARGEST:g}{sums}."


def _drift(report: LayerReport, *, failed: bool) -> str:
    if report.drift is None:
        return (
            f"no layer drifts: all {report.probed} values that can be seen are within {report.limit:.0e} of the range."
        )
    drift, before = report.drift, report.before
    sentence = (
        f"{'' if failed else 'the outputs agree; inside, '}the first layer that drifts is "
        f"{drift.module or 'the network itself'} ({drift.operator}, node {drift.node}): "
        f"{drift.error:.1e} of its range, {report.limit:.0e} allowed"
    )
    if before:
        sentence += (
            f"; {before.module or 'the network'} (node {before.node}), which it reads, is within {before.error:.1e}"
        )
    if report.unseen:
        sentence += f"; hidden between the two: {', '.join(report.unseen)}"
    return sentence + "."
