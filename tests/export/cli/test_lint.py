"""`efficientmod lint` with a severity and an exit code."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export.lint import RULES, Effect, LintReport, RuleFindings, Tier, has_findings, of_severity
from efficientmod_export.targets import FileLint
from efficientmod_export.targets._file_lint import FaultPlace, KnownFault

Command = Callable[..., Result]


def fault(tier: str) -> KnownFault:
    return KnownFault("id", "wrong", "x", ("1",), (FaultPlace("a", "ADD"),), tier)  # type: ignore[arg-type]


def test_what_is_an_error_and_what_a_warning() -> None:
    groups = tuple(RuleFindings(rule, ()) for rule in RULES.values())
    report = LintReport(Path("x"), 16, 1, len(RULES), groups)
    errors, warnings = (of_severity(report, one).groups for one in ("error", "warning"))  # type: ignore[arg-type, union-attr]
    assert sorted(one.rule.id for one in (*errors, *warnings)) == sorted(RULES)
    assert {one.rule.effect for one in errors} <= {Effect.FORBIDS, Effect.ALTERS}
    assert all(one.rule.effect is Effect.COSTS or one.rule.tier is Tier.DISPUTED for one in warnings)
    assert errors
    assert warnings
    file = FileLint(Path("x"), "gpu", 2, 3, (fault("measured here"), fault("reported")))
    assert [one.tier for one in of_severity(file, "error").faults] == ["measured here"]  # type: ignore[union-attr]
    assert [one.tier for one in of_severity(file, "warning").faults] == ["reported"]  # type: ignore[union-attr]
    assert has_findings(file)
    assert not has_findings(replace(file, faults=()))


@pytest.mark.slow
def test_the_exit_code_follows_the_findings_that_are_shown(efficientmod: Command, tiny_model: str) -> None:
    efficientmod("export", "--model", tiny_model, "--target", "coreml", "--quiet")
    assert efficientmod("lint", "out").exit_code == 0
    assert efficientmod("lint", "out", "--fail").exit_code == 1
    answer = efficientmod("lint", "out", "--severity", "error", "--fail", "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["reports"][0]["groups"]) == (0, [])
    shown = efficientmod("lint", "out", "--severity", "warning", "--fail", "--json")
    assert shown.exit_code == 1
    assert all(group["rule"]["effect"] == "costs" for group in json.loads(shown.stdout)["reports"][0]["groups"])
