"""`efficientmod report`: what it shows, what it compares, what it refuses."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from efficientmod_export._shown import three_digits
from efficientmod_export.report import read_reports

from ..cli.terminal import in_terminal
from ..conftest import Command
from .conftest import VECTORS, WriteReport, measured_three_times_as_long

BUNDLE = VECTORS / "bundle"


@pytest.mark.parametrize(("columns", "target"), [(60, "tflite"), (80, "executorch-vulkan"), (120, "executorch-vulkan")])
def test_tables_fit_the_terminal(columns: int, target: str, report_file: WriteReport) -> None:
    def renamed(document: Any) -> None:
        for config in document["configs"]:
            config["target"] = target

    command = (sys.executable, "-m", "efficientmod_export", "report", report_file("android", "r.json", renamed))
    shown = in_terminal(*command, columns=columns)
    assert shown.exit_code == 0, shown.text
    lines = shown.lines
    tables = [line for line in lines if re.match(rf"{target}\S*[^:\s] |times in ms|proof", line)]
    assert len(tables) == 9  # two heads; three rows of proofs, two of latencies, two of loads
    assert max(map(len, tables)) <= columns
    row = rf"{target}-fp32:cpu:float32:4 +4\.28 +4\.93 +5\.87 +4\.21 *"
    assert len([line for line in lines if re.fullmatch(row, line)]) == 1


def test_what_is_shown(efficientmod: Command) -> None:
    done = efficientmod("report", VECTORS / "reports" / "android.json", "--bundle", BUNDLE)
    assert done.exit_code == 0, done.output
    for words in (
        "Google Pixel 9 (Tensor G4), Android 16: tiny",
        "weights: seeded: for latency only",
        "(7.52)",
        "tflite-fp32:cpu:float32:1: void: the user ended the run (aborted)",
        "tflite-fp32:gpu:float16: failed: max_relative_error 1.0e+00 is over 1.0e-02 on tall (wrong_result)",
    ):
        assert words in done.stdout
    assert "the app's" not in done.stdout


def test_the_live_picture_is_shown(efficientmod: Command) -> None:
    path = VECTORS / "reports" / "ios.json"
    camera = json.loads(path.read_text())["camera"]
    done = efficientmod("report", path)
    assert done.exit_code == 0, done.output
    line = next(line for line in done.output.splitlines() if line.startswith("camera, "))
    assert "24.0 frames a second (61 dropped)" in line  # 240 in 10 s
    assert f"{camera['end_to_end']['p50_ms']:.1f} ms from frame to result" in line
    assert f"of it {camera['preprocess']['p50_ms']:.2f} preprocessing" in line


def test_without_the_bundle_the_verdicts_are_the_apps(efficientmod: Command, report_file: WriteReport) -> None:
    done = efficientmod("report", report_file("android", "r.json"))
    assert done.exit_code == 0
    assert "The verdicts are the app's: name the bundle with --bundle" in done.stdout


def test_the_bundle_beside_the_report_is_found(report_file: WriteReport, tmp_path: Path) -> None:
    shutil.copytree(BUNDLE, tmp_path / "some name")
    (summary,) = read_reports([report_file("android", "r.json")]).reports
    assert [row.judged for row in summary.rows] == [True, True, True]


def test_a_report_that_computed_otherwise_is_refused(efficientmod: Command, report_file: WriteReport) -> None:
    def flatter(document: Any) -> None:
        document["configs"][0]["latency"]["p90_ms"] = 1.0

    files = (report_file("android", "wrong.json", flatter), report_file("desktop", "right.json"))
    done = efficientmod("report", *files)
    assert done.exit_code == 1
    message = re.sub(r"\s+", " ", done.stderr)
    assert "tflite-fp32:cpu:float32:4: configs.0.latency.p90_ms: it states 1, and the raw numbers give 4.93" in message
    assert "Pixel" not in done.stdout
    assert "a computer" in done.stdout
    document = json.loads(efficientmod("report", *files, "--json").stdout)
    assert (document["exit_code"], len(document["reports"]), len(document["refused"])) == (1, 1, 1)
    assert document["refused"][0]["findings"][0]["code"] == "statistics_differ"


def test_a_report_cannot_steer_the_terminal(efficientmod: Command, report_file: WriteReport) -> None:
    def hostile(document: Any) -> None:
        document["device"]["model"] = "\x1b]0;title\x07\x1b[2J[red]Pixel[/red]"
        document["configs"][1]["reason"]["text"] = "first line\nsecond\x9b31m line"

    done = efficientmod("report", report_file("android", "r.json", hostile))
    assert done.exit_code == 0
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout)
    assert "[red]Pixel[/red]" in done.stdout
    assert "void: first line second 31m line (aborted)" in done.stdout


def test_many_contradictions_of_one_kind_are_one_error(efficientmod: Command, report_file: WriteReport) -> None:
    """A value of the raw outputs changes every metric of its sample."""

    def other_outputs(document: Any) -> None:
        first, *_ = document["configs"]
        first["replay"]["outputs"][0]["outputs"] = document["configs"][2]["replay"]["outputs"][0]["outputs"]
        first["latency"]["p90_ms"] = 1.0

    done = efficientmod("report", report_file("android", "wrong.json", other_outputs), "--bundle", BUNDLE)
    errors = [re.sub(r"\s+", " ", line) for line in done.stderr.split("Error: ") if line.strip()]
    assert (done.exit_code, len(errors)) == (1, 2)
    assert re.search(r"configs\.0\.latency\.p90_ms: it states 1, .* give 4\.93", errors[0])
    assert re.search(r"configs\.0\.replay\.verdict\..*, and \d\d more", errors[1])


def test_what_is_no_report(efficientmod: Command, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format_version": "1.0"}')
    for file, code in ((tmp_path / "x.json", "damaged_report"), (tmp_path / "absent.json", "unreadable_report")):
        done = efficientmod("report", file, "--json")
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]["code"] == code


def test_a_report_of_another_bundle(efficientmod: Command, report_file: WriteReport) -> None:
    def other(document: Any) -> None:
        document["bundle"]["manifest_sha256"] = "0" * 64

    done = efficientmod("report", report_file("android", "r.json", other), "--bundle", BUNDLE)
    assert done.exit_code == 2
    assert "name the bundle that was on the device" in re.sub(r"\s+", " ", done.stderr)


def test_configurations_on_one_phone_are_compared(report_file: WriteReport) -> None:
    (one,) = read_reports([report_file("android", "r.json", measured_three_times_as_long)], BUNDLE).comparisons
    assert (one.first.configuration, one.second.configuration) == (
        "tflite-fp32:cpu:float32:1",
        "tflite-fp32:cpu:float32:4",
    )
    assert one.ratio == pytest.approx(3)
    assert (one.clear, one.differences) == (True, ())


def test_the_same_configuration_on_two_phones_is_compared(report_file: WriteReport) -> None:
    def other_phone(document: Any) -> None:
        document["device"]["model"] = "Pixel 6"

    files = [report_file("android", "a.json"), report_file("android", "b.json", other_phone)]
    found = {one.first.configuration: one for one in read_reports(files, BUNDLE).comparisons}
    one = found["tflite-fp32:cpu:float32:4"]
    assert (one.ratio, one.clear) == (1.0, False)
    assert ("Pixel 6" in one.first.device, "Pixel 9" in one.second.device) == (True, True)
    assert found["tflite-fp32:cpu:float32:1"].differences[0].startswith("void on Google Pixel 6")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("charging", True, "charging: yes, no"),
        ("charging", None, "charging: unknown, no"),
        ("thermal", "light", "thermal: light, cool"),
    ],
)
def test_what_is_not_alike_is_not_compared(
    field: str, value: Any, says: str, report_file: WriteReport, efficientmod: Command
) -> None:
    def other_conditions(document: Any) -> None:
        for condition in document["conditions"]:
            condition[field] = value

    files = [report_file("android", "a.json"), report_file("android", "b.json", other_conditions)]
    one = read_reports(files, BUNDLE).comparisons[0]
    assert (one.ratio, one.differences) == (None, (says,))
    text = re.sub(r"\s+", " ", efficientmod("report", *files).stdout)
    assert f"not compared ({says})" in text


def test_plans_and_files_must_be_alike(report_file: WriteReport) -> None:
    def other(document: Any) -> None:
        document["plan"]["name"] = "shorter"
        document["bundle"]["manifest_sha256"] = "1" * 64
        document["configs"][0]["artifact_sha256"] = "2" * 64

    files = [report_file("android", "a.json"), report_file("android", "b.json", other)]
    assert read_reports(files).comparisons[0].differences == ("plan: shorter, short", "the artifact's file")


def test_three_digits() -> None:
    values = (0.5, 4.2849, 9.994, 9.996, 22.54, 99.96, 153.2, None)
    assert [three_digits(value) for value in values] == ["0.50", "4.28", "9.99", "10.0", "22.5", "100", "153", "-"]
