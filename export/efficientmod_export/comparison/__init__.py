"""Two bundles before a model update: what an app must change, and which pictures get another answer."""

from efficientmod_export.comparison._compare import compare_bundles
from efficientmod_export.comparison._result import Agreement, Answer, Change, CompareResult, Flip

__all__ = ["Agreement", "Answer", "Change", "CompareResult", "Flip", "compare_bundles"]
