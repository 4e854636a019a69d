"""The JSON Schema of a report, for apps in other languages."""

from pathlib import Path
from typing import Final

from efficientmod_export.bundle.contract import schema_of
from efficientmod_export.report.contract._report import Report

SCHEMA_PATH: Final = Path(__file__).with_name("report.schema.json")


def schema_text() -> str:
    """The text that the schema's file must have."""
    return schema_of(Report)
