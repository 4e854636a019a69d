"""Why a bundle is refused: a code that is the same in every reader, and a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import ValidationError

from efficientmod_mobile.errors import BundleError

PROBLEMS_SHOWN = 5


class Refusal(StrEnum):
    """The kinds of refusal; `docs/bundle_format.md` says when a reader raises which."""

    NO_MANIFEST = "no_manifest"
    UNREADABLE = "unreadable"
    NOT_JSON = "not_json"
    NO_FORMAT_VERSION = "no_format_version"
    UNKNOWN_MAJOR_VERSION = "unknown_major_version"
    MISSING_FIELD = "missing_field"
    WRONG_VALUE = "wrong_value"
    PATH_OUTSIDE = "path_outside"
    CONTRADICTION = "contradiction"
    MISSING_FILE = "missing_file"
    WRONG_KIND = "wrong_kind"
    LINK = "link"
    BAD_NAME = "bad_name"
    SIZE_MISMATCH = "size_mismatch"
    DIGEST_MISMATCH = "digest_mismatch"
    BAD_LABELS = "bad_labels"


@dataclass(frozen=True)
class Problem:
    """One problem: its code, the bundle's file, a text, and the field of that file, such as `model.name`."""

    code: Refusal
    file: str
    text: str
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.field or self.file}: {self.text}"


class RefusedBundleError(BundleError):
    """A bundle that cannot be used; `problems` has at least one entry, and `code` is that of the first."""

    def __init__(self, message: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(message, code=problems[0].code.value)
        self.problems = problems

    @classmethod
    def of(cls, what: str, problems: Iterable[Problem], advice: str = "Export the bundle again.") -> Self:
        """An error whose message names the first few problems."""
        found = tuple(problems)
        more = f"; and {len(found) - PROBLEMS_SHOWN} more" if len(found) > PROBLEMS_SHOWN else ""
        return cls(f"{what}: {'; '.join(map(str, found[:PROBLEMS_SHOWN]))}{more}. {advice}", found)


def problems_of(error: ValidationError, file: str) -> tuple[Problem, ...]:
    """pydantic's findings on a document, one problem for each field."""
    found = {item["loc"]: item for item in error.errors()}
    inner = {loc[:length] for loc in found for length in range(len(loc))}
    # pydantic reports a tuple with invalid items as too short as well.
    return tuple(
        Problem(_code(item["type"], loc), file, item["msg"], ".".join(map(str, loc)) or None)
        for loc, item in found.items()
        if loc not in inner
    )


def _code(kind: str, place: tuple[int | str, ...]) -> Refusal:
    if kind == "missing":
        return Refusal.MISSING_FIELD
    if kind == "value_error":
        return Refusal.CONTRADICTION
    if kind == "string_pattern_mismatch" and place[-1] == "file":
        return Refusal.PATH_OUTSIDE
    return Refusal.WRONG_VALUE
