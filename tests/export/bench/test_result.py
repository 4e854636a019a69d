"""A bench's results in JSON, in the terminal and as a picture."""

import dataclasses
import json
import pickle
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from efficientmod_export.bench import BenchResult, plot_latency, show_bench
from efficientmod_mobile.errors import DependencyError, InputError

from ...raising import refused
from ..cli.terminal import NARROWEST_FIRST, in_terminal

PNG = b"\x89PNG"
SHOW = """
import pathlib, pickle, sys
from efficientmod_export.bench import show_bench
show_bench(pickle.loads(pathlib.Path(sys.argv[1]).read_bytes()))
"""


def test_the_floor_is_macs_over_rate(result: BenchResult) -> None:
    assert result.floor_ms == pytest.approx(0.5, rel=1e-12)
    assert result.times_floor[result.rows[0].name] == pytest.approx(4.0, rel=1e-12)


def test_json_holds_everything_and_nothing_but_plain_values(result: BenchResult) -> None:
    document = json.loads(json.dumps(result.as_json()))
    assert document["bundle"] == "out"
    assert document["resolution"] == [64, 96]
    assert document["settings"]["threads"] == 2
    assert document["rows"][0] == {
        "name": "executorch",
        "kind": "artifact",
        "runtime": "ExecuTorch 1.4.1",
        "precision": "fp32",
        "threads": 2,
        "load_ms": 10.0,
        "latency": {"median_ms": 3.0, "p90_ms": pytest.approx(3.8), "min_ms": 2.0},
        "rounds_ms": [2.0, 4.0, 3.0],
    }
    assert document["times_floor"]["executorch"] == pytest.approx(4.0)
    assert document["rows"][2]["load_ms"] is None
    assert document["ratios"][0] == {
        "name": "executorch",
        "reference": "executorch plain",
        "median": 0.75,
        "lower": 0.625,
        "upper": 0.875,
    }
    assert document["skipped"] == [{"name": "coreml", "reason": "no runtime [here]."}]


def test_the_terminal_shows_settings_times_ratios_floor_and_what_is_missing(
    result: BenchResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_bench(result)
    shown = capsys.readouterr().out
    for text in (
        "my.module:build at 64x96, weights: seeded: for latency only",
        "load average 0.2 before",
        "ExecuTorch 1.4.1, PyTorch 2.13.0; 2 threads in every runtime, 3 rounds",
        "executorch plain",
        "0.625 to 0.875",
        "floor: 0.50 ms, 0.050 GMACs at the 100 GMAC/s",
        "coreml not measured: no runtime [here].",
    ):
        assert text in shown


def test_thread_counts_that_differ_are_all_shown(result: BenchResult, capsys: pytest.CaptureFixture[str]) -> None:
    first, *others = result.rows
    show_bench(dataclasses.replace(result, rows=(dataclasses.replace(first, threads=1), *others)))
    assert "threads: executorch 1, executorch plain 2, pytorch eager 2" in capsys.readouterr().out


def test_a_picture_of_two_bundles_of_which_one_has_fewer_contenders(result: BenchResult, tmp_path: Path) -> None:
    other = dataclasses.replace(result, model="other", rows=result.rows[1:])
    plot_latency([result, other], tmp_path / "latency.png")
    assert (tmp_path / "latency.png").read_bytes().startswith(PNG)
    plot_latency([result], tmp_path / "latency.svg")
    assert "<svg" in (tmp_path / "latency.svg").read_text()


def test_the_picture_says_what_it_shows(result: BenchResult, tmp_path: Path) -> None:
    """Of a bundle with a floor, and one whose network is not known."""
    from matplotlib import rc_context

    without = dataclasses.replace(result, model="other", macs=None, rows=result.rows[:1])
    with rc_context({"svg.fonttype": "none"}):
        plot_latency([result, without], tmp_path / "latency.svg")
    tree = ElementTree.parse(tmp_path / "latency.svg")
    texts = ["".join(element.itertext()) for element in tree.iterfind(".//{*}text")]
    for text in (
        "Linux x86_64, a processor, 2 processors; 2 threads, 3 rounds",
        "my.module:build, 64x96",
        "other, 64x96",
        "executorch plain",
        "plain: the same network converted without this toolkit's transforms",
        "floor: the network's multiply-accumulates at the rate of a matrix product",
        "latency in ms, logarithmic: median, and the range from min to p90",
    ):
        assert texts.count(text) == 1, texts
    assert [text for text in texts if text.endswith(" ms")] == ["3 ms", "4 ms", "8 ms", "3 ms"]


def test_without_the_network_there_is_no_floor(result: BenchResult, capsys: pytest.CaptureFixture[str]) -> None:
    alone = dataclasses.replace(result, macs=None, rows=result.rows[:1], ratios=())
    assert (alone.floor_ms, alone.times_floor) == (None, {})
    show_bench(alone)
    assert "floor" not in capsys.readouterr().out


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
def test_the_tables_fit_the_terminal(result: BenchResult, tmp_path: Path, columns: int) -> None:
    named = ("tflite int8-weights", "tflite int8-weights plain", "pytorch eager")
    rows = tuple(dataclasses.replace(row, name=name) for row, name in zip(result.rows, named, strict=True))
    first, second = result.ratios
    ratios = (dataclasses.replace(first, name=named[0], reference=named[1]), dataclasses.replace(second, name=named[0]))
    (tmp_path / "result.pickle").write_bytes(pickle.dumps(dataclasses.replace(result, rows=rows, ratios=ratios)))
    shown = in_terminal(sys.executable, "-c", SHOW, tmp_path / "result.pickle", columns=columns)
    assert shown.exit_code == 0, shown.text
    assert all(len(line) <= columns for line in shown.lines), shown.text
    assert re.search(r"^tflite int8-weights plain +12.0 +4.00 +4.00 +4.00 +8.0$", shown.text, re.MULTILINE), shown.text
    assert re.search(r"^    to tflite int8-weights plain +0.750 +0.625 to 0.875$", shown.text, re.MULTILINE), shown.text


@pytest.mark.parametrize("name", ["latency.docx", "latency"])
def test_an_unknown_format_is_refused(result: BenchResult, name: str, tmp_path: Path) -> None:
    with refused(InputError, "unknown_picture_format", "png", name):
        plot_latency([result], tmp_path / name)


def test_a_folder_that_is_not_there_is_refused(result: BenchResult, tmp_path: Path) -> None:
    with refused(InputError, "unwritable_picture", "latency.png"):
        plot_latency([result], tmp_path / "missing" / "latency.png")


def test_nothing_to_draw(tmp_path: Path) -> None:
    with refused(InputError, "no_results_to_plot"):
        plot_latency([], tmp_path / "latency.png")


def test_without_matplotlib_the_pip_command_is_named(
    result: BenchResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with refused(DependencyError, "missing_package", 'pip install "efficientmod-mobile[bench]"'):
        plot_latency([result], tmp_path / "latency.png")
