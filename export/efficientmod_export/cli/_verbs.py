"""All verbs: to import this module is to register them."""

from efficientmod_export.cli import _bench, _doctor, _export, _lint, _models, _pack, _predict, _report, _verify  # noqa: F401
from efficientmod_export.cli._app import app, export_app, run

__all__ = ["app", "export_app", "run"]
