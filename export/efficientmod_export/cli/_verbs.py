"""All verbs: to import this module is to register them."""

from efficientmod_export.cli import (  # noqa: F401
    _bench,
    _compare,
    _doctor,
    _eval,
    _export,
    _inspect,
    _lint,
    _models,
    _pack,
    _predict,
    _report,
    _verify,
)
from efficientmod_export.cli._app import app, export_app, run

__all__ = ["app", "export_app", "run"]
