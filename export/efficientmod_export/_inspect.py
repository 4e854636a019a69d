"""What is inside a model's file, anyone's, or a bundle. Nothing runs."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_export.bundle import picture_sentence, unlisted_files
from efficientmod_export.bundle.contract import Bundle, Input, Output, check_files, open_bundle
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import Delegate, FileContents, Target, all_targets
from efficientmod_mobile.errors import EfficientModError, InputError, ParityError
from efficientmod_mobile.messages import described


@dataclass(frozen=True)
class BundleContents(PlainRecord):
    """A bundle: what its manifest says, and its files.

    `pictures` is how they become the input, None without one; `steps` is what an app does with the outputs. `parts` are
    sizes in bytes. `proofs` says by file where it is proven. `problems` are the files that are not as the manifest
    states, which are not read; `remarks` what else is worth knowing.
    """

    JSON_PROPERTIES = ("exit_code",)

    path: Path
    sha256: str
    format_version: str
    status: str
    model: str
    weights: str
    task: str
    inputs: tuple[Input, ...]
    pictures: str | None
    outputs: tuple[Output, ...]
    steps: tuple[str, ...]
    labels: int | None
    golden: int
    parts: Mapping[str, int]
    proofs: Mapping[str, tuple[str, ...]]
    files: tuple[FileContents, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 where a file is not as the manifest states, else 0."""
        return ParityError.exit_code if self.problems else 0


def inspect(path: Path | str, *, verbose: bool = False) -> FileContents | BundleContents:
    """Read a file whose format a target reads, or a bundle's folder with all its artifacts.

    Raises InputError for a file of another kind and for a damaged one, BundleError for a folder without a readable
    manifest, DependencyError without the package that reads the format.
    """
    path = Path(path)
    with nullcontext() if verbose else quiet():
        return _inspect_bundle(open_bundle(path)) if is_bundle(path) else inspect_file(path)


def is_bundle(path: Path) -> bool:
    """Whether a path is a folder that no target writes as its file."""
    return path.is_dir() and _reader_of(path) is None


def _reader_of(path: Path) -> Target | None:
    """The target that reads files of this suffix."""
    return next((target for target in all_targets() if target.contents and target.makes(path)), None)


def inspect_file(path: Path) -> FileContents:
    """Read a file, with the delegates in it that a target reads."""
    target = _reader_of(path)
    if target is None or target.contents is None:
        kinds = sorted({variant.suffix for one in all_targets() if one.contents for variant in one.variants})
        raise InputError(
            f"{path} is of no known kind; give a bundle, or a file that ends in {', '.join(kinds)}.",
            code="unknown_file_kind",
        )
    if not path.exists():
        raise InputError(f"There is no {path}; check the path.", code="no_such_file")
    target.demand()
    contents = target.contents(path)
    return replace(contents, delegates=tuple(map(_read, contents.delegates)))


def _read(delegate: Delegate) -> Delegate:
    known = dict(one.delegate for one in all_targets() if one.delegate)
    reader = known.get(delegate.name)
    if reader is None:
        return replace(delegate, problem="what is in it, only its own runtime reads")
    try:
        return replace(delegate, graphs=reader(delegate.data, delegate.named))
    except Exception as error:  # other versions of its exporter, and damage
        return replace(delegate, problem=f"it cannot be read: {described(error)}")


def _inspect_bundle(bundle: Bundle) -> BundleContents:
    manifest = bundle.manifest
    damaged = check_files(bundle)
    broken = {problem.file for problem in damaged}
    problems, files = [*map(str, damaged)], []
    unlisted = unlisted_files(bundle.path, manifest)
    remarks = [f"{name}: the manifest does not list it, so it is no part of the bundle" for name in unlisted]
    for entry in manifest.artifacts:
        if entry.file in broken:
            continue
        if _reader_of(Path(entry.file)) is None:
            remarks.append(f"{entry.file}: what is in it, only its own runtime reads")
            continue
        try:
            files.append(inspect_file(bundle.path / entry.file))
        except EfficientModError as error:
            problems.append(f"{entry.file}: {error}")
    return BundleContents(
        path=bundle.path,
        sha256=bundle.sha256,
        format_version=manifest.format_version,
        status=manifest.status,
        model=manifest.model.name,
        weights=manifest.model.weights.statement,
        task=manifest.task.name,
        inputs=manifest.inputs,
        pictures=next((picture_sentence(one.preprocessing) for one in manifest.inputs if one.preprocessing), None),
        outputs=manifest.outputs,
        steps=tuple(f"{step.step} of {step.output}" for step in manifest.after_network),
        labels=manifest.labels.count if manifest.labels else None,
        golden=len(manifest.golden),
        parts=_parts(bundle),
        proofs={
            entry.file: tuple(
                f"{proof.unit} {proof.compute_precision} {proof.state.replace('_', ' ')}" for proof in entry.proofs
            )
            for entry in manifest.artifacts
        },
        files=tuple(files),
        problems=tuple(problems),
        remarks=tuple(remarks),
    )


def _parts(bundle: Bundle) -> dict[str, int]:
    """The sizes of the artifacts, of what proves them, and of the rest, in bytes."""
    manifest = bundle.manifest
    parts = {entry.file: entry.size for entry in manifest.artifacts}
    parts["golden"] = sum(stored.size for sample in manifest.golden for stored in sample.files())
    others = (manifest.proof, *manifest.other_files, *([manifest.labels] if manifest.labels else []))
    for stored in others:
        folder = stored.file.split("/")[0]
        parts[folder] = parts.get(folder, 0) + stored.size
    return parts
