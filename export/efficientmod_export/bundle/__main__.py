"""`python -m efficientmod_export.bundle` writes the manifest's JSON Schema beside its models."""

from efficientmod_export.bundle._schema import SCHEMA_PATH, schema_text

SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
