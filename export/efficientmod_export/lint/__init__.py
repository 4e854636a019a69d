"""What a saved ML program holds that is known to cost or forbid the Neural Engine, with a source for each rule.

    report = lint_program("model.mlpackage")
    print(report.as_json())

It reads the program and runs nothing. The rules are data (`RULES`): `docs/neural_engine.md` is made of them by
`python -m efficientmod_export.lint`.
"""

from efficientmod_export.lint._lint import lint_bundle, lint_program
from efficientmod_export.lint._page import page_with_rules
from efficientmod_export.lint._render import render
from efficientmod_export.lint._report import LintReport, RuleFindings
from efficientmod_export.lint._rule import RULES, Citation, Effect, Finding, Rule, Source, Tier

__all__ = [
    "RULES",
    "Citation",
    "Effect",
    "Finding",
    "LintReport",
    "Rule",
    "RuleFindings",
    "Source",
    "Tier",
    "lint_bundle",
    "lint_program",
    "page_with_rules",
    "render",
]
