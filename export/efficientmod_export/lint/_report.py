"""What a lint found: grouped by rule and counted, as plain values."""

from dataclasses import dataclass
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_export.lint._rule import Effect, Finding, Rule, Tier

_EFFECTS = tuple(Effect)
_TIERS = tuple(Tier)


@dataclass(frozen=True)
class RuleFindings(PlainRecord):
    """One rule and all the places that break it, in the program's order."""

    JSON_PROPERTIES = ("count",)

    rule: Rule
    findings: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """How many places break the rule."""
        return len(self.findings)


@dataclass(frozen=True)
class LintReport(PlainRecord):
    """What is known to cost or forbid the Neural Engine in one ML program.

    `groups` has the rules that something breaks: those that forbid first, then by how much their sources weigh, then by
    how often they are broken. `operators` counts the program's operators; `ios` is its opset. Nothing here says where
    a device will run the program: that is its own choice.
    """

    JSON_PROPERTIES = ("count",)

    path: Path
    ios: int
    operators: int
    rules: int
    groups: tuple[RuleFindings, ...]

    @property
    def count(self) -> int:
        """How many places break a rule."""
        return sum(group.count for group in self.groups)


def sort_key(group: RuleFindings) -> tuple[int, int, int, str]:
    """The order of groups in a report."""
    rule = group.rule
    return _EFFECTS.index(rule.effect), _TIERS.index(rule.tier), -len(group.findings), rule.id
