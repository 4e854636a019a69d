"""Read a bundle, and tell all that is wrong with it at once."""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from efficientmod_export.bundle._digest import digest, files_below, total_size
from efficientmod_export.bundle._manifest import MANIFEST_NAME, SCHEMA_VERSION, ArtifactEntry, Manifest, StoredFile
from efficientmod_mobile.errors import BundleError

PROBLEMS_SHOWN = 5


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk."""

    path: Path
    manifest: Manifest

    def holds(self, stored: StoredFile) -> bool:
        """Whether the file or folder is there, inside the bundle, and no link in it; others are not to be opened."""
        path = self.path / stored.file
        try:
            if not path.exists() or not path.resolve().is_relative_to(self.path.resolve()):
                return False
            return not any(file.is_symlink() for file in (path, *(below for _, below in files_below(path))))
        except (OSError, RuntimeError):  # a loop of links is a RuntimeError
            return False

    def labels(self) -> tuple[str, ...] | None:
        """The class names, None where the bundle carries none."""
        stored = self.manifest.labels
        if stored is None:
            return None
        # Not splitlines: it also splits at characters that a name may hold.
        return tuple((self.path / stored.file).read_bytes().decode().removesuffix("\n").split("\n"))


def read_bundle(path: Path) -> Bundle:
    """Read a bundle and check every file in it.

    Raises BundleError: not a bundle, a damaged or unknown manifest, or all the files that are missing or changed.
    """
    bundle = open_bundle(path)
    problems = check_files(bundle)
    if problems:
        raise BundleError(f"The bundle {path} is damaged: {'; '.join(problems)}. Export it again.")
    return bundle


def open_bundle(path: Path) -> Bundle:
    """Read a bundle's manifest alone. Raises BundleError when there is none, or it is damaged or of another version."""
    manifest = path / MANIFEST_NAME
    try:
        document = json.loads(manifest.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"{path} is not a bundle: it has no {MANIFEST_NAME}. Name the folder of an export.") from None
    except OSError as error:
        raise BundleError(f"{manifest} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{manifest} is damaged: it is not JSON ({error}). Export the bundle again.") from error
    _check_version(manifest, document)
    try:
        return Bundle(path=path, manifest=Manifest.model_validate_json(manifest.read_bytes(), strict=True))
    except ValidationError as error:
        raise BundleError(f"{manifest} is damaged: {_sentence(error)}. Export the bundle again.") from error


def check_files(bundle: Bundle) -> list[str]:
    """A sentence for each file that is missing, a link, or has another SHA-256 or size than the manifest says."""
    return [problem for stored in bundle.manifest.files() if (problem := _check_file(bundle.path, stored))]


def _check_version(manifest: Path, document: object) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is None:
        raise BundleError(
            f"{manifest} is no bundle's manifest: it has no schema_version. Name the folder of an export."
        )
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{manifest} has schema version {version!r}, and this toolkit reads {SCHEMA_VERSION}; use the toolkit that "
            f"wrote it, or export again."
        )


def _sentence(error: ValidationError) -> str:
    found = {item["loc"]: item["msg"] for item in error.errors()}
    inner = {loc[:length] for loc in found for length in range(len(loc))}
    # A tuple whose items are refused is called too short as well.
    places = [f"{'.'.join(map(str, loc)) or 'manifest'}: {found[loc]}" for loc in found if loc not in inner]
    more = f"; and {len(places) - PROBLEMS_SHOWN} more" if len(places) > PROBLEMS_SHOWN else ""
    return "; ".join(places[:PROBLEMS_SHOWN]) + more


def _check_file(folder: Path, stored: StoredFile) -> str | None:
    path = folder / stored.file
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return f"{stored.file} leads out of the bundle"
        if not path.exists():
            return f"{stored.file} is missing"
        if path.is_dir() != (isinstance(stored, ArtifactEntry) and stored.kind == "folder"):
            return f"{stored.file} is a folder where a file should be, or the other way round"
        if digest(path) != stored.sha256 or total_size(path) != stored.size:
            return f"{stored.file} has changed: its SHA-256 is not the manifest's"
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links is a RuntimeError
        return f"{stored.file} cannot be read ({error})"
    return None
