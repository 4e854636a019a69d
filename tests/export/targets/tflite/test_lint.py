"""Anyone's `.tflite` held against the table of what a GPU computes wrongly or refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result

from efficientmod_export.lint import FileLint, lint_path
from efficientmod_mobile.errors import InputError

from ....raising import refused

Command = Callable[..., Result]


@pytest.fixture
def divided(benchmark: ModuleType, tmp_path: Path) -> Path:
    """A division of six channels by a constant, then a convolution."""
    form = ("DIV", "1x8x7x6 with 1x1x1x6, then CONV_2D")
    path = tmp_path / "divided.tflite"
    path.write_bytes(next(case for case in benchmark.cases() if (case.operator, case.form) == form).written())
    return path


def test_a_file_of_another_writer(divided: Path) -> None:
    (report,) = lint_path(divided)
    assert isinstance(report, FileLint)
    (fault,) = report.faults
    assert (fault.id, fault.effect, fault.count) == ("padding of the channels", "wrong", 1)
    assert fault.places[0].operator.startswith("CONV_2D(1x8x7x6, ")
    assert report.operators == 2


def test_the_command_says_it_in_both_forms(divided: Path, efficientmod: Command) -> None:
    shown = efficientmod("lint", divided)
    assert shown.exit_code == 0
    for words in ("1 of 2 operators", "padding of the channels", "wrong", "CONV_2D(1x8x7x6, ", "not a number", "2.3.0"):
        assert words in " ".join(shown.output.split())
    (report,) = json.loads(efficientmod("lint", divided, "--json").stdout)["reports"]
    assert report["path"] == str(divided)
    assert report["faults"][0]["versions"] == ["2.3.0"]


def test_a_file_without_a_fault(benchmark: ModuleType, tmp_path: Path, efficientmod: Command) -> None:
    path = tmp_path / "tanh.tflite"
    path.write_bytes(next(case for case in benchmark.cases() if case.operator == "TANH").written())
    (report,) = lint_path(path)
    assert report.count == 0
    assert "0 of 1 operators" in efficientmod("lint", path).output


def test_files_that_cannot_be_linted(tmp_path: Path) -> None:
    with refused(InputError, "unreadable_tflite", "missing.tflite"):
        lint_path(tmp_path / "missing.tflite")
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"TFL3")
    with refused(InputError, "damaged_tflite"):
        lint_path(damaged)
    picture = tmp_path / "picture.jpg"
    picture.touch()
    with refused(InputError, "unlintable_file", ".tflite"):
        lint_path(picture)
