"""Findings by how grave they are, for programs that stop at the grave ones."""

from dataclasses import replace
from typing import Literal

from efficientmod_export.lint._report import LintReport
from efficientmod_export.lint._rule import Effect, Tier
from efficientmod_export.targets import FileLint

Severity = Literal["error", "warning"]
"""An error is what forbids the accelerator, alters results, or was measured to go wrong; a warning is what costs time,
and what old, contradicted or others' reports say.
"""


def of_severity(report: LintReport | FileLint, severity: Severity) -> LintReport | FileLint:
    """The report with the findings of this severity alone."""
    if isinstance(report, FileLint):
        faults = tuple(one for one in report.faults if (one in report.measured) == (severity == "error"))
        return replace(report, faults=faults)
    groups = tuple(
        group
        for group in report.groups
        if (group.rule.effect != Effect.COSTS and group.rule.tier != Tier.DISPUTED) == (severity == "error")
    )
    return replace(report, groups=groups)


def has_findings(report: LintReport | FileLint) -> bool:
    """Whether there is any finding, of whatever severity."""
    return bool(report.faults if isinstance(report, FileLint) else report.groups)
