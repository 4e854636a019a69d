"""An export from end to end; the body of `run_export` is its numbered stages."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from efficientmod_export._asked import asked_subject
from efficientmod_export._calibration import calibration_of
from efficientmod_export._earlier import earlier_proofs
from efficientmod_export._make import Material, make_variants
from efficientmod_export._pixel_scale import pixels_expected
from efficientmod_export._request import ExportRequest, check_labels, read_labels, select_variants
from efficientmod_export._result import ExportResult, VariantResult
from efficientmod_export._rounding_there import check_scheduler
from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export._subject import Subject, with_noise
from efficientmod_export.bundle import (
    BundleWriter,
    Credits,
    tool_versions,
    write_card,
)
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
from efficientmod_export.parity import FLOAT_KINDS, picture_credit
from efficientmod_export.targets import find_target


def run_export(
    request: ExportRequest, *, verbose: bool = False, progress: ProgressReport = report_nothing
) -> ExportResult:
    """Convert a network, prove each artifact against PyTorch, and write a bundle, as `export` says."""
    selection = select_variants(request)
    check_scheduler(request, selection.variants)
    with BundleWriter(request.output) as writer, nullcontext() if verbose else quiet():
        # 1. The network, its preprocessing, and what PyTorch computes.
        progress("loading the network and running it in PyTorch")
        subject = asked_subject(request)
        network = subject.network
        class_names = _labels(request.labels, network.num_classes)
        calibration = calibration_of(subject, request.calibrate)

        # 2. Its program.
        progress("capturing the program")
        program = subject.capture()
        kinds = {*FLOAT_KINDS, *(place.noise for variant in selection.variants for place in variant.places)}
        subject = with_noise(subject, program, kinds)

        # 3. For each variant the exact transforms, the conversion and the proof; each target in a process of its own.
        material = Material(
            request,
            subject,
            program,
            class_names,
            calibration,
            earlier_proofs(request.output, subject.held),
            writer.folder,
        )
        results = make_variants(selection.variants, material, progress)

        # 4. The bundle, whole or not at all.
        progress("writing the bundle")
        note, digest = _reason_to_write_nothing(results, request), None
        if note is None:
            kept = _kept(results, request)
            manifest = _with_card(
                _manifest(subject, class_names, results, kept, writer.folder), kept, request.credits, writer.folder
            )
            digest = writer.commit(manifest).sha256
    weights = subject.weights.statement
    bundle = None if note else request.output
    remarks = (
        *(network.weights.notes if network.weights.kind == "seeded" else ()),
        *pixels_expected(program, subject.inputs),
        *([subject.left_out] if subject.left_out else []),
    )
    return ExportResult(
        network.name, weights, remarks, subject.pictures, bundle, digest, results, selection.lacking, note
    )


def _labels(labels: Path | tuple[str, ...] | None, num_classes: int | None) -> tuple[str, ...] | None:
    if labels is None:
        return None
    if isinstance(labels, Path):
        return read_labels(labels, num_classes)
    return check_labels(labels, num_classes, "the labels")


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


def _with_card(manifest: Manifest, kept: tuple[VariantResult, ...], credited: Credits, folder: Path) -> Manifest:
    """Write the README.md that says what the manifest does, and add it to the manifest's files."""
    evidence = [result.artifact.evidence for result in kept if result.artifact]
    targets = {result.target: find_target(result.target) for result in kept}
    code = {name: target.code for name, target in targets.items() if target.code}
    card = write_card(folder, manifest, evidence, credited, code)
    return manifest.model_copy(update={"other_files": (*manifest.other_files, card)})


def _write_golden(subject: Subject, folder: Path) -> Iterator[GoldenSample]:
    taken, given = ([one.name for one in declared] for declared in (subject.inputs, subject.outputs))
    for sample, reference in zip(subject.held.samples, subject.held.references, strict=True):
        yield write_golden(
            folder,
            sample.name,
            sample.kind,
            inputs={name: one.tensor for name, one in zip(taken, sample.inputs, strict=True)},
            outputs=dict(zip(given, reference, strict=True)),
            pictures={
                name: one.source for name, one in zip(taken, sample.inputs, strict=True) if one.source is not None
            },
            attributions={name: picture_credit(sample.name, place) for place, name in enumerate(taken)},
        )
