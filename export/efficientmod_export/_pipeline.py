"""An export from end to end; the body of `export_bundle` is its numbered stages."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from pydantic import ValidationError

from efficientmod_export._prove import Held, parity_failure, prove, prove_graph
from efficientmod_export._reference import reference_outputs
from efficientmod_export._request import ExportRequest, read_labels, select_variants
from efficientmod_export._result import ExportResult, VariantResult
from efficientmod_export._stages import ConversionOptions, ProgressReport, report_nothing
from efficientmod_export.bundle import (
    ArtifactEntry,
    BundleWriter,
    FailedTarget,
    Manifest,
    Model,
    Preprocessing,
    describe_artifact,
    describe_generator,
    describe_weights,
    tool_versions,
    write_golden,
    write_labels,
)
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import make_samples
from efficientmod_export.targets import Variant, find_target
from efficientmod_mobile import Network, load_network
from efficientmod_mobile.deploy import Deployed, Original, Recipe, capture, deploy
from efficientmod_mobile.errors import EfficientModError, ModelError, ParityError

Deploy = Callable[[Recipe], Deployed]


@dataclass(frozen=True)
class Subject:
    """A network, how pictures become its input, and what PyTorch makes of the parity samples."""

    network: Network
    preprocessing: Preprocessing
    labels: tuple[str, ...] | None
    held: Held


def export_bundle(
    model: str | None = None,
    *,
    checkpoint: str | None = None,
    targets: tuple[str, ...] = ("all",),
    output: Path | str = "out",
    precisions: tuple[str, ...] = (),
    resolution: tuple[int, int] | None = None,
    labels: Path | None = None,
    ios: int = 16,
    keep_failed: bool = False,
    keep_onnx: bool = False,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> ExportResult:
    """Convert a network, prove each artifact against PyTorch, and write a bundle to the folder `output`.

    `model` is `efficientmod_s`, `timm/NAME` or `package.module:function`; `checkpoint` a file or
    `hf-hub:owner/name`; at least one of them is needed. `targets` are names of targets, or `all`: what phones run by
    default. `resolution` is (H, W) in pixels, None the network's own. Each target is made in each of `precisions` that
    it has, without them in its own default. `progress` is told each stage as it begins.

    One artifact's failure does not stop the others: it is in the result, whose `raise_for_failure` raises it. No bundle
    is written when an artifact fails its parity (unless `keep_failed`), when none could be made, or when one failed and
    an earlier bundle would be replaced by a poorer one.

    Raises InputError, DependencyError or ConversionError for what concerns all of them.
    """
    request = ExportRequest(
        model=model,
        checkpoint=checkpoint,
        targets=targets,
        output=Path(output),
        precisions=precisions,
        resolution=resolution,
        labels=labels,
        ios=ios,
        keep_failed=keep_failed,
        keep_onnx=keep_onnx,
    )
    selection = select_variants(request)
    with BundleWriter(request.output) as writer, nullcontext() if verbose else quiet():
        # 1. The network, its preprocessing, and what PyTorch computes.
        progress("loading the network and running it in PyTorch")
        subject = _load(request)

        # 2. Its program.
        progress("capturing the program")
        program = capture(subject.network.module, example_input(subject.preprocessing))

        # 3. For each variant the exact transforms, the conversion and the proof.
        original = Original.of(program)
        deployed = cache(lambda recipe: deploy(program, recipe, original))
        results = tuple(
            _make(variant, subject, request, deployed, writer.folder, progress) for variant in selection.variants
        )

        # 4. The bundle, whole or not at all.
        progress("writing the bundle")
        note = _reason_to_write_nothing(results, request)
        if note is None:
            writer.commit(_manifest(subject, results, writer.folder))
    weights = describe_weights(subject.network.weights).statement
    bundle = None if note else request.output
    return ExportResult(subject.network.name, weights, bundle, results, selection.lacking, note)


def preprocessing_of(network: Network, resolution: tuple[int, int] | None) -> Preprocessing:
    """How pictures become the network's input, at `resolution` (H, W) or the network's own.

    Raises ModelError where the network's own configuration contradicts itself.
    """
    try:
        return Preprocessing.from_config(network.preprocessing, resolution or network.preprocessing.input_size)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ModelError(f"The preprocessing that {network.name} asks for cannot be done ({reason}).") from error


def example_input(preprocessing: Preprocessing) -> torch.Tensor:
    """The zeros (1, 3, H, W) that a program is captured with; only their shape matters."""
    return torch.zeros(1, 3, preprocessing.crop.height, preprocessing.crop.width)


def _load(request: ExportRequest) -> Subject:
    network = load_network(request.model, request.checkpoint)
    preprocessing = preprocessing_of(network, request.resolution)
    labels = read_labels(request.labels, network.num_classes) if request.labels else None
    samples = make_samples(preprocessing)
    return Subject(network, preprocessing, labels, Held(samples, reference_outputs(network.module, samples)))


def _make(
    variant: Variant, subject: Subject, request: ExportRequest, deployed: Deploy, folder: Path, progress: ProgressReport
) -> VariantResult:
    """Convert and prove one variant. A failure of its own is in the result; a full disk ends the whole export."""
    began = time.perf_counter()
    entry: ArtifactEntry | None = None
    failure: EfficientModError | None = None
    try:
        progress(f"{variant.name}: exact transforms")
        transformed = deployed(variant.recipe)
        progress(f"{variant.name}: converting")
        options, target = _options(variant, subject, request), find_target(variant.target)
        artifact = target.make(transformed.program, options, folder)
        progress(f"{variant.name}: proving")
        checks = prove(variant, artifact, subject.held) + prove_graph(
            target, transformed.program, options, subject.held
        )
        entry = describe_artifact(artifact, transformed.certificate, checks, folder)
        failure = parity_failure(variant, checks)
    except EfficientModError as error:
        failure = error
    return VariantResult(variant.name, variant.target, variant.precision, entry, failure, time.perf_counter() - began)


def _options(variant: Variant, subject: Subject, request: ExportRequest) -> ConversionOptions:
    weights = subject.network.weights
    return ConversionOptions(
        precision=variant.precision,
        ios=request.ios,
        mean=subject.preprocessing.mean,
        std=subject.preprocessing.std,
        labels=subject.labels,
        model_name=subject.network.name,
        description=f"{subject.network.name}, weights: {describe_weights(weights).statement}.",
        version=weights.sha256[:12] if weights.sha256 else weights.kind,
    )


def _reason_to_write_nothing(results: tuple[VariantResult, ...], request: ExportRequest) -> str | None:
    if not any(result.failure for result in results):
        return None
    if not any(result.artifact for result in results):
        return "No target could be made, so no bundle was written."
    if any(isinstance(result.failure, ParityError) for result in results) and not request.keep_failed:
        return "An artifact failed its parity, so no bundle was written; --keep-failed keeps it, marked as failed."
    missing = [result.name for result in results if result.artifact is None]
    if missing and any(request.output.glob("*")):
        return (
            f"The earlier bundle in {request.output} was kept, since the new one would lack {', '.join(missing)}; "
            f"leave that target out, or name another --output."
        )
    return None


def _manifest(subject: Subject, results: tuple[VariantResult, ...], folder: Path) -> Manifest:
    artifacts: tuple[ArtifactEntry, ...] = tuple(result.artifact for result in results if result.artifact)
    network = subject.network
    return Manifest(
        schema_version=1,
        generator=describe_generator(),
        status="failed" if any(entry.failed for entry in artifacts) else "passed",
        model=Model(name=network.name, num_classes=network.num_classes, weights=describe_weights(network.weights)),
        preprocessing=subject.preprocessing,
        labels=write_labels(folder, subject.labels) if subject.labels else None,
        artifacts=artifacts,
        failed_targets=tuple(
            FailedTarget(target=result.target, reason=str(result.failure))
            for result in results
            if result.artifact is None
        ),
        golden=write_golden(folder, subject.held.samples, subject.held.references),
        tools=tool_versions(package for result in results for package in find_target(result.target).packages),
    )
