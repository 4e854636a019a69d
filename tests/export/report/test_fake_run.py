"""The report of the vectors' made-up run is one that `efficientmod report` accepts, with the numbers that it has."""

import json
from pathlib import Path

from efficientmod_export.bundle.contract import open_bundle
from efficientmod_export.report._check import check_report
from efficientmod_export.report._read import parse_report

VECTORS = Path(__file__).parents[2] / "vectors"


def test_the_report_is_accepted() -> None:
    (case,) = json.loads((VECTORS / "fake_run.json").read_text())
    report = parse_report(json.dumps(case["report"]).encode(), Path("report.json"))
    assert check_report(report, open_bundle(VECTORS / "bundle")) == ()
    assert [config.state for config in report.configs] == ["void", "measured"]
    assert [config.name for config in report.configs] == case["configs"]
