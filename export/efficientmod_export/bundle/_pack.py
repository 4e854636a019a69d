"""A bundle as one file for a phone: a ZIP archive of stored entries, which a reader in any language copies out.

`docs/phone_report.md` defines the format. The same bundle gives the same bytes.
"""

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from efficientmod_export.bundle._digest import files_below
from efficientmod_export.bundle.contract import MANIFEST_NAME, Bundle, read_bundle
from efficientmod_mobile.errors import BundleError

PACKED_SUFFIX: Final = ".embundle"
MOST_BYTES: Final = 2**32 - 1
"""Of an archive without ZIP64."""
_FIRST_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_PLAIN_FILE: Final = 0o100644 << 16
_BLOCK: Final = 1 << 20


def pack_bundle(bundle: Path, output: Path | None = None) -> Path:
    """Write a bundle's files into one archive, by default beside the folder as <name>.embundle, and return its path.

    Every digest is checked first. The archive is written whole or not at all. Raises BundleError for a damaged bundle,
    one over 4 GB, and an output that cannot be written.
    """
    opened = read_bundle(bundle)
    folder = bundle.resolve()
    output = folder.with_name(folder.name + PACKED_SUFFIX) if output is None else output
    if output.is_dir():
        raise BundleError(f"The output {output} is a folder; name a file.", code="output_is_folder")
    names = list(_names(opened))
    if sum((folder / name).stat().st_size + 200 + 2 * len(name.encode()) for name in names) > MOST_BYTES:
        raise BundleError("The bundle is over 4 GB; export fewer targets.", code="bundle_too_large")
    unfinished = output.with_name(output.name + ".unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            for name in names:
                _add(archive, folder / name, name)
        unfinished.replace(output)
    except OSError as error:
        raise BundleError(
            f"The output {output} cannot be written ({error.strerror or error}); name another file.",
            code="output_not_writable",
        ) from error
    finally:
        with suppress(OSError):  # a path that holds no file holds no unfinished one
            unfinished.unlink(missing_ok=True)
    return output


def _names(bundle: Bundle) -> Iterator[str]:
    """The manifest, and every file that it lists, in its order; those of a folder one by one."""
    yield MANIFEST_NAME
    for stored in bundle.manifest.files():
        path = bundle.path / stored.file
        if path.is_dir():
            yield from (f"{stored.file}/{name}" for name, _ in files_below(path))
        else:
            yield stored.file


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
    entry.create_system = _UNIX
    entry.external_attr = _PLAIN_FILE
    with path.open("rb") as source, archive.open(entry, "w") as packed:
        while block := source.read(_BLOCK):
            packed.write(block)
