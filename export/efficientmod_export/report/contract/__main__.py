"""`python -m efficientmod_export.report.contract` writes the report's JSON Schema beside the classes that define it."""

from efficientmod_export.report.contract._schema import SCHEMA_PATH, schema_text

SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
