"""Export vision models to phones: convert, prove against PyTorch, and write bundles.

from efficientmod_export import export

export("efficientmod_s", checkpoint="my.pth", targets="tflite", output="out").raise_for_failure()
export(module, resolution=224, labels=["cat", "dog"], output="out").raise_for_failure()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from efficientmod_export._export import export
    from efficientmod_export._inspect import BundleContents, inspect
    from efficientmod_export._network_inputs import PictureInput, TensorInput
    from efficientmod_export._predict import Prediction, PredictResult, predict
    from efficientmod_export._result import ExportResult, VariantResult, VerifyResult
    from efficientmod_export._verify import verify_bundle
    from efficientmod_export._verify_file import verify_file
    from efficientmod_export.comparison import CompareResult, compare_bundles
    from efficientmod_export.eval import EvalResult, evaluate

__all__ = [
    "BundleContents",
    "CompareResult",
    "EvalResult",
    "ExportResult",
    "PictureInput",
    "PredictResult",
    "Prediction",
    "TensorInput",
    "VariantResult",
    "VerifyResult",
    "compare_bundles",
    "evaluate",
    "export",
    "inspect",
    "predict",
    "verify_bundle",
    "verify_file",
]

_MODULES = {
    "BundleContents": "_inspect",
    "CompareResult": "comparison",
    "EvalResult": "eval",
    "PictureInput": "_network_inputs",
    "Prediction": "_predict",
    "PredictResult": "_predict",
    "TensorInput": "_network_inputs",
    "compare_bundles": "comparison",
    "evaluate": "eval",
    "export": "_export",
    "inspect": "_inspect",
    "predict": "_predict",
    "verify_bundle": "_verify",
    "verify_file": "_verify_file",
}


def __getattr__(name: str) -> Any:
    """Import each public name on first use: torch takes seconds to import, and the command line's help needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, '_result')}"), name)


def __dir__() -> list[str]:
    """What completion and `help` show."""
    return __all__
