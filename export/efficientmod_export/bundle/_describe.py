"""Entries of a bundle's files, made from what the earlier stages hand over and from the artifacts already written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from efficientmod_export._stages import Artifact, InputSpec, ModelFile, TensorSpec
from efficientmod_export._stages import Normalisation as PictureNormalisation
from efficientmod_export.bundle.contract import (
    ArtifactEntry,
    ArtifactEvidence,
    ArtifactInput,
    ArtifactOutput,
    Bundle,
    Check,
    Input,
    Normalisation,
    Output,
    Transforms,
    TransformStep,
    UnitProof,
)
from efficientmod_mobile.deploy import Certificate

TOOLS: Final = ("numpy", "pillow", "timm", "torch")
"""Packages whose version can change what any bundle holds, beside those of its targets."""


@dataclass(frozen=True)
class ProvenArtifact:
    """An artifact as the manifest lists it, and how it was made and proven."""

    entry: ArtifactEntry
    evidence: ArtifactEvidence

    def as_json(self) -> dict[str, Any]:
        """Plain values: the fields of both."""
        return {**self.evidence.model_dump(mode="json"), **self.entry.model_dump(mode="json")}


def describe_artifact(
    artifact: Artifact,
    certificate: Certificate,
    checks: Sequence[Check],
    proofs: Sequence[UnitProof],
    folder: Path,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
) -> ProvenArtifact:
    """An artifact that lies in the bundle's `folder`; `inputs` and `outputs` are the network's, in the same order."""
    entry = ArtifactEntry.at(
        folder,
        artifact.path.relative_to(folder).as_posix(),
        target=artifact.target,
        precision=artifact.precision,
        runtime=artifact.runtime,
        least_runtime=artifact.least_runtime,
        inputs=tuple(map(_input, artifact.inputs, inputs)),
        outputs=tuple(map(_output, artifact.outputs, outputs)),
        proofs=tuple(proofs),
    )
    evidence = ArtifactEvidence(
        file=entry.file,
        transforms=Transforms.of(certificate),
        rewrites=_steps(artifact.rewrites),
        delegates=artifact.delegates,
        outside=artifact.outside,
        rank=artifact.rank,
        checks=tuple(checks),
    )
    return ProvenArtifact(entry, evidence)


def model_file(bundle: Bundle, entry: ArtifactEntry) -> ModelFile:
    """An artifact of a bundle, as a runtime opens it."""
    inputs = tuple(
        InputSpec(own.name, own.shape, own.dtype, own.layout, _stated(own.normalisation)) for own in entry.inputs
    )
    outputs = tuple(TensorSpec(own.name, own.shape, own.dtype, own.layout) for own in entry.outputs)
    return ModelFile(bundle.path / entry.file, inputs, outputs)


def tool_versions(packages: Iterable[str]) -> dict[str, str]:
    """The version of each of TOOLS, and of these packages, that is installed."""
    installed = {}
    for tool in sorted({*TOOLS, *packages}):
        try:
            installed[tool] = metadata.version(tool)
        except metadata.PackageNotFoundError:
            continue
    return installed


def _input(spec: InputSpec, declared: Input) -> ArtifactInput:
    stated = spec.normalisation
    return ArtifactInput(
        name=spec.name,
        shape=spec.shape,
        dtype=spec.dtype,
        layout=spec.layout,
        input=declared.name,
        normalisation=Normalisation(mean=stated.mean, std=stated.std) if stated else None,
    )


def _output(spec: TensorSpec, declared: Output) -> ArtifactOutput:
    return ArtifactOutput(name=spec.name, shape=spec.shape, dtype=spec.dtype, layout=spec.layout, output=declared.name)


def _stated(normalisation: Normalisation | None) -> PictureNormalisation | None:
    return None if normalisation is None else PictureNormalisation(normalisation.mean, normalisation.std)


def _steps(applied: Mapping[str, int]) -> tuple[TransformStep, ...]:
    return tuple(TransformStep(transform=name, applied=count, refused=()) for name, count in applied.items())
