"""The content of `manifest.json`: what an app needs, and no more. `docs/bundle_format.md` explains every field."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from efficientmod_export.bundle.contract._artifact import MAIN, ArtifactEntry, FailedVariant
from efficientmod_export.bundle.contract._document import document_text
from efficientmod_export.bundle.contract._golden import GoldenSample
from efficientmod_export.bundle.contract._interface import Input, Output, Step
from efficientmod_export.bundle.contract._model import Generator, Model, TaskEntry
from efficientmod_export.bundle.contract._stored import Labels, StoredFile
from efficientmod_export.bundle.contract._vocabulary import FORMAT_VERSION, FormatVersion
from efficientmod_export.parity import Record

MANIFEST_NAME: Final = "manifest.json"


class Manifest(Record):
    """The whole of `manifest.json`. It lists every other file, so that its SHA-256 is the bundle's.

    `status` is "failed" exactly when an artifact failed on every unit where it was run: such a bundle is written only
    on request, and no app should ship it.
    """

    format_version: FormatVersion = Field(description=f"major.minor; this toolkit writes {FORMAT_VERSION}.")
    generator: Generator
    status: Literal["passed", "failed"]
    task: TaskEntry
    model: Model
    inputs: tuple[Input, ...] = Field(min_length=1)
    outputs: tuple[Output, ...] = Field(min_length=1)
    after_network: tuple[Step, ...]
    labels: Labels | None
    artifacts: tuple[ArtifactEntry, ...] = Field(min_length=1)
    failed: tuple[FailedVariant, ...]
    golden: tuple[GoldenSample, ...] = Field(min_length=1)
    proof: StoredFile
    other_files: tuple[StoredFile, ...]

    @classmethod
    def of(
        cls,
        *,
        generator: Generator,
        task: str,
        model: Model,
        inputs: Sequence[Input],
        outputs: Sequence[Output],
        after_network: Sequence[Step],
        labels: Labels | None,
        artifacts: Sequence[ArtifactEntry],
        failed: Sequence[FailedVariant],
        golden: Sequence[GoldenSample],
        proof: StoredFile,
        other_files: Sequence[StoredFile] = (),
    ) -> Self:
        """In the version that this toolkit writes, with the status that follows from the artifacts' proofs."""
        return cls(
            format_version=FORMAT_VERSION,
            generator=generator,
            status="failed" if any(artifact.failed for artifact in artifacts) else "passed",
            task=TaskEntry(name=task),
            model=model,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            after_network=tuple(after_network),
            labels=labels,
            artifacts=tuple(artifacts),
            failed=tuple(failed),
            golden=tuple(golden),
            proof=proof,
            other_files=tuple(other_files),
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for contradiction in self._contradictions():
            raise ValueError(contradiction)
        return self

    def files(self) -> tuple[StoredFile, ...]:
        """All files in the bundle's folder except the manifest itself."""
        golden = (stored for sample in self.golden for stored in sample.files())
        labels = () if self.labels is None else (self.labels,)
        return (*self.artifacts, *labels, *golden, self.proof, *self.other_files)

    def to_json(self) -> str:
        """The text of `manifest.json`; the same manifest always gives the same text."""
        return document_text(self.model_dump(mode="json")) + "\n"

    def _contradictions(self) -> Iterator[str]:
        if any(artifact.failed for artifact in self.artifacts) != (self.status == "failed"):
            yield f"the status must be failed exactly when an artifact failed, but is {self.status}"
        if self.labels is not None and self.labels.count != self.model.num_classes:
            yield f"{self.labels.count} labels for {self.model.num_classes} classes"
        yield from _names_used_twice(self)
        yield from _places_used_twice(self.files())
        for step in self.after_network:
            if step.output not in {output.name for output in self.outputs}:
                yield f"the step {step.step} is for {step.output}, which is not an output"
        for artifact in self.artifacts:
            yield from _artifact_contradictions(artifact, self.inputs, self.outputs)
        for sample in self.golden:
            yield from _golden_contradictions(sample, self.inputs, self.outputs)


def _names_used_twice(manifest: Manifest) -> Iterator[str]:
    tensors = (*manifest.inputs, *manifest.outputs)
    yield from _repeated("inputs or outputs", [tensor.name for tensor in tensors])
    yield from _repeated("samples", [sample.name for sample in manifest.golden])
    variants = [f"{entry.target} {entry.precision} {entry.part}" for entry in manifest.artifacts]
    yield from _repeated("artifacts", variants)


def _repeated(what: str, names: Sequence[str]) -> Iterator[str]:
    yield from (f"two {what} have the name {name}" for name, count in Counter(names).items() if count > 1)


def _places_used_twice(files: Iterable[StoredFile]) -> Iterator[str]:
    # Ignoring case: Apple's and Windows' file systems treat `a` and `A` as one name.
    seen = {MANIFEST_NAME}
    for stored in files:
        place = stored.file.lower()
        parents = {place[:end] for end, letter in enumerate(place) if letter == "/"}
        if place in seen or parents & seen or any(other.startswith(f"{place}/") for other in seen):
            yield f"{stored.file} is listed twice, or inside another listed file"
        seen.add(place)


def _artifact_contradictions(
    artifact: ArtifactEntry, inputs: Sequence[Input], outputs: Sequence[Output]
) -> Iterator[str]:
    tensors: tuple[Input | Output, ...] = (*inputs, *outputs)
    declared = {tensor.name: tensor for tensor in tensors}
    taken, given = [own.input for own in artifact.inputs], [own.output for own in artifact.outputs]
    yield from _repeated(f"inputs or outputs of {artifact.file}", [*taken, *given])
    for name, own in zip((*taken, *given), (*artifact.inputs, *artifact.outputs), strict=True):
        tensor = declared.get(name)
        if tensor is None:
            yield f"{artifact.file} has {name}, which is not an input or output of the network"
        elif (tensor.layout == "any") != (own.layout == "any") or own.shape_in(tensor.layout) != tensor.shape:
            yield f"{artifact.file}: {own.name} is {own.shape} {own.layout} for {tensor.shape} {tensor.layout}"
    pictures = {tensor.name for tensor in inputs if tensor.kind == "picture"}
    if any(own.normalisation is not None and own.input not in pictures for own in artifact.inputs):
        yield f"{artifact.file} normalises an input that is not a picture"
    whole = {tensor.name for tensor in inputs}, {tensor.name for tensor in outputs}
    if artifact.part == MAIN and (set(taken), set(given)) != whole:
        yield f"{artifact.file} is the whole network and lacks some of its inputs or outputs"


def _golden_contradictions(sample: GoldenSample, inputs: Sequence[Input], outputs: Sequence[Output]) -> Iterator[str]:
    if [given.input for given in sample.inputs] != [tensor.name for tensor in inputs]:
        yield f"the inputs of the sample {sample.name} are not the network's"
        return
    if [given.output for given in sample.outputs] != [tensor.name for tensor in outputs]:
        yield f"the outputs of the sample {sample.name} are not the network's"
        return
    stored = [*(given.tensor.size for given in sample.inputs), *(given.tensor.size for given in sample.outputs)]
    if stored != [tensor.size for tensor in (*inputs, *outputs)]:
        yield f"the size of a tensor of the sample {sample.name} does not match its shape"
    if [given.picture is not None for given in sample.inputs] != [tensor.kind == "picture" for tensor in inputs]:
        yield f"the sample {sample.name} must have a picture for each input of kind picture, and for no other input"
