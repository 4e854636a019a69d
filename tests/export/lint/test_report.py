"""How findings are grouped, counted and shown, and what happens without a readable Core ML model."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import nn

from efficientmod_export.lint import (
    RULES,
    Effect,
    FileLint,
    LintReport,
    Tier,
    lint_path,
    lint_program,
    page_with_rules,
    show_lint,
)
from efficientmod_export.lint._page import BEGIN, END
from efficientmod_export.lint._rule import rule
from efficientmod_export.mil import PackageError
from efficientmod_mobile.errors import BundleError

from ...raising import refused

PAGE = Path(__file__).parents[3] / "docs" / "neural_engine.md"


class Block(nn.Module):
    """Four linear layers that read (N, 7, 6), and a kernel that the M1 rejects."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(*(nn.Linear(6, 6) for _ in range(4)))
        self.wide = nn.Conv1d(7, 3, 5)
        self.wider = nn.Conv2d(3, 2, (1, 14))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.wide(self.body(x))
        out: torch.Tensor = self.wider(rows.reshape(1, 3, 1, 2).repeat(1, 1, 1, 8))
        return out


@pytest.fixture(scope="module")
def package(convert: Callable[..., Path]) -> Path:
    return convert(Block(), torch.rand(1, 7, 6))


@pytest.fixture(scope="module")
def report(package: Path) -> LintReport:
    return lint_program(package)


def shown(report: LintReport, width: int = 200, **options: Any) -> str:
    console = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    show_lint(report, console, **options)
    text = console.file
    assert isinstance(text, StringIO)
    return text.getvalue()


def test_findings_are_grouped_by_rule_what_forbids_first(report: LintReport) -> None:
    groups = {group.rule.id: group for group in report.groups}
    assert [finding.module for finding in groups["linear-channels-last"].findings] == [f"body.{i}" for i in range(4)]
    assert [finding.module for finding in groups["kernel-size"].findings] == ["wider"]
    effects = [group.rule.effect for group in report.groups]
    assert effects == sorted(effects, key=list(Effect).index)
    assert effects[0] is Effect.FORBIDS
    assert effects[-1] is Effect.COSTS
    costs = [group for group in report.groups if group.rule.effect is Effect.COSTS]
    order = [(list(Tier).index(group.rule.tier), -len(group.findings)) for group in costs]
    assert order == sorted(order)
    assert report.count == sum(len(group.findings) for group in report.groups) > 5


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_rules_name_is_broken_and_lines_fit(report: LintReport, width: int) -> None:
    lines = shown(report, width).splitlines()
    assert {group.rule.id for group in report.groups} <= {line.split()[0] for line in lines if line}
    assert all(len(line) <= width for line in lines if "https://" not in line)


def test_json_has_every_finding_and_the_sources(report: LintReport, package: Path) -> None:
    document = json.loads(json.dumps(report.as_json()))
    assert document["path"] == str(package)
    assert document["count"] == report.count
    assert document["ios"] == 16
    assert document["rules"] == len(RULES)
    linear = next(group for group in document["groups"] if group["rule"]["id"] == "linear-channels-last")
    assert linear["count"] == len(linear["findings"]) == 4
    assert linear["rule"]["tier"] == "said by Apple"
    assert linear["rule"]["citations"][0]["source"]["address"].startswith("https://machinelearning.apple.com/")
    assert linear["findings"][0]["kind"] == "linear"


def test_the_table_shows_the_first_findings_and_counts_the_rest(report: LintReport) -> None:
    text = shown(report, shown=1)
    assert "and 3 more" in text
    assert "in body.0" in text
    assert "in body.1" not in text
    assert "https://machinelearning.apple.com/research/neural-engine-transformers" in text


def test_a_program_that_breaks_nothing(convert: Callable[..., Path]) -> None:
    report = lint_program(convert(nn.Conv2d(3, 8, 3), torch.rand(1, 3, 7, 40)))
    assert report.groups == ()
    assert report.count == 0
    assert len(shown(report, 500).splitlines()) == 2


def test_an_operator_that_the_interpreter_does_not_know_is_no_error(lint_mil: Callable[..., LintReport]) -> None:
    def build(mb: Any, x: Any) -> Any:
        return mb.non_zero(x=x)

    report = lint_mil(build, (5,))
    assert "no-engine-path" in [group.rule.id for group in report.groups]


def test_what_is_no_package(tmp_path: Path) -> None:
    with refused(PackageError, "damaged_package", "Manifest.json"):
        lint_program(tmp_path)


def test_what_is_no_bundle(tmp_path: Path) -> None:
    with refused(BundleError, "no_manifest"):
        lint_path(tmp_path)


def test_a_bundle_gives_a_report_for_each_file_that_has_rules(
    tiny_model: str, efficientmod: Callable[..., Any], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    result = efficientmod(
        "export",
        "-m",
        tiny_model,
        "-t",
        "coreml",
        "-t",
        "tflite",
        "-t",
        "onnx",
        "--resolution",
        "32",
        "-o",
        bundle,
        "--quiet",
    )
    assert result.exit_code == 0, result.output
    report, on_gpu = lint_path(bundle)
    assert isinstance(report, LintReport)
    assert report.path == bundle / "model.mlpackage"
    assert isinstance(on_gpu, FileLint)
    assert (on_gpu.path, on_gpu.faults) == (bundle / "model.tflite", ())
    assert lint_path(bundle / "model.mlpackage") == (report,)
    assert "float32" not in [group.rule.id for group in report.groups]  # it is the picture's scale and bias alone
    (bundle / "model.mlpackage").rename(tmp_path / "elsewhere.mlpackage")
    (bundle / "model.mlpackage").symlink_to(tmp_path / "elsewhere.mlpackage")
    with refused(BundleError, "link", "model.mlpackage"):
        lint_path(bundle)
    manifest = bundle / "manifest.json"
    document = json.loads(manifest.read_text())
    document["artifacts"] = [one for one in document["artifacts"] if one["target"] == "onnx"]
    manifest.write_text(json.dumps(document))
    with refused(BundleError, "no_lintable_artifact"):
        lint_path(bundle)


def test_a_rule_without_a_source_or_of_a_taken_name_is_refused() -> None:
    held = next(iter(RULES.values()))
    common: dict[str, Any] = {"effect": Effect.COSTS, "advice": "none"}
    with pytest.raises(ValueError, match="registered twice"):
        rule(held.id, "x", tier=Tier.APPLE, citations=held.citations, **common)(held.check)
    with pytest.raises(ValueError, match="no source"):
        rule("new", "x", tier=Tier.APPLE, citations=(), **common)(held.check)
    with pytest.raises(ValueError, match="which chips"):
        rule("new", "x", tier=Tier.MEASURED, citations=held.citations, **common)(held.check)
    assert "new" not in RULES


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_is_complete(rule_id: str) -> None:
    held = RULES[rule_id]
    assert held.advice.endswith(".")
    assert all(cited.says.endswith(".") for cited in held.citations)
    assert all(cited.source.address.startswith("https://") for cited in held.citations)
    if held.tier is Tier.APPLE:
        assert any(
            mark in held.citations[0].source.address for mark in ("apple.com", "apple.github.io", "apple/coremltools")
        )
    if held.tier is Tier.DISPUTED:
        assert any(cited.says.startswith("Contradicts") for cited in held.citations)


def test_the_page_is_what_the_rules_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page_with_rules(page) == page, "run python -m efficientmod_export.lint docs/neural_engine.md"


def test_the_page_holds_every_rule_and_keeps_other_text(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nstale words\n{END}\nafter\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "efficientmod_export.lint", os.fspath(page)], check=True)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "stale words" not in text
    assert all(f"### {rule_id}\n" in text for rule_id in RULES)
    with pytest.raises(ValueError, match="no marks"):
        page_with_rules("nothing")


def test_a_report_cannot_be_changed(report: LintReport) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.rules = 0  # type: ignore[misc]
