"""The JSON Schema of `manifest.json`, for readers in other languages."""

import json
from pathlib import Path

from efficientmod_export.bundle._manifest import Manifest

SCHEMA_PATH = Path(__file__).with_name("manifest.schema.json")


def schema_text() -> str:
    """What `manifest.schema.json` must hold."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"
