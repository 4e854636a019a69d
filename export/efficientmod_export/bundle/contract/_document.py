"""What every JSON document of this toolkit shares: strict JSON, and a format version of two numbers."""

import json
import re
from typing import Any, NoReturn

from efficientmod_export.bundle.contract._refusal import Problem, Refusal

LONGEST_LINE, STEP = 180, 2
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)


def parse_json(content: bytes) -> Any:
    """The value of a document in UTF-8. Raises ValueError or RecursionError for what is not JSON, NaN among it."""
    return json.loads(content.decode("utf-8"), parse_constant=_no_number)


def document_text(value: Any, indent: int = 0) -> str:
    """A value as JSON that people can read: what fits into a line stands in one. The same value gives the same text."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, dict | list) or indent + len(line) <= LONGEST_LINE:
        return line
    inner = indent + STEP
    if isinstance(value, list):
        items = [document_text(item, inner) for item in value]
    else:
        items = [f"{json.dumps(key, ensure_ascii=False)}: {document_text(item, inner)}" for key, item in value.items()]
    first, last = "[]" if isinstance(value, list) else "{}"
    held = ",\n".join(f"{' ' * inner}{item}" for item in items)
    return f"{first}\n{held}\n{' ' * indent}{last}"


def version_problem(document: Any, file: str, known: str) -> Problem | None:
    """Why a reader of the format version `known` does not read the document in `file`; None where it does."""
    version = document.get("format_version") if isinstance(document, dict) else None
    parts = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if parts is None:
        return Problem(Refusal.NO_FORMAT_VERSION, file, "it has no format_version such as 1.0")
    major = known.partition(".")[0]
    if parts[1] == major:
        return None
    text = f"its format version is {version}, and this toolkit reads {known} and other versions {major}.x"
    return Problem(Refusal.UNKNOWN_MAJOR_VERSION, file, text)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")
