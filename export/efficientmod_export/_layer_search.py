"""Compare a bundle's artifacts with the network layer by layer, and report the results in sentences."""

from collections.abc import Collection, Iterator, Sequence

from efficientmod_export._input_forms import in_forms
from efficientmod_export._stages import ModelFile, ProgressReport, Sample
from efficientmod_export.bundle import model_file
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle
from efficientmod_export.foreign import loading
from efficientmod_export.parity import LayerReport, first_drift, torch_inputs
from efficientmod_export.targets import Target, Variant, all_targets, find_target
from efficientmod_mobile import Network
from efficientmod_mobile.deploy import Original, Program, capture, deploy
from efficientmod_mobile.errors import EfficientModError, InputError


def search_layers(
    bundle: Bundle,
    entries: Sequence[ArtifactEntry],
    network: Network,
    samples: tuple[Sample, ...],
    failed: Collection[str],
    progress: ProgressReport,
) -> dict[str, tuple[str, ...]]:
    """For each of the bundle's `entries`, sentences: the first layer that drifts, and what its target reports about the
    ranges of its values. `failed` are the variants whose outputs do not agree.
    """
    module = in_forms(network, samples[0]).module
    program = capture(module, *torch_inputs(samples[0]))
    original = Original.of(program)
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        target = find_target(entry.target)
        variant = target.variant(entry.precision)
        progress(f"{variant.name}: comparing layer by layer")
        try:
            file = model_file(bundle, entry)
            deployed = deploy(program, variant.recipe, original).program
            report = _search(target, variant, deployed, file, samples[0])
            agree = "" if variant.name in failed else "the outputs agree; inside, "
            found[variant.name] = (_drift(report, agree), *_on_gpu(target, variant, deployed, file, samples[0]))
            if target.describe_ranges is not None:
                found[variant.name] += target.describe_ranges(file, samples)
        except EfficientModError as error:
            found[variant.name] = (str(error),)
    return found


def _search(target: Target, variant: Variant, program: Program, file: ModelFile, sample: Sample) -> LayerReport:
    if target.prober is None:
        known = ", ".join(other.name for other in all_targets() if other.prober is not None)
        raise InputError(
            f"The layers of {target.name} files cannot be compared; leave out --layers, or choose from {known}.",
            code="unsupported_layer_search",
        )
    with loading(file.path):
        limit = variant.places[0].limits.max_relative_error
        return first_drift(program, target.prober(program, file), sample, limit)


def _on_gpu(target: Target, variant: Variant, program: Program, file: ModelFile, sample: Sample) -> Iterator[str]:
    """A sentence for each arithmetic of the GPU, where this machine can use one."""
    for place in variant.places:
        if target.gpu_prober is None or place.unit != "gpu" or target.runtime.missing(variant.configuration(place)):
            continue
        where = f"on the gpu in {place.compute_precision}, "
        try:
            prober = target.gpu_prober(program, file, place.compute_precision)
            yield where + _drift(first_drift(program, prober, sample, place.limits.max_relative_error))
        except EfficientModError as error:
            yield where + str(error)


def _drift(report: LayerReport, agree: str = "") -> str:
    if report.drift is None:
        return (
            f"no layer drifts: all {report.probed} values that can be read are within {report.limit:.0e} of the range."
        )
    drift, before = report.drift, report.before
    sentence = (
        f"{agree}the first layer that drifts is "
        f"{drift.module or 'the network itself'} ({drift.operator}, node {drift.node}): "
        f"{drift.error:.1e} of its range, {report.limit:.0e} allowed"
    )
    if before:
        sentence += (
            f"; {before.module or 'the network'} (node {before.node}), which it reads, is within {before.error:.1e}"
        )
    if report.unseen:
        sentence += f"; not readable between the two: {', '.join(report.unseen)}"
    return sentence + "."
