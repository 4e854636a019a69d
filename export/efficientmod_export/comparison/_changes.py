"""What two manifests say differently, and what an app must do about it."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import (
    ArtifactEntry,
    ArtifactInput,
    ArtifactOutput,
    Bundle,
    Input,
    Manifest,
    Normalisation,
    Output,
    Weights,
)
from efficientmod_export.comparison._result import Change

Part = TypeVar("Part")
Field = tuple[str, Callable[[Part], str], str | None]
"""A field's name, its value as text, and what an app must do where it is another; `{after}` is the new value."""

MEGABYTE = 1_000_000
SHOWN = 3
PASSED = ("proven", "interpreted")


def changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    """All of them, in the order of an app's work: input, network, output, labels, files."""
    one, other = before.manifest, after.manifest
    if other.status == "failed":
        yield Change("proof", one.status, "failed", "Do not ship it: a file does not compute what PyTorch computes.")
    yield from _of_fields("", one, other, _MANIFEST)
    yield from _inputs(one, other)
    yield from _outputs(one, other)
    yield from _labels(before, after)
    yield from _artifacts(one, other)


def _of_fields(of: str, before: Part, after: Part, fields: Sequence[Field[Part]]) -> Iterator[Change]:
    for name, value, must in fields:
        old, new = value(before), value(after)
        if old != new:
            yield Change(f"{of}{name}", old, new, None if must is None else must.format(after=new))


def _weights(weights: Weights) -> str:
    told = weights.sha256 is None or weights.sha256 in weights.statement
    return weights.statement if told else f"{weights.statement}, SHA-256 {weights.sha256}"


def _steps(manifest: Manifest) -> str:
    told = [
        f"{step.step} of {step.output}" + (f" ({_parameters(step.parameters)})" if step.parameters else "")
        for step in manifest.after_network
    ]
    return ", then ".join(told) or "nothing"


def _parameters(parameters: object) -> str:
    named = parameters.items() if isinstance(parameters, dict) else ()
    return ", ".join(f"{name} {value}" for name, value in named)


_MANIFEST: tuple[Field[Manifest], ...] = (
    ("format", lambda one: one.format_version, None),
    ("model", lambda one: one.model.name, None),
    ("weights", lambda one: _weights(one.model.weights), None),
    ("task", lambda one: one.task.name, "Use the results for {after}."),
    ("after the network", _steps, "After the network do: {after}."),
)


def _shape(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


_PREPROCESSING: tuple[Field[Preprocessing], ...] = (
    ("size", lambda one: f"{one.crop.height}x{one.crop.width}", "Give pictures of {after} (height x width)."),
    (
        "resizing",
        lambda one: f"{one.resize.rule} {one.resize.height}x{one.resize.width} by {one.resize.interpolation}",
        "Resize pictures so: {after}.",
    ),
    (
        "crop",
        lambda one: one.crop.position + (f", filled with {_numbers(one.crop.fill)}" if one.crop.fill else ""),
        "Crop at: {after}.",
    ),
    # Whether an app does it, the artifacts' own normalisation says.
    ("mean", lambda one: _numbers(one.mean), None),
    ("std", lambda one: _numbers(one.std), None),
)

_INPUT: tuple[Field[Input], ...] = (
    ("name", lambda one: one.name, None),
    ("kind", lambda one: one.kind, "Give a {after}."),
    ("dtype", lambda one: one.dtype, "Give {after}."),
)


def _inputs(before: Manifest, after: Manifest) -> Iterator[Change]:
    if len(before.inputs) != len(after.inputs):
        old, new = (", ".join(one.name for one in manifest.inputs) for manifest in (before, after))
        yield Change("inputs", old, new, f"Give {new}.")
        return
    for old_input, new_input in zip(before.inputs, after.inputs, strict=True):
        of = f"input {new_input.name}: "
        yield from _of_fields(of, old_input, new_input, _INPUT)
        if old_input.preprocessing and new_input.preprocessing:
            yield from _of_fields(of, old_input.preprocessing, new_input.preprocessing, _PREPROCESSING)
        elif old_input.shape != new_input.shape:
            new = _shape(new_input.shape)
            yield Change(f"{of}shape", _shape(old_input.shape), new, f"Give a tensor of {new}.")


_MEANINGS = {
    ("logits", "probabilities"): "Leave out the softmax: the scores are probabilities.",
    ("probabilities", "logits"): "Make probabilities of the scores with softmax.",
}


def _outputs(before: Manifest, after: Manifest) -> Iterator[Change]:
    if len(before.outputs) != len(after.outputs):
        old, new = (", ".join(one.name for one in manifest.outputs) for manifest in (before, after))
        yield Change("outputs", old, new, f"Read {new}.")
        return
    fields: tuple[Field[Output], ...] = (
        ("name", lambda one: one.name, None),
        ("role", lambda one: one.role, "Use it as {after}."),
        ("shape", lambda one: _shape(one.shape), "Read a tensor of {after}."),
        ("dtype", lambda one: one.dtype, "Read {after}."),
    )
    for old_output, new_output in zip(before.outputs, after.outputs, strict=True):
        of = f"output {new_output.name}: "
        yield from _of_fields(of, old_output, new_output, fields)
        if old_output.meaning != new_output.meaning:
            pair = old_output.meaning, new_output.meaning
            yield Change(f"{of}meaning", *pair, _MEANINGS.get(pair, f"Read its numbers as {pair[1]}."))


def _labels(before: Bundle, after: Bundle) -> Iterator[Change]:
    old, new = before.labels(), after.labels()
    if old == new:
        return
    if old is None or new is None:
        had, has = (None if names is None else f"{len(names)} names" for names in (old, new))
        yield Change("class names", had, has, "Name the classes yourself." if new is None else None)
        return
    if len(old) != len(new):
        yield Change("class names", f"{len(old)} names", f"{len(new)} names", "Take the names from its labels file.")
    other = [place for place, (one, two) in enumerate(zip(old, new, strict=False)) if one != two]
    if other:
        first = [f"{place}: {old[place]}, now {new[place]}" for place in other[:SHOWN]]
        more = [f"and {len(other) - SHOWN} more"] if len(other) > SHOWN else []
        moved = sum(new[place] in old for place in other)
        what = f"{_classes(len(other))} another name" + (f", {moved} of them only another place" if moved else "")
        yield Change(f"{what} ({'; '.join([*first, *more])})", None, None, "Take the names from its labels file.")


def _classes(count: int) -> str:
    return f"{count} class has" if count == 1 else f"{count} classes have"


def _normalisation(stated: Normalisation | None) -> str:
    return "none" if stated is None else f"mean {_numbers(stated.mean)}, std {_numbers(stated.std)}"


_TAKEN: tuple[Field[ArtifactInput], ...] = (
    ("name", lambda one: one.name, "Give it as {after}."),
    ("dtype", lambda one: one.dtype, "Give it as {after}."),
    ("layout", lambda one: one.layout, "Give it as {after}."),
    ("normalisation", lambda one: _normalisation(one.normalisation), "Normalise pixels / 255 with: {after}."),
)
_GIVEN: tuple[Field[ArtifactOutput], ...] = (
    ("name", lambda one: one.name, "Read {after}."),
    ("dtype", lambda one: one.dtype, "Read it as {after}."),
    ("layout", lambda one: one.layout, "Read it as {after}."),
)


def _artifacts(before: Manifest, after: Manifest) -> Iterator[Change]:
    old, new = ({_title(entry): entry for entry in manifest.artifacts} for manifest in (before, after))
    for title, entry in old.items():
        if title not in new:
            others = ", ".join(one.file for one in new.values())
            yield Change(title, entry.file, None, f"Load another file: it has {others}.")
    for title, entry in new.items():
        if title in old:
            yield from _artifact(title, old[title], entry)
        else:
            yield Change(title, None, f"{entry.file}, {_size(entry.size)}")


def _title(entry: ArtifactEntry) -> str:
    return " ".join((entry.target, entry.precision, *([] if entry.part == "main" else [entry.part])))


def _artifact(title: str, old: ArtifactEntry, new: ArtifactEntry) -> Iterator[Change]:
    of = f"{title}: "
    if old.file != new.file:
        yield Change(f"{of}file", old.file, new.file, f"Load {new.file}.")
    if old.size != new.size:
        percent = 100 * (new.size - old.size) / max(1, old.size)
        yield Change(f"{of}size", _size(old.size), f"{_size(new.size)} ({percent:+.1f} %)")
    if old.least_runtime != new.least_runtime or old.runtime != new.runtime:
        needed = f"{new.runtime} {new.least_runtime}"
        newer = old.runtime != new.runtime or _version(new.least_runtime) > _version(old.least_runtime)
        must = f"Ship {needed} or newer." if newer else None
        yield Change(f"{of}least runtime", f"{old.runtime} {old.least_runtime}", needed, must)
    for taken, also in zip(old.inputs, new.inputs, strict=False):
        yield from _of_fields(f"{of}input {also.name}: ", taken, also, _TAKEN)
    for given, other in zip(old.outputs, new.outputs, strict=False):
        yield from _of_fields(f"{of}output {other.name}: ", given, other, _GIVEN)
    yield from _proofs(of, old, new)


def _proofs(of: str, old: ArtifactEntry, new: ArtifactEntry) -> Iterator[Change]:
    states = [{(one.unit, one.compute_precision): one.state for one in entry.proofs} for entry in (old, new)]
    for place, state in states[1].items():
        earlier = states[0].get(place)
        if earlier in (None, state):
            continue
        where = f"{place[0]} in {place[1]}"
        lost = earlier in PASSED and state in ("failed", "refused")
        must = f"Do not run {new.file} on {where}." if lost else None
        yield Change(f"{of}{where}", str(earlier).replace("_", " "), state.replace("_", " "), must)


def _version(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _size(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE / 10 else f"{size / 1000:.1f} kB"
