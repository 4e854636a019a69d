"""The bundle's README.md: a model card for somebody who gets the folder and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from efficientmod_export.bundle._preprocessing import Preprocessing
from efficientmod_export.bundle.contract import (
    ArtifactEntry,
    ArtifactEvidence,
    ArtifactInput,
    Input,
    Manifest,
    StoredFile,
)

CARD_NAME = "README.md"
MEGABYTE = 1_000_000

_MEANINGS = {
    "logits": "logits: real numbers, of which softmax makes probabilities",
    "probabilities": "probabilities, each in [0, 1]",
    "embedding": "an embedding: a vector that describes the picture",
    "features": "features: a map, or several tokens",
    "rgb": "a picture in RGB, normalised as the input is",
}
_RULES = {
    "shorter_side": "the shorter side resized to {height}",
    "cover": "resized, with its proportions, so that it covers {height}x{width}",
    "stretch": "stretched to {height}x{width}",
    "letterbox": "resized, with its proportions, to fit into {height}x{width}, the border filled with the mean colour",
}


@dataclass(frozen=True)
class Credits:
    """What a user says of the network; None where nothing is said."""

    author: str | None = None
    license: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class LoadingCode:
    """Code that loads a file of a target and runs it; `{file}`, `{height}`, `{width}`, `{input}` and `{output}` are put
    in. None where the target is not for that platform.
    """

    kotlin: str | None = None
    swift: str | None = None


def write_card(
    folder: Path,
    manifest: Manifest,
    evidence: Sequence[ArtifactEvidence],
    credited: Credits,
    code: Mapping[str, LoadingCode],
) -> StoredFile:
    """Write `README.md`; `evidence` is that of the manifest's artifacts, `code` is by the targets' names."""
    text = "\n".join(_card(manifest, evidence, credited, code))
    (folder / CARD_NAME).write_text(f"{text}\n", encoding="utf-8")
    return StoredFile.of(folder, CARD_NAME)


def _card(
    manifest: Manifest, evidence: Sequence[ArtifactEvidence], credited: Credits, code: Mapping[str, LoadingCode]
) -> Iterator[str]:
    model = manifest.model
    yield from (f"# {model.name}", "")
    if credited.description:
        yield from (credited.description, "")
    classes = f", {model.num_classes} classes" if model.num_classes else ""
    labels = f", named in `{manifest.labels.file}`" if manifest.labels else ""
    yield from _table(
        ("", ""),
        [
            ("task", f"{manifest.task.name}{classes}{labels}"),
            ("weights", model.weights.statement),
            ("author", credited.author or "not stated"),
            ("licence", credited.license or "not stated"),
            ("made with", f"{manifest.generator.name} {manifest.generator.version}"),
        ],
    )
    yield from ("## What goes in", "")
    for declared in manifest.inputs:
        yield f"`{declared.name}`, {_shape(declared.shape)}: {_made_of(declared)}"
    yield from ("", "Each file takes it in a form of its own:", "")
    yield from _table(("file", "takes"), [(f"`{entry.file}`", _taken(entry)) for entry in manifest.artifacts])
    yield from ("## What comes out", "")
    outputs = [
        (f"`{one.name}`", _shape(one.shape), _MEANINGS.get(one.meaning, one.meaning)) for one in manifest.outputs
    ]
    yield from _table(("output", "shape", "what it is"), outputs)
    steps = [f"{step.step} of `{step.output}`" for step in manifest.after_network]
    if steps:
        yield from (f"After the network, an app does: {', then '.join(steps)}.", "")
    yield from ("## The files, and how far each is from PyTorch", "")
    yield from _table(
        ("file", "runs in", "size", "on", "is", "largest error / range"), list(_proofs(manifest, evidence))
    )
    coded = [(entry, code[entry.target]) for entry in manifest.artifacts if entry.target in code]
    yield from _code("Kotlin", [(entry, own.kotlin) for entry, own in coded])
    yield from _code("Swift", [(entry, own.swift) for entry, own in coded])
    yield "`manifest.json` says all of this for programs, `proof.json` has the evidence, and `golden/` pictures with"
    yield "the reference's outputs, from which a phone, or `efficientmod verify`, proves the files again."


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"


def _made_of(declared: Input) -> str:
    return "a tensor." if declared.preprocessing is None else picture_sentence(declared.preprocessing)


def picture_sentence(preprocessing: Preprocessing) -> str:
    """How pictures become the input, for people."""
    resize, crop = preprocessing.resize, preprocessing.crop
    rule = _RULES[resize.rule].format(height=resize.height, width=resize.width)
    whole = (resize.height, resize.width) == (crop.height, crop.width) and resize.rule != "shorter_side"
    cut = "" if whole else f", its {crop.position.replace('_', ' ')} {crop.height}x{crop.width} cropped"
    mean, std = (", ".join(f"{value:g}" for value in values) for values in (preprocessing.mean, preprocessing.std))
    return (
        f"an upright RGB picture, {rule} ({resize.interpolation}){cut}, each value divided by 255, minus {mean}, "
        f"divided by {std}."
    )


def _taken(entry: ArtifactEntry) -> str:
    return "; ".join(
        f"`{own.name}`, {own.dtype} {_shape(own.shape)}, {own.layout}: {_values(own)}" for own in entry.inputs
    )


def _values(own: ArtifactInput) -> str:
    if own.normalisation is None:
        return "the values themselves"
    plain = not any(own.normalisation.mean) and set(own.normalisation.std) == {1.0}
    return "pixels divided by 255" if plain else "normalised as above"


def _proofs(manifest: Manifest, evidence: Sequence[ArtifactEvidence]) -> Iterator[tuple[str, ...]]:
    for entry, found in zip(manifest.artifacts, evidence, strict=True):
        size = f"{entry.size / MEGABYTE:.1f} MB"
        for proof in entry.proofs:
            checks = [
                check.verdict.worst
                for check in found.checks
                if check.unit in (proof.unit, None) and check.gate in ("runtime", "numerics") and check.verdict.worst
            ]
            error = "-" if not checks else f"{max(one.max_relative_error for one in checks[-1]):.1e}"
            place = f"{proof.unit}, {proof.compute_precision}"
            shown = error if proof.state in ("proven", "interpreted", "failed") else "-"
            yield f"`{entry.file}`", f"{entry.runtime} {entry.least_runtime}", size, place, proof.state, shown


def _code(language: str, snippets: Sequence[tuple[ArtifactEntry, str | None]]) -> Iterator[str]:
    """The code for the first file of each target that has some, where the network takes one input."""
    seen: set[str] = set()
    for entry, text in snippets:
        if text is None or entry.target in seen or len(entry.inputs) != 1:
            continue
        if not seen:
            yield from (f"## In {language}", "")
        seen.add(entry.target)
        own, given = entry.inputs[0], entry.outputs[0]
        sides = own.shape[1:3] if own.layout == "NHWC" else own.shape[-2:]
        values = {"file": entry.file, "input": own.name, "output": given.name, "height": sides[0], "width": sides[1]}
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        yield from (f"```{language.lower()}", text.strip(), "```", "")
