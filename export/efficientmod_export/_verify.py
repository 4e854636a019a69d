"""Prove a bundle again from its files alone: neither the network's code nor its checkpoint is needed."""

import time
from contextlib import nullcontext
from pathlib import Path

from efficientmod_export._pipeline import example_input
from efficientmod_export._prove import prove
from efficientmod_export._recipes import RECIPES
from efficientmod_export._result import TargetResult, VerifyResult
from efficientmod_export._stages import Outputs, ProgressReport, Sample, TensorSpec, report_nothing
from efficientmod_export.backends import quiet
from efficientmod_export.bundle import (
    ArtifactEntry,
    Bundle,
    Tensor,
    check_files,
    check_golden,
    describe_weights,
    golden_references,
    golden_samples,
    open_bundle,
)
from efficientmod_export.parity import TOLERANCES, LayerReport, first_drift
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, capture, deploy
from efficientmod_mobile.errors import EfficientModError, InputError, ParityError


def verify_bundle(
    bundle: Path | str,
    *,
    layers: bool = False,
    checkpoint: str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> VerifyResult:
    """Check every SHA-256 and the preprocessing, and run every artifact on the golden inputs again.

    With `layers` the first layer whose output drifts is named for each artifact that runs here. That needs the
    network: `checkpoint` must be the file that the bundle was made from; seeded weights are made again without one.

    Raises BundleError when there is no readable bundle, InputError for another checkpoint than the bundle's.
    """
    opened = open_bundle(Path(bundle))
    with nullcontext() if verbose else quiet():
        progress("checking the files")
        problems = check_files(opened)
        targets: tuple[TargetResult, ...] = ()
        drifts: dict[str, str] = {}
        if not any(problem.startswith("golden/") for problem in problems):
            problems += check_golden(opened)
            samples, references = golden_samples(opened), golden_references(opened)
            targets = tuple(
                _prove_again(opened, entry, samples, references, progress)
                for entry in opened.manifest.artifacts
                if (opened.path / entry.file).exists()
            )
            if layers:
                progress("rebuilding the network")
                drifts = _search_layers(opened, checkpoint, samples[0], progress)
    model = opened.manifest.model
    return VerifyResult(opened.path, model.name, model.weights.statement, tuple(problems), targets, drifts)


def _prove_again(
    bundle: Bundle,
    entry: ArtifactEntry,
    samples: tuple[Sample, ...],
    references: tuple[Outputs, ...],
    progress: ProgressReport,
) -> TargetResult:
    """The entry with the verdict of this run in place of the export's."""
    began = time.perf_counter()
    failure: EfficientModError | None = None
    progress(f"{entry.target}: proving")
    try:
        inputs, outputs = _specs(entry.inputs), _specs(entry.outputs)
        path = bundle.path / entry.file
        verdict = prove(entry.target, path, entry.precision, inputs, outputs, samples, references)
        entry = entry.model_copy(update={"parity": verdict})
        if verdict.outcome == "failed":
            failure = ParityError(
                f"{entry.target} does not compute what PyTorch computes: {'; '.join(verdict.reasons)}."
            )
    except EfficientModError as error:
        failure = error
    return TargetResult(entry.target, entry, failure, time.perf_counter() - began)


def _specs(tensors: tuple[Tensor, ...]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(tensor.name, tensor.shape, tensor.dtype, tensor.layout) for tensor in tensors)


def _search_layers(bundle: Bundle, checkpoint: str | None, sample: Sample, progress: ProgressReport) -> dict[str, str]:
    """For each artifact that runs here, what is known of its layers, as a sentence."""
    program = _rebuild(bundle, checkpoint)
    found = {}
    for entry in bundle.manifest.artifacts:
        progress(f"{entry.target}: comparing layer by layer")
        deployed = deploy(program, RECIPES[entry.target]).program
        limit = TOLERANCES[entry.target, entry.precision].max_relative_error
        try:
            report = first_drift(deployed, bundle.path / entry.file, entry.target, sample, limit)
            found[entry.target] = _sentence(report)
        except (InputError, ParityError) as error:
            found[entry.target] = str(error)
    return found


def _sentence(report: LayerReport) -> str:
    """What the search tells a reader."""
    if report.drift is None:
        return (
            f"no layer drifts: all {report.probed} values that can be seen are within {report.limit:.0e} of the range."
        )
    drift, before = report.drift, report.before
    sentence = (
        f"the first layer that drifts is {drift.module or 'the network itself'} ({drift.operator}, node {drift.node}): "
        f"{drift.error:.1e} of its range, {report.limit:.0e} allowed"
    )
    if before:
        sentence += (
            f"; {before.module or 'the network'} (node {before.node}), which it reads, is within {before.error:.1e}"
        )
    if report.unseen:
        sentence += f"; hidden between the two: {', '.join(report.unseen)}"
    return sentence + "."


def _rebuild(bundle: Bundle, checkpoint: str | None) -> Program:
    """The program that the bundle was made from, before any transform."""
    made = bundle.manifest.model
    if made.weights.kind == "checkpoint" and checkpoint is None:
        raise InputError(
            f"To compare layers the weights are needed: give --checkpoint with the file whose SHA-256 is "
            f"{made.weights.sha256}."
        )
    network = load_network(made.name, checkpoint, seed=made.weights.seed or 0)
    if describe_weights(network.weights) != made.weights:
        raise InputError(f"{checkpoint} is not the file that the bundle was made from ({made.weights.statement}).")
    return capture(network.module, example_input(bundle.manifest.preprocessing))
