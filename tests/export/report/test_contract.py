"""The report's contract: the schema on disk, the page, and the vectors that the apps' tests run too."""

import base64
import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from efficientmod_export.bundle.contract import Limits, open_bundle
from efficientmod_export.parity import compare
from efficientmod_export.report._check import check_report
from efficientmod_export.report._finding import FindingCode
from efficientmod_export.report._judge import judge_outputs
from efficientmod_export.report._numbers import differences
from efficientmod_export.report._read import DamagedReportError, parse_report
from efficientmod_export.report._void import CHECKED
from efficientmod_export.report.contract import PLANS, REPORT_VERSION, PhaseStatistics, Report, windows
from efficientmod_export.report.contract._schema import SCHEMAS, schema_path, schema_text

from ..schemas import enumerations

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors"
PAGE = (ROOT / "docs" / "phone_report.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
QUOTED = set(re.findall(r'"([^"\n]+)"', PAGE))
REPORTS = sorted(path.stem for path in (VECTORS / "reports").glob("*.json"))


def cases(name: str) -> list[Any]:
    found: list[Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def load(name: str) -> Any:
    return json.loads((VECTORS / "reports" / f"{name}.json").read_text(encoding="utf-8"))


def edited(document: Any, edits: list[Any]) -> Any:
    document = copy.deepcopy(document)
    for edit in edits:
        *places, last = [int(key) if key.isdecimal() else key for key in edit["field"].split(".")]
        holder = document
        for place in places:
            holder = holder[place]
        if "remove" in edit:
            del holder[last]
        else:
            holder[last] = edit["set"]
    return document


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_on_disk_are_the_models(name: str) -> None:
    """After a change: python -m efficientmod_export.report.contract."""
    assert schema_path(name).read_text(encoding="utf-8") == schema_text(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_page_has_every_field_and_every_closed_word(name: str) -> None:
    schema = json.loads(schema_text(name))
    definitions = schema.get("$defs", {})
    for title, definition in {name: schema, **definitions}.items():
        assert set(definition.get("properties", ())) <= WORDS, title
    definitions.pop("Weights", None)  # the manifest's
    assert enumerations(schema) <= WORDS | QUOTED


def test_the_page_has_every_code_and_plan() -> None:
    assert set(FindingCode) | CHECKED | set(PLANS) <= WORDS
    assert PAGE.startswith(f"# The phone's report, version {REPORT_VERSION}\n")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_require_every_field(name: str) -> None:
    schema = json.loads(schema_text(name))
    for definition in [schema, *schema.get("$defs", {}).values()]:
        assert set(definition["required"]) == set(definition["properties"])


@pytest.mark.parametrize("name", REPORTS)
def test_the_reports_meet_the_schema_and_are_kept_by_the_models(name: str) -> None:
    document = load(name)
    jsonschema.validate(document, json.loads(schema_text("report.schema.json")))
    report = Report.model_validate_json(json.dumps(document), strict=True)
    assert json.loads(report.to_json()) == document


@pytest.mark.parametrize("case", cases("reports.json"), ids=lambda case: case["name"])
def test_what_a_reader_answers(case: Any) -> None:
    document, refusal = edited(load(case["report"]), case["edits"]), case["refusal"]
    content = json.dumps(document).encode()
    bundle = open_bundle(VECTORS / "bundle")
    if refusal is None:
        assert check_report(parse_report(content, Path("x.json")), bundle) == ()
    elif refusal["field"] is None:
        with pytest.raises(DamagedReportError) as caught:
            parse_report(content, Path("x.json"))
        assert caught.value.problems[0].code == refusal["code"]
    else:
        found = check_report(parse_report(content, Path("x.json")), bundle)
        assert (refusal["code"], refusal["field"]) in [(one.code, one.field) for one in found], found
        assert {one.code for one in found} == {refusal["code"]}


def test_every_finding_and_void_reason_has_a_case() -> None:
    assert {case["refusal"]["code"] for case in cases("reports.json") if case["refusal"]} >= set(FindingCode)


def test_statistics() -> None:
    for case in cases("statistics.json"):
        found = PhaseStatistics.of_phase(case["start_ns"], case["run_ns"])
        expected = PhaseStatistics.model_validate_json(json.dumps(case["statistics"]), strict=True)
        assert list(differences(expected, found, case["name"])) == []
        assert [window.model_dump() for window in windows(case["start_ns"], case["run_ns"])] == [
            pytest.approx(window, rel=1e-9) for window in case["windows"]
        ]


def test_plans() -> None:
    assert [plan.model_dump() for plan in PLANS.values()] == cases("plans.json")


def array(stored: Any) -> np.ndarray:
    return np.frombuffer(base64.b64decode(stored["base64"]), stored["dtype"]).reshape(stored["shape"])


@pytest.mark.parametrize("case", cases("metrics.json"), ids=lambda case: case["name"])
def test_verdicts(case: Any) -> None:
    references = [tuple(map(array, sample)) for sample in case["references"]]
    results = [tuple(map(array, sample)) for sample in case["results"]]
    names = [f"s{index}" for index in range(len(results))]
    verdict = judge_outputs(names, references, results, Limits(**case["tolerance"])).model_dump(mode="json")
    assert (verdict["outcome"], verdict["violations"]) == (case["outcome"], case["violations"])
    assert [sample["faults"] for sample in verdict["samples"]] == [sample["faults"] for sample in case["samples"]]
    assert [len(sample["outputs"]) for sample in verdict["samples"]] == [len(one["outputs"]) for one in case["samples"]]
    assert len(verdict["worst"]) == len(case["worst"])
    if len(references) == 1 and not case["samples"][0]["faults"]:
        assert verdict["samples"][0]["outputs"] == [
            one.model_dump(mode="json") for one in compare(references[0], results[0]).outputs
        ]


def test_camera_frames() -> None:
    """The formula in floating point, rounded: the integers are never more than one step from it."""
    for case in cases("yuv.json"):
        if case["rgb"] is None:
            continue
        height, width = case["height"], case["width"]
        planes = [
            _plane(case[name], *sides) for name, sides in zip(("y", "cb", "cr"), _sides(height, width), strict=True)
        ]
        rows, columns = np.mgrid[0:height, 0:width] // 2
        y, cb, cr = planes[0], planes[1][rows, columns] - 128, planes[2][rows, columns] - 128
        exact = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
        upright = np.rot90(np.clip(exact, 0, 255), -(case["rotation"] // 90))
        found = np.frombuffer(base64.b64decode(case["rgb"]), np.uint8).reshape(case["shape"])
        assert upright.shape == found.shape
        assert np.abs(upright - found).max() <= 0.51, case["name"]


def _sides(height: int, width: int) -> tuple[tuple[int, int], ...]:
    half = (height + 1) // 2, (width + 1) // 2
    return (height, width), half, half


def _plane(stored: Any, height: int, width: int) -> np.ndarray:
    content = base64.b64decode(stored["base64"])
    places = [[y * stored["row_stride"] + x * stored["pixel_stride"] for x in range(width)] for y in range(height)]
    return np.array([[content[place] for place in row] for row in places], np.float64)
