"""`python -m efficientmod_export.report.contract` writes the JSON Schemas beside the classes that define them."""

from efficientmod_export.report.contract._schema import SCHEMAS, schema_path, schema_text

for name in SCHEMAS:
    schema_path(name).write_text(schema_text(name), encoding="utf-8")
