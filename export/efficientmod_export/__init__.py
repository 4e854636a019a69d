"""Export vision models to phones: convert, prove against PyTorch, and write bundles."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from efficientmod_export._pipeline import export_bundle
    from efficientmod_export._result import ExportResult, VariantResult, VerifyResult
    from efficientmod_export._verify import verify_bundle
    from efficientmod_export._verify_file import verify_file

__all__ = ["ExportResult", "VariantResult", "VerifyResult", "export_bundle", "verify_bundle", "verify_file"]

_MODULES = {"export_bundle": "_pipeline", "verify_bundle": "_verify", "verify_file": "_verify_file"}


def __getattr__(name: str) -> Any:
    """Import each public name on first use: torch takes seconds to import, and the command line's help needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, '_result')}"), name)
