"""The JSON Schemas of a report and of a run's status, for apps in other languages."""

from pathlib import Path
from typing import Final

from efficientmod_export.bundle.contract import schema_of
from efficientmod_export.parity import Record
from efficientmod_export.report.contract._report import Report
from efficientmod_export.report.contract._status import RunStatus

SCHEMAS: Final[dict[str, type[Record]]] = {"report.schema.json": Report, "status.schema.json": RunStatus}
"""File name -> the class that it describes."""


def schema_path(name: str) -> Path:
    """The path of a schema, beside the classes."""
    return Path(__file__).with_name(name)


def schema_text(name: str) -> str:
    """The text that the schema's file must have."""
    return schema_of(SCHEMAS[name])
