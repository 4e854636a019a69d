"""Export vision models to phones: convert, prove against PyTorch, and write bundles."""

from efficientmod_export._pipeline import export_bundle
from efficientmod_export._result import ExportResult, TargetResult, VerifyResult
from efficientmod_export._verify import verify_bundle

__all__ = ["ExportResult", "TargetResult", "VerifyResult", "export_bundle", "verify_bundle"]
