"""Read a bundle, and report all its problems in one error."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from efficientmod_export.bundle._digest import DigestError, digest, total_size
from efficientmod_export.bundle.contract._artifact import ArtifactEntry
from efficientmod_export.bundle.contract._document import parse_json, version_problem
from efficientmod_export.bundle.contract._evidence import Evidence
from efficientmod_export.bundle.contract._labels import parse_labels
from efficientmod_export.bundle.contract._manifest import MANIFEST_NAME, Manifest
from efficientmod_export.bundle.contract._refusal import Problem, Refusal, RefusedBundleError, problems_of
from efficientmod_export.bundle.contract._stored import StoredFile
from efficientmod_export.bundle.contract._vocabulary import FORMAT_VERSION

Document = TypeVar("Document", Manifest, Evidence)


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk. `sha256` is that of its `manifest.json`, which names the SHA-256 of every other file."""

    path: Path
    manifest: Manifest
    sha256: str

    def labels(self) -> tuple[str, ...] | None:
        """The class names, label i for score i; None where there are none. Raises ValueError for a damaged file."""
        stored = self.manifest.labels
        if stored is None:
            return None
        labels = parse_labels((self.path / stored.file).read_bytes())
        if len(labels) != stored.count:
            raise ValueError(f"it has {len(labels)} lines, but the manifest states {stored.count}")
        return labels

    def evidence(self) -> Evidence:
        """The content of `proof.json`. Raises RefusedBundleError where it is damaged."""
        file = self.manifest.proof.file
        evidence = _parse(self.path / file, (self.path / file).read_bytes(), Evidence)
        if [entry.file for entry in evidence.artifacts] != [entry.file for entry in self.manifest.artifacts]:
            problem = Problem(Refusal.CONTRADICTION, file, f"its artifacts are not those of {MANIFEST_NAME}")
            raise RefusedBundleError.of(f"{self.path} is damaged", [problem])
        return evidence


def read_bundle(path: Path) -> Bundle:
    """Read a bundle and check every file in it.

    Raises RefusedBundleError: no bundle, a damaged or unknown manifest, or all the files that are missing or changed.
    """
    bundle = open_bundle(path)
    problems = check_files(bundle)
    if problems:
        raise RefusedBundleError.of(f"The bundle {path} is damaged", problems)
    return bundle


def open_bundle(path: Path) -> Bundle:
    """Read a bundle's manifest alone.

    Raises RefusedBundleError when there is none, or it is a link, damaged or of another major version.
    """
    manifest = path / MANIFEST_NAME
    if manifest.is_symlink():
        raise RefusedBundleError.of(
            f"{path} is damaged", [Problem(Refusal.LINK, MANIFEST_NAME, "it is a symbolic link")]
        )
    try:
        content = manifest.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        problem = Problem(Refusal.NO_MANIFEST, MANIFEST_NAME, "there is none")
        raise RefusedBundleError.of(f"{path} is not a bundle", [problem], "Name the folder of an export.") from None
    except OSError as error:
        problem = Problem(Refusal.UNREADABLE, MANIFEST_NAME, error.strerror or str(error))
        raise RefusedBundleError.of(f"{path} cannot be read", [problem], "Check the file's permissions.") from error
    return Bundle(path, _parse(manifest, content, Manifest), hashlib.sha256(content).hexdigest())


def check_files(bundle: Bundle) -> tuple[Problem, ...]:
    """The problems of all files that the manifest lists, and of the labels."""
    problems = [problem for stored in bundle.manifest.files() if (problem := check_file(bundle, stored))]
    labels = bundle.manifest.labels
    if labels is not None and labels.file not in {problem.file for problem in problems}:
        try:
            bundle.labels()
        except ValueError as error:
            problems.append(Problem(Refusal.BAD_LABELS, labels.file, str(error)))
    return tuple(problems)


def _parse(path: Path, content: bytes, model: type[Document]) -> Document:
    """Parse a document. Unknown fields are ignored, since a later minor version may have added them."""
    try:
        document = parse_json(content)
    except (ValueError, RecursionError) as error:
        problem = Problem(Refusal.NOT_JSON, path.name, f"it is not JSON ({error})")
        raise RefusedBundleError.of(f"{path} is damaged", [problem]) from error
    _check_version(path, document)
    try:
        return model.model_validate_json(content, strict=True, extra="ignore")
    except ValidationError as error:
        raise RefusedBundleError.of(f"{path} is damaged", problems_of(error, path.name)) from error


def _check_version(path: Path, document: Any) -> None:
    problem = version_problem(document, path.name, FORMAT_VERSION)
    if problem is None:
        return
    if problem.code == Refusal.NO_FORMAT_VERSION:
        raise RefusedBundleError.of(f"{path} does not belong to a bundle", [problem], "Name the folder of an export.")
    raise RefusedBundleError.of(f"{path} cannot be read", [problem], "Use the toolkit that wrote it, or export again.")


def check_file(bundle: Bundle, stored: StoredFile) -> Problem | None:
    """The problem of one file that the manifest lists; None where it is as the manifest states."""
    folder = bundle.path
    path = folder / stored.file
    try:
        link = next((part for part in (path, *path.parents) if part != folder and part.is_symlink()), None)
        found = _compare(path, stored, link is not None)
    except DigestError as error:
        found = Refusal(error.kind), str(error)
    except OSError as error:
        found = Refusal.UNREADABLE, error.strerror or str(error)
    return Problem(found[0], stored.file, found[1]) if found else None


def _compare(path: Path, stored: StoredFile, linked: bool) -> tuple[Refusal, str] | None:
    if linked:
        return Refusal.LINK, "it is a symbolic link, or in a linked folder"
    if not path.exists():
        return Refusal.MISSING_FILE, "it is missing"
    if path.is_dir() != (isinstance(stored, ArtifactEntry) and stored.kind == "folder"):
        return Refusal.WRONG_KIND, "it is a folder in place of a file, or a file in place of a folder"
    found = digest(path)
    if total_size(path) != stored.size:
        return Refusal.SIZE_MISMATCH, f"its size is not the {stored.size} bytes that the manifest states"
    if found != stored.sha256:
        return Refusal.DIGEST_MISMATCH, "its SHA-256 is not the one that the manifest states"
    return None
