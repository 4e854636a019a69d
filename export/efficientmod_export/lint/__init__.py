"""What a file holds that is known to cost or forbid the Neural Engine, or to go wrong on a GPU.

    for report in lint_path("model.mlpackage"):  # or a .tflite, a .pte for Core ML, a bundle
        print(report.as_json())

It reads the file and runs nothing. Each target has the rules of its accelerator; those of Core ML are data here, with
a source for each (`RULES`): `docs/neural_engine.md` is made of them by
`python -m efficientmod_export.lint`.
"""

from efficientmod_export.lint._lint import lint_path, lint_program
from efficientmod_export.lint._page import page_with_rules
from efficientmod_export.lint._render import show_lint
from efficientmod_export.lint._report import LintReport, RuleFindings
from efficientmod_export.lint._rule import RULES, Citation, Effect, Finding, Rule, Source, Tier
from efficientmod_export.lint._severity import Severity, has_findings, of_severity
from efficientmod_export.targets import FileLint

__all__ = [
    "RULES",
    "Citation",
    "Effect",
    "FileLint",
    "Finding",
    "LintReport",
    "Rule",
    "RuleFindings",
    "Severity",
    "Source",
    "Tier",
    "has_findings",
    "lint_path",
    "lint_program",
    "of_severity",
    "page_with_rules",
    "show_lint",
]
