"""An export from end to end; the body of `export_bundle` is its numbered stages."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import cache
from pathlib import Path

from efficientmod_export._calibration import RoundedSubject, calibration_of, rounded
from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._picture_input import for_pictures
from efficientmod_export._prove import conclusions, float32_outputs, parity_failure, prove, prove_graph, prove_rounding
from efficientmod_export._request import ExportRequest, read_labels, select_variants
from efficientmod_export._result import ExportResult, VariantResult
from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export._subject import Subject, subject_of, with_noise
from efficientmod_export.bundle import BundleWriter, ProvenArtifact, describe_artifact, tool_versions
from efficientmod_export.bundle.contract import (
    Evidence,
    FailedVariant,
    Generator,
    GoldenSample,
    Manifest,
    Model,
    write_evidence,
    write_golden,
    write_labels,
)
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import FLOAT_KINDS, PHOTO_CREDITS
from efficientmod_export.targets import Variant, find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Deployed, Original, Recipe, deploy
from efficientmod_mobile.errors import EfficientModError

Deploy = Callable[[Recipe], Deployed]
RoundOnce = Callable[[Recipe], RoundedSubject]


def export_bundle(
    model: str | None = None,
    *,
    checkpoint: str | None = None,
    checkpoint_key: str | None = None,
    targets: tuple[str, ...] = ("all",),
    output: Path | str = "out",
    precisions: tuple[str, ...] = (),
    units: tuple[str, ...] = (),
    resolution: tuple[int, int] | None = None,
    labels: Path | None = None,
    calibrate: Path | None = None,
    ios: int = DEFAULT_IOS,
    keep_failed: bool = False,
    keep_onnx: bool = False,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> ExportResult:
    """Convert a network, prove each artifact against PyTorch, and write a bundle to the folder `output`.

    `model` is `efficientmod_s`, `timm/NAME` or `package.module:function`; `checkpoint` a file or
    `hf-hub:owner/name`, at least one of them; `checkpoint_key` is the key of its state dict, such as `model.ema`.
    `targets` are names of targets, or `all`: the default targets.
    `resolution` is (H, W) in pixels, None the network's own. Each target is made in each of `precisions` that it
    supports, by default its own default, and proven on each of `units`, by default on all that can be used here.
    Int8 weights are rounded for the pictures in the folder `calibrate`, by default for those of the bundle.
    `progress` is called with the name of each stage as it begins.

    One artifact's failure does not stop the others: it is in the result, whose `raise_for_failure` raises it. An
    artifact that passed on any unit is written; one that failed on all of them is named in the manifest, and written
    only with `keep_failed`. No bundle is written where nothing passed, and an earlier bundle is kept where the new one
    would lack an artifact.

    Raises InputError, DependencyError or ConversionError for failures that concern all artifacts.
    """
    request = ExportRequest(
        model=model,
        checkpoint=checkpoint,
        targets=targets,
        output=Path(output),
        precisions=precisions,
        units=units,
        resolution=resolution,
        labels=labels,
        calibrate=calibrate,
        ios=ios,
        keep_failed=keep_failed,
        keep_onnx=keep_onnx,
        checkpoint_key=checkpoint_key,
    )
    selection = select_variants(request)
    with BundleWriter(request.output) as writer, nullcontext() if verbose else quiet():
        # 1. The network, its preprocessing, and what PyTorch computes.
        progress("loading the network and running it in PyTorch")
        loaded = load_network(request.model, request.checkpoint, checkpoint_key=request.checkpoint_key)
        network = for_pictures(loaded, request.resolution)
        class_names = read_labels(request.labels, network.num_classes) if request.labels else None
        subject = subject_of(network, request.resolution)
        calibration = calibration_of(subject, request.calibrate)

        # 2. Its program.
        progress("capturing the program")
        program = subject.capture()
        kinds = {*FLOAT_KINDS, *(place.noise for variant in selection.variants for place in variant.places)}
        subject = with_noise(subject, program, kinds)

        # 3. For each variant the exact transforms, the conversion and the proof.
        original = Original.of(program)
        deployed = cache(lambda recipe: deploy(program, recipe, original))
        round_once = cache(lambda recipe: rounded(deployed(recipe).program, calibration, subject.held))
        results = tuple(
            _make(variant, subject, class_names, request, deployed, round_once, writer.folder, progress)
            for variant in selection.variants
        )

        # 4. The bundle, whole or not at all.
        progress("writing the bundle")
        note = _reason_to_write_nothing(results, request)
        if note is None:
            writer.commit(_manifest(subject, class_names, results, _kept(results, request), writer.folder))
    weights = subject.weights.statement
    bundle = None if note else request.output
    return ExportResult(network.name, weights, bundle, results, selection.lacking, note)


def _make(
    variant: Variant,
    subject: Subject,
    class_names: tuple[str, ...] | None,
    request: ExportRequest,
    deployed: Deploy,
    round_once: RoundOnce,
    folder: Path,
    progress: ProgressReport,
) -> VariantResult:
    """Convert and prove one variant. Its own failure is in the result; a full disk ends the whole export."""
    began = time.perf_counter()
    proven: ProvenArtifact | None = None
    failure: EfficientModError | None = None
    try:
        progress(f"{variant.name}: exact transforms")
        transformed = deployed(variant.recipe)
        source = transformed.program
        if variant.rounding is not None:
            progress(f"{variant.name}: rounding the weights")
            source = round_once(variant.recipe).program
        progress(f"{variant.name}: converting")
        target = find_target(variant.target)
        options = subject.options(variant.precision, ios=request.ios, labels=class_names)
        artifact = target.make(source, options, folder)
        progress(f"{variant.name}: proving")
        checks = prove(variant, artifact, subject.held, request.units)
        if variant.rounding is not None:
            checks += prove_rounding(variant, artifact, round_once(variant.recipe).held)
        else:
            checks += prove_graph(target, source, options, subject.held)
        proven = describe_artifact(
            artifact,
            transformed.certificate,
            checks,
            conclusions(variant, checks, subject.held),
            folder,
            subject.inputs,
            subject.outputs,
            float32_outputs(variant, artifact, subject.held),
            round_once(variant.recipe).evidence if variant.rounding else None,
        )
        failure = parity_failure(variant, checks)
    except EfficientModError as error:
        failure = error
    return VariantResult(variant.name, variant.target, variant.precision, proven, failure, time.perf_counter() - began)


def _kept(results: tuple[VariantResult, ...], request: ExportRequest) -> tuple[VariantResult, ...]:
    """The results whose artifact goes into the bundle."""
    return tuple(
        result for result in results if result.artifact and (request.keep_failed or not result.artifact.entry.failed)
    )


def _reason_to_write_nothing(results: tuple[VariantResult, ...], request: ExportRequest) -> str | None:
    kept = _kept(results, request)
    if not any(result.artifact for result in results):
        return "No artifact could be made, so no bundle was written."
    if not kept:
        return "No artifact passed its proof, so no bundle was written; --keep-failed keeps one, marked as failed."
    missing = [result.name for result in results if result not in kept]
    if missing and any(request.output.glob("*")):
        return (
            f"The earlier bundle in {request.output} was kept, since the new one would lack {', '.join(missing)}; "
            f"leave these out of --target and --precision, or name another --output."
        )
    return None


def _manifest(
    subject: Subject,
    class_names: tuple[str, ...] | None,
    results: tuple[VariantResult, ...],
    kept: tuple[VariantResult, ...],
    folder: Path,
) -> Manifest:
    """Write the bundle's other files into `folder`, and return the manifest that lists them and the artifacts."""
    proven = [result.artifact for result in kept if result.artifact]
    packages = (package for result in kept for package in find_target(result.target).packages)
    evidence = Evidence.of([artifact.evidence for artifact in proven], tool_versions(packages), subject.held.noise)
    network = subject.network
    return Manifest.of(
        generator=Generator.installed(),
        task=subject.task,
        model=Model(name=network.name, num_classes=network.num_classes, weights=subject.weights),
        inputs=subject.inputs,
        outputs=subject.outputs,
        after_network=subject.after_network,
        labels=write_labels(folder, class_names) if class_names else None,
        artifacts=[artifact.entry for artifact in proven],
        failed=[
            FailedVariant(target=result.target, precision=result.precision, reason=str(result.failure))
            for result in results
            if result not in kept
        ],
        golden=list(_write_golden(subject, folder)),
        proof=write_evidence(folder, evidence),
        other_files=[stored for artifact in proven for stored in artifact.other_files],
    )


def _write_golden(subject: Subject, folder: Path) -> Iterator[GoldenSample]:
    (declared,) = subject.inputs
    names = [output.name for output in subject.outputs]
    for sample, reference in zip(subject.held.samples, subject.held.references, strict=True):
        yield write_golden(
            folder,
            sample.name,
            sample.kind,
            inputs={declared.name: sample.tensor},
            outputs=dict(zip(names, reference, strict=True)),
            pictures={declared.name: sample.source},
            credit=PHOTO_CREDITS.get(sample.name),
        )
