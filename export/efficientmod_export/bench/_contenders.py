"""What is measured: a bundle's own files, and the same network converted without transforms."""

from collections.abc import Callable, Sequence
from pathlib import Path

from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._picture_run import variant_of
from efficientmod_export._stages import ConversionOptions, ModelFile
from efficientmod_export._subject import converter_inputs
from efficientmod_export.bench._plan import Contender, Kind
from efficientmod_export.bench._result import Skipped
from efficientmod_export.bundle import model_file
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle
from efficientmod_export.targets import Configuration, Variant, find_target, target_names
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import EfficientModError, InputError

REFERENCE = "onnx"
"""Every bench measures ONNX Runtime, the runtime that most people know."""


def plain_name(name: str) -> str:
    """The name of a contender's plain conversion."""
    return f"{name} plain"


def runnable(bundle: Bundle, threads: int) -> tuple[list[ArtifactEntry], list[Skipped]]:
    """The artifacts that this machine's CPU runs, and the others. Raises InputError where it runs none."""
    entries, skipped = [], []
    for entry in bundle.manifest.artifacts:
        variant = variant_of(entry)
        reason = _reason_to_skip(variant, threads)
        if reason is None:
            entries.append(entry)
        else:
            skipped.append(Skipped(variant.name, f"{reason}; measure it on a device."))
    demand_one({entry.target for entry in entries}, skipped)
    return entries, skipped


def _reason_to_skip(variant: Variant, threads: int) -> str | None:
    configuration = _on_cpu(variant, threads)
    if configuration is None:
        return "it does not run on a CPU"
    return find_target(variant.target).runtime.missing(configuration)


def _on_cpu(variant: Variant, threads: int) -> Configuration | None:
    return next((found for found in variant.configurations(threads) if found.unit == "cpu"), None)


def demand_one(measurable: set[str], skipped: list[Skipped]) -> None:
    """Raise InputError, with all reasons, when no artifact can be measured."""
    if not measurable:
        reasons = " ".join(f"{one.name}: {one.reason}" for one in skipped)
        known = ", ".join(target_names())
        raise InputError(
            f"No artifact of this bundle runs here; export it for one of {known} as well. {reasons}".rstrip(),
            code="no_measurable_artifact",
        )


def artifact_contenders(bundle: Bundle, entries: list[ArtifactEntry], threads: int) -> list[Contender]:
    """The bundle's own files, each named as its variant."""
    return [
        _contender("artifact", variant.name, variant, model_file(bundle, entry), threads)
        for entry in entries
        for variant in (variant_of(entry),)
    ]


def plain_variants(entries: list[ArtifactEntry], *, baselines: bool) -> tuple[Variant, ...]:
    """What to convert plainly: with `baselines` each artifact's own variant; ONNX unless the bundle has it."""
    wanted = [variant_of(entry) for entry in entries] if baselines else []
    if all(entry.target != REFERENCE for entry in entries):
        wanted.append(find_target(REFERENCE).variants[0])
    return tuple(wanted)


def plain_contenders(
    program: Program,
    bundle: Bundle,
    wanted: Sequence[Variant],
    threads: int,
    folder: Path,
    report: Callable[[str], None],
) -> tuple[list[Contender], list[Skipped]]:
    """The untransformed program, converted for each target; and the targets where that fails."""
    contenders, skipped = [], []
    for variant in wanted:
        report(f"{variant.name}: plain conversion")
        options = ConversionOptions(
            precision=variant.precision,
            ios=DEFAULT_IOS,
            inputs=converter_inputs(bundle.manifest.inputs),
            labels=None,
            model_name=bundle.manifest.model.name,
            description=plain_name(variant.name),
        )
        try:
            made = find_target(variant.target).make(program, options, folder)
            contenders.append(_contender("plain", plain_name(variant.name), variant, made, threads))
        except EfficientModError as error:
            skipped.append(Skipped(plain_name(variant.name), str(error)))
    return contenders, skipped


def _contender(kind: Kind, name: str, variant: Variant, file: ModelFile, threads: int) -> Contender:
    configuration = _on_cpu(variant, threads)
    if configuration is None:
        raise ValueError(f"{name} does not run on a CPU")
    return Contender(kind, name, ModelFile(file.path.resolve(), file.inputs, file.outputs), configuration)
