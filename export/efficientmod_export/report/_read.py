"""Reads a report's file, and finds the bundle that it is about."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from efficientmod_export.bundle.contract import (
    MANIFEST_NAME,
    Bundle,
    Problem,
    Refusal,
    RefusedBundleError,
    open_bundle,
    parse_json,
    problems_of,
    version_problem,
)
from efficientmod_export.report.contract import REPORT_VERSION, Report
from efficientmod_mobile.errors import InputError

PROBLEMS_SHOWN: Final = 5
LARGEST_BYTES: Final = 512 * 1024 * 1024


class DamagedReportError(InputError):
    """A report that cannot be used; `problems` has at least one entry."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        shown = "; ".join(map(str, problems[:PROBLEMS_SHOWN]))
        super().__init__(f"{path} is no report that can be read: {shown}{more}.", code="damaged_report")
        self.problems = problems


def read_report(path: Path) -> Report:
    """Read a report; its numbers are not computed again.

    Raises DamagedReportError for what is no report, and InputError for a file that cannot be read. Unknown fields are
    ignored, since a later minor version may have added them.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DamagedReportError(path, (Problem(Refusal.WRONG_VALUE, path.name, "it is over 512 MiB"),))
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}); name a report's file.", code="unreadable_report"
        ) from error
    return parse_report(content, path)


def parse_report(content: bytes, path: Path) -> Report:
    """The report in a file's content; `path` is for the messages. Raises DamagedReportError."""
    try:
        document = parse_json(content)
    except (ValueError, RecursionError) as error:
        problem = Problem(Refusal.NOT_JSON, path.name, f"it is not JSON ({error})")
        raise DamagedReportError(path, (problem,)) from error
    unknown = version_problem(document, path.name, REPORT_VERSION)
    if unknown is not None:
        raise DamagedReportError(path, (unknown,))
    try:
        return Report.model_validate_json(content, strict=True, extra="ignore")
    except ValidationError as error:
        raise DamagedReportError(path, problems_of(error, path.name)) from error


def find_bundle(report: Report, path: Path, given: Path | None) -> Bundle | None:
    """The bundle that the report in the file `path` is about: `given`, or one beside it or in the current folder.

    Raises BundleError where the given one cannot be read, and InputError where it is another one.
    """
    wanted = report.bundle.manifest_sha256
    if given is None:
        found = (_open(folder) for folder in _candidates((path.parent, Path.cwd())))
        return next((bundle for bundle in found if bundle is not None and bundle.sha256 == wanted), None)
    bundle = open_bundle(given)
    if bundle.sha256 != wanted:
        raise InputError(
            f"{path} is about {report.bundle.model} with the manifest {wanted[:12]}..., and {given} is "
            f"{bundle.manifest.model.name} with {bundle.sha256[:12]}...; name the bundle that was on the device.",
            code="report_of_other_bundle",
        )
    return bundle


def _candidates(folders: Iterable[Path]) -> Iterable[Path]:
    for folder in dict.fromkeys(folders):
        yield folder
        yield from sorted(path.parent for path in folder.glob(f"*/{MANIFEST_NAME}"))


def _open(folder: Path) -> Bundle | None:
    try:
        return open_bundle(folder)
    except RefusedBundleError:
        return None
