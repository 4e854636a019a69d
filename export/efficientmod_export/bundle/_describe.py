"""The entries of the manifest and of `proof.json`, from the earlier stages' results and the artifacts on disk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from efficientmod_export._plain import PlainRecord
from efficientmod_export._stages import Artifact, InputSpec, ModelFile, Outputs, TensorSpec
from efficientmod_export._stages import Normalisation as PictureNormalisation
from efficientmod_export.bundle.contract import (
    ArtifactEntry,
    ArtifactEvidence,
    ArtifactInput,
    ArtifactOutput,
    Bundle,
    Calibration,
    Check,
    Input,
    Normalisation,
    Output,
    Rounding,
    StoredFile,
    Transforms,
    TransformStep,
    UnitProof,
    read_tensor,
)
from efficientmod_mobile.deploy import Certificate

RECORDED: Final = "recorded"
"""The folder of the float32 outputs."""

TOOLS: Final = ("numpy", "pillow", "timm", "torch")
"""Packages whose version can change the content of any bundle, beside those of its targets."""


@dataclass(frozen=True)
class ProvenArtifact(PlainRecord):
    """An artifact as the manifest lists it, and how it was made and proven."""

    entry: ArtifactEntry
    evidence: ArtifactEvidence

    @property
    def other_files(self) -> tuple[StoredFile, ...]:
        """The files that belong to the artifact, without itself."""
        return tuple(stored for results in self.evidence.float32_outputs for stored in results)

    def as_json(self) -> dict[str, Any]:
        """Plain values: the fields of both records."""
        return {**self.evidence.model_dump(mode="json"), **self.entry.model_dump(mode="json")}


def describe_artifact(
    artifact: Artifact,
    certificate: Certificate,
    checks: Sequence[Check],
    proofs: Sequence[UnitProof],
    folder: Path,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
    float32_outputs: Sequence[Outputs] = (),
    rounding: Rounding | None = None,
    calibration: Calibration | None = None,
) -> ProvenArtifact:
    """Describe an artifact in the bundle's `folder`; `inputs` and `outputs` are the network's, in the same order.

    `float32_outputs`, one for each golden sample, are written beside it.
    """
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
        calibration=calibration,
    )
    evidence = ArtifactEvidence(
        file=entry.file,
        transforms=Transforms.of(certificate),
        rewrites=_steps(artifact.rewrites),
        delegates=artifact.delegates,
        outside=artifact.outside,
        rank=artifact.rank,
        rounding=rounding,
        checks=tuple(checks),
        float32_outputs=tuple(
            tuple(
                _write_recorded(folder, f"{artifact.path.name}.{place}.{declared.name}", values)
                for declared, values in zip(outputs, results, strict=True)
            )
            for place, results in enumerate(float32_outputs)
        ),
    )
    return ProvenArtifact(entry, evidence)


def read_recorded(bundle: Bundle, evidence: ArtifactEvidence) -> tuple[Outputs, ...]:
    """An artifact's recorded float32 outputs, one for each golden sample."""
    declared = bundle.manifest.outputs
    return tuple(
        tuple(
            read_tensor(bundle.path / stored.file, output.shape, output.dtype)
            for stored, output in zip(results, declared, strict=True)
        )
        for results in evidence.float32_outputs
    )


def _write_recorded(folder: Path, name: str, values: NDArray[np.float32]) -> StoredFile:
    file = f"{RECORDED}/{name}.bin"
    (folder / RECORDED).mkdir(exist_ok=True)
    stored = values.dtype.newbyteorder("<")
    (folder / file).write_bytes(np.ascontiguousarray(values, stored).tobytes())
    return StoredFile.of(folder, file)


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
