"""The manifest's entries, made from what the earlier stages hand over and from the files already written."""

from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from efficientmod_export._stages import Artifact, InputSpec, ModelFile, TensorSpec
from efficientmod_export._stages import Normalisation as InputNormalisation
from efficientmod_export.bundle._digest import digest, total_size
from efficientmod_export.bundle._manifest import (
    SEEDED_STATEMENT,
    ArtifactEntry,
    Generator,
    InputTensor,
    Labels,
    Normalisation,
    Refused,
    Tensor,
    Transforms,
    TransformStep,
    WeightsSource,
)
from efficientmod_export.bundle._read import Bundle
from efficientmod_export.parity import Check
from efficientmod_mobile import Weights
from efficientmod_mobile.deploy import Certificate

LABELS_NAME = "labels.txt"
GENERATOR: Final = "efficientmod-mobile"
TOOLS = ("numpy", "pillow", "timm", "torch")
"""Packages whose version can change what any bundle holds, beside those of its targets."""


def describe_generator() -> Generator:
    """The toolkit at the version installed."""
    return Generator(name=GENERATOR, version=metadata.version(GENERATOR))


def describe_weights(weights: Weights) -> WeightsSource:
    """With the statement that the summary and the apps show."""
    statements = {
        "checkpoint": f"checkpoint, SHA-256 {weights.sha256}",
        "seeded": SEEDED_STATEMENT,
        "module": "as the module carries them",
    }
    return WeightsSource(
        kind=weights.kind, sha256=weights.sha256, seed=weights.seed, statement=statements[weights.kind]
    )


def describe_artifact(
    artifact: Artifact,
    certificate: Certificate,
    checks: Sequence[Check],
    folder: Path,
) -> ArtifactEntry:
    """The entry of an artifact that lies in the bundle's `folder`."""
    return ArtifactEntry(
        file=artifact.path.relative_to(folder).as_posix(),
        sha256=digest(artifact.path),
        size=total_size(artifact.path),
        target=artifact.target,
        kind="folder" if artifact.path.is_dir() else "file",
        precision=artifact.precision,
        runtime=artifact.runtime,
        least_runtime=artifact.least_runtime,
        inputs=tuple(map(_input, artifact.inputs)),
        outputs=tuple(map(_output, artifact.outputs)),
        delegates=artifact.delegates,
        outside=artifact.outside,
        rank=artifact.rank,
        transforms=_transforms(certificate),
        checks=tuple(checks),
    )


def model_file(bundle: Bundle, entry: ArtifactEntry) -> ModelFile:
    """An artifact of a bundle, as a runtime opens it."""
    inputs = tuple(
        InputSpec(spec.name, spec.shape, spec.dtype, spec.layout, _stated(spec.normalisation)) for spec in entry.inputs
    )
    outputs = tuple(TensorSpec(spec.name, spec.shape, spec.dtype, spec.layout) for spec in entry.outputs)
    return ModelFile(bundle.path / entry.file, inputs, outputs)


def _stated(normalisation: Normalisation | None) -> InputNormalisation | None:
    return None if normalisation is None else InputNormalisation(normalisation.mean, normalisation.std)


def write_labels(folder: Path, labels: Sequence[str]) -> Labels:
    """Write `labels.txt` into `folder`."""
    path = folder / LABELS_NAME
    path.write_bytes("".join(f"{label}\n" for label in labels).encode())
    return Labels(file=LABELS_NAME, sha256=digest(path), size=total_size(path), count=len(labels))


def tool_versions(packages: Iterable[str]) -> dict[str, str]:
    """The version of each of TOOLS, and of these packages, that is installed."""
    installed = {}
    for tool in sorted({*TOOLS, *packages}):
        try:
            installed[tool] = metadata.version(tool)
        except metadata.PackageNotFoundError:
            continue
    return installed


def _input(spec: InputSpec) -> InputTensor:
    stated = spec.normalisation
    return InputTensor(
        name=spec.name,
        shape=spec.shape,
        dtype=spec.dtype,
        layout=spec.layout,
        normalisation=Normalisation(mean=stated.mean, std=stated.std) if stated else None,
    )


def _output(spec: TensorSpec) -> Tensor:
    return Tensor(name=spec.name, shape=spec.shape, dtype=spec.dtype, layout=spec.layout)


def _transforms(certificate: Certificate) -> Transforms:
    """The certificate as the manifest carries it."""
    return Transforms(
        steps=tuple(
            TransformStep(
                transform=step.transform,
                applied=step.applied,
                refused=tuple(Refused(where=refusal.where, reason=refusal.reason) for refusal in step.refused),
            )
            for step in certificate.steps
        ),
        nodes_before=certificate.nodes_before,
        nodes_after=certificate.nodes_after,
        float64_error=certificate.float64_error,
        float32_error=certificate.float32_error,
        tolerance=certificate.tolerance,
    )
