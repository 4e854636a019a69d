"""What a terminal shows of an evaluation: a bar with the time left, and tables that fit."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from efficientmod_export.cli._counted import _Tenths

from ..cli.terminal import environment, in_pipe, in_terminal, program
from .conftest import COUNT, Made


def command(made: Made, *more: str | Path) -> list[str | Path]:
    return [*program("efficientmod"), "eval", made.other, "--images", made.images, "--processes", "1", *more]


@pytest.fixture
def variables(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(made.folder))


@pytest.mark.parametrize("columns", [60, pytest.param(100, marks=pytest.mark.slow)])
def test_a_bar_then_a_table_that_fits(columns: int, made: Made, variables: None, tmp_path: Path) -> None:
    rows = "\n".join(f"{name},{made.best(name)}" for name in made.scores)
    (tmp_path / "t.csv").write_text(f"file,class\n{rows}\n")
    shown = in_terminal(*command(made, "--truth", tmp_path / "t.csv"), columns=columns)
    assert shown.exit_code == 0, shown.text
    assert re.search(rf"\d+/{COUNT} +\d:\d\d:\d\d left", shown.text), shown.text
    start = next(place for place, line in enumerate(shown.lines) if line.split()[:2] == ["top-1", "top-5"])
    table = shown.lines[start : start + 5]
    assert all(len(line) <= columns for line in table), shown.text
    assert table[1].split()[:3] == ["PyTorch", "100.0", "%"]
    assert table[3].startswith("onnx")
    assert re.search(r"≤\d+\.\d %", table[4])
    assert "\u2026" not in "\n".join(table)


def test_tenths_with_the_time_left_and_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _Tenths(sys.stdout)
    lines("checking", 0, 0)
    for done in range(0, 101, 5):
        lines("evaluating", done, 100)
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["checking", "evaluating: 0 of 100"]
    assert len(told) == 2 + 10
    assert re.fullmatch(r"evaluating: 10 of 100, 0:\d\d:\d\d left", told[2])
    assert told[-1] == "evaluating: 100 of 100"


@pytest.mark.slow
def test_a_pipe_gets_lines_and_no_bar(made: Made, variables: None) -> None:
    done = in_pipe(*command(made))
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0] == "checking the bundle and the pictures"
    assert f"evaluating in 1 process: {COUNT} of {COUNT}" in lines
    assert any(re.fullmatch(r"evaluating in 1 process: 8 of 24, 0:\d\d:\d\d left", line) for line in lines)
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(made: Made, variables: None, tmp_path: Path) -> None:
    """And the same command goes on."""
    asked = [str(word) for word in command(made, "--json", tmp_path / "a.json")]
    with subprocess.Popen(
        asked, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as one:
        partial = tmp_path / "a.json.partial"
        until = time.monotonic() + 120
        while not (partial.exists() and len(partial.read_text().splitlines()) > 1) and time.monotonic() < until:
            time.sleep(0.01)
        os.killpg(one.pid, signal.SIGINT)  # as a terminal sends it, also to the workers
        _, told = one.communicate(timeout=120)
    if one.returncode == 0:
        pytest.skip("the evaluation was over before it could be interrupted")
    assert one.returncode == 130, told
    assert told.splitlines()[-1] == "Error: Interrupted; the same command goes on from here."
    assert "Traceback" not in told
    done = in_pipe(*asked)
    assert done.returncode == 0
    assert re.search(r"\d+ were done before", done.stdout)
    assert sys.executable == asked[0]
