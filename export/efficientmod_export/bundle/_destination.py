"""Check that writing a bundle to a folder destroys no other files."""

import os
from pathlib import Path

from efficientmod_export.bundle._digest import files_below
from efficientmod_export.bundle.contract import MANIFEST_NAME, Manifest, open_bundle
from efficientmod_mobile.errors import BundleError

LEFT_BY_FILE_MANAGERS = frozenset({".DS_Store", "Thumbs.db"})
FILES_SHOWN = 3


def check_destination(destination: Path) -> None:
    """Raise BundleError unless `destination` does not exist, is empty, or is a bundle with no other files in it."""
    if not destination.exists():
        return
    if not destination.is_dir():
        raise BundleError(f"The output {destination} is a file; name a folder.", code="output_is_file")
    if Path.cwd().is_relative_to(destination):
        raise BundleError(
            f"The output {destination} is the current folder or one above it, and cannot be replaced; "
            f"name a new folder.",
            code="output_not_replaceable",
        )
    if destination.is_mount():
        raise BundleError(
            f"The output {destination} is a mount point and cannot be replaced; name a folder inside it.",
            code="output_not_replaceable",
        )
    foreign = _foreign_files(destination)
    if foreign:
        more = f" and {len(foreign) - FILES_SHOWN} more" if len(foreign) > FILES_SHOWN else ""
        raise BundleError(
            f"The output {destination} contains files that do not belong to a bundle "
            f"({', '.join(foreign[:FILES_SHOWN])}{more}); name an empty folder, or move them away.",
            code="output_not_empty",
        )
    for folder in (destination, *(path for path in destination.rglob("*") if path.is_dir())):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BundleError(f"The output {folder} is not writable; name another folder.", code="output_not_writable")


def _foreign_files(destination: Path) -> list[str]:
    top = sorted(path.name for path in destination.iterdir() if path.name not in LEFT_BY_FILE_MANAGERS)
    if MANIFEST_NAME not in top:
        return top
    try:
        manifest = open_bundle(destination).manifest
    except BundleError as error:
        raise BundleError(
            f"The output {destination} cannot be replaced; name another, or remove it if it is a bundle. {error}",
            code="output_not_replaceable",
        ) from error
    return [name for name in unlisted_files(destination, manifest) if Path(name).name not in LEFT_BY_FILE_MANAGERS]


def unlisted_files(folder: Path, manifest: Manifest) -> list[str]:
    """The files below a bundle's folder that its manifest does not list, neither itself nor a folder around it."""
    files = {MANIFEST_NAME, *(stored.file for stored in manifest.files())}
    folders = tuple(f"{entry.file}/" for entry in manifest.artifacts if entry.kind == "folder")
    return [name for name, _ in files_below(folder) if name not in files and not name.startswith(folders)]
