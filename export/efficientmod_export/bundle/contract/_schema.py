"""The JSON Schemas of `manifest.json` and `proof.json`, for readers in other languages."""

import json
from pathlib import Path
from typing import Any, Final

from efficientmod_export.bundle.contract._evidence import Evidence
from efficientmod_export.bundle.contract._manifest import Manifest
from efficientmod_export.parity import Record

SCHEMAS: Final[dict[str, type[Record]]] = {"manifest.schema.json": Manifest, "proof.schema.json": Evidence}
"""File name -> the class that it describes."""


def schema_path(name: str) -> Path:
    """The path of a schema, beside the classes."""
    return Path(__file__).with_name(name)


def schema_text(name: str) -> str:
    """The text that the schema's file must have."""
    return schema_of(SCHEMAS[name])


def schema_of(model: type[Record]) -> str:
    """A document's JSON Schema, which allows fields that it does not name."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(_open(schema), indent=2) + "\n"


def _open(schema: Any) -> Any:
    """The schema with unknown fields allowed: a reader ignores those that a later minor version added."""
    if isinstance(schema, dict):
        closed = "additionalProperties", False
        return {key: _open(value) for key, value in schema.items() if (key, value) != closed}
    return [_open(item) for item in schema] if isinstance(schema, list) else schema
