"""What is measured: a bundle's own files, and the same network converted plainly."""

from collections.abc import Callable
from pathlib import Path

from efficientmod_export._stages import ConversionOptions, Precision
from efficientmod_export.bench._plan import Contender
from efficientmod_export.bench._result import Skipped
from efficientmod_export.bench._runtimes import RUNTIMES
from efficientmod_export.bundle import ArtifactEntry, Bundle, Manifest
from efficientmod_export.targets import BACKENDS
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import EfficientModError, InputError

REFERENCE = "onnx"
"""ONNX Runtime is in every bench, as the runtime that most people know."""

LEAST_IOS = 16  # asked for by the options, and of no meaning for the targets that are measured here


def plain_name(target: str) -> str:
    """The contender that is a target's plain conversion."""
    return f"{target} plain"


def runnable(bundle: Bundle) -> tuple[list[ArtifactEntry], list[Skipped]]:
    """The artifacts whose runtime is measured here, and the others. Raises InputError where there are only others."""
    entries = [entry for entry in bundle.manifest.artifacts if entry.target in RUNTIMES]
    skipped = [
        Skipped(entry.target, "its runtime is not measured on this machine; the demo app measures it on the device.")
        for entry in bundle.manifest.artifacts
        if entry.target not in RUNTIMES
    ]
    demand_one({entry.target for entry in entries}, skipped)
    return entries, skipped


def demand_one(measurable: set[str], skipped: list[Skipped]) -> None:
    """Raise InputError, with all reasons, when no artifact is measurable."""
    if not measurable:
        reasons = " ".join(f"{one.name}: {one.reason}" for one in skipped)
        raise InputError(
            f"No artifact of this bundle runs here; export it for {' or '.join(RUNTIMES)} as well. {reasons}".rstrip()
        )


def artifact_contenders(bundle: Bundle, entries: list[ArtifactEntry]) -> list[Contender]:
    """The bundle's own files, each named as its target."""
    return [Contender(entry.target, entry.target, str((bundle.path / entry.file).resolve())) for entry in entries]


def plain_precisions(entries: list[ArtifactEntry], *, baselines: bool) -> dict[str, Precision]:
    """Targets to convert plainly: with `baselines` each artifact's own; ONNX unless the bundle has it."""
    wanted: dict[str, Precision] = {entry.target: entry.precision for entry in entries} if baselines else {}
    if all(entry.target != REFERENCE for entry in entries):
        wanted[REFERENCE] = "fp32"
    return wanted


def plain_contenders(
    program: Program,
    manifest: Manifest,
    wanted: dict[str, Precision],
    folder: Path,
    report: Callable[[str], None],
) -> tuple[list[Contender], list[Skipped]]:
    """The untransformed program, converted by each target's own backend; and what cannot be converted."""
    contenders, skipped = [], []
    for target, precision in wanted.items():
        report(f"{target}: plain conversion")
        options = ConversionOptions(
            precision=precision,
            ios=LEAST_IOS,
            mean=manifest.preprocessing.mean,
            std=manifest.preprocessing.std,
            labels=None,
            model_name=manifest.model.name,
            description=plain_name(target),
        )
        try:
            path = BACKENDS[target].convert(program, options, folder).path
            contenders.append(Contender(plain_name(target), target, str(path)))
        except EfficientModError as error:
            skipped.append(Skipped(plain_name(target), str(error)))
    return contenders, skipped
