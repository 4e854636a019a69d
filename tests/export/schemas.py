"""Reading a JSON Schema."""

from typing import Any


def enumerations(schema: Any) -> set[str]:
    """Every word that the schema lists as a possible value."""
    if isinstance(schema, dict):
        own = {value for value in (*schema.get("enum", ()), schema.get("const")) if isinstance(value, str)}
        return own.union(*map(enumerations, schema.values()))
    return set().union(*map(enumerations, schema)) if isinstance(schema, list) else set()
