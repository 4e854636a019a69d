"""Options from a file: `efficientmod.toml` in the current folder, else `[tool.efficientmod]` of its `pyproject.toml`.

A table for each verb, with its long options: `[export]`, `target = ["tflite"]`, `keep-onnx = true`. What is typed wins.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from efficientmod_mobile.errors import InputError

OWN_FILE, PROJECT_FILE = Path("efficientmod.toml"), Path("pyproject.toml")


def configured(verb: str, parameters: Mapping[str, str], verbs: frozenset[str]) -> dict[str, Any]:
    """The options that the file states for the verb, by the names of its parameters.

    `parameters` has them by the long option without its dashes; `verbs` are all tables that there can be. Raises
    InputError for a file that cannot be read, and for a table or an option that there is none of.
    """
    file, tables = _tables()
    _refuse_unknown(tables, verbs, f"{file} has a table")
    stated = tables.get(verb, {})
    if not isinstance(stated, dict):
        raise InputError(f"{file}: {verb} is a value, not a table; write [{verb}].", code="invalid_config")
    _refuse_unknown(stated, parameters, f"{file}, [{verb}] has an option")
    return {parameters[option]: _plain(value) for option, value in stated.items()}


def _tables() -> tuple[Path, dict[str, Any]]:
    if OWN_FILE.exists():
        return OWN_FILE, _read(OWN_FILE)
    if PROJECT_FILE.exists():
        return PROJECT_FILE, _read(PROJECT_FILE).get("tool", {}).get("efficientmod", {})
    return OWN_FILE, {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", code="invalid_config") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise InputError(f"{path} is not TOML ({error}); correct it.", code="invalid_config") from error


def _refuse_unknown(stated: Mapping[str, Any], known: Mapping[str, str] | frozenset[str], where: str) -> None:
    for name in stated:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1) or sorted(known)
            raise InputError(f"{where} {name!r}, which is unknown; use {', '.join(close)}.", code="unknown_config_key")


def _plain(value: Any) -> Any:
    """Numbers as they are typed, so that `resolution = 224` is one."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
