"""Accuracy of a bundle's artifacts, as they are, on pictures of a user's own, beside PyTorch (docs/accuracy.md).

Pictures -> truth -> runs in workers -> rows with intervals -> the result's files, the sheet, the terminal.
"""

from efficientmod_export.eval._evaluate import evaluate
from efficientmod_export.eval._render import show_eval
from efficientmod_export.eval._result import EvalResult

__all__ = ["EvalResult", "evaluate", "show_eval"]
