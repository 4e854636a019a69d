"""The HTML page: what is in it, and how a real browser lays it out, on a phone and a desktop, light and dark."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from efficientmod_export.report import read_accuracy, read_reports
from efficientmod_export.report._accuracy import ArtifactAccuracy
from efficientmod_export.report.page import write_page
from efficientmod_export.report.page._scale import Linear, Logarithmic
from efficientmod_mobile.errors import InputError

from ...raising import refused
from ..conftest import Command
from .conftest import VECTORS, WriteReport, measured_three_times_as_long

BUNDLE = VECTORS / "bundle"
WIDTHS = (390, 1280)
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""
MEASURE = (Path(__file__).parent / "measure_layout.js").read_text()

needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="there is no chromium on the PATH (.ci/run installs Debian's)"
)


@pytest.fixture
def page(report_file: WriteReport, tmp_path: Path) -> Path:
    """Of two Android phones, an iPhone and a computer, with accuracies."""

    def other_phone(document: Any) -> None:
        document["device"]["model"] = "<Pixel> & 6"
        for condition in document["conditions"]:
            condition["charging"] = True

    files = [
        report_file("android", "a.json", measured_three_times_as_long),
        report_file("android", "b.json", other_phone),
        report_file("ios", "i.json"),
        report_file("desktop", "d.json"),
    ]
    result = read_reports(files, BUNDLE)
    write_page(result, tmp_path / "page.html", [read_accuracy(accuracies(tmp_path, result.reports[0].manifest_sha256))])
    return tmp_path / "page.html"


def accuracies(folder: Path, bundle: str) -> Path:
    results = [
        {"artifact": "model.tflite", "top1": 0.783, "n": 5000},
        {"artifact": "model_fp16.mlpackage", "top1": 0.781, "n": 5000},
    ]
    document = {"format_version": "1.0", "bundle": bundle, "dataset": "some pictures", "results": results}
    (folder / "accuracy.json").write_text(json.dumps(document))
    return folder / "accuracy.json"


def chromium(*arguments: str | Path) -> str:
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    done = subprocess.run(
        ["chromium", *options, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def scheme(dark: bool) -> str:
    return f"--blink-settings=preferredColorScheme={0 if dark else 1}"


def test_what_is_in_it(page: Path) -> None:
    text = page.read_text()
    shown = html.unescape(re.sub(r"<[^>]+>", " ", text))
    for words in (
        "tiny on 4 devices",
        "Latency against accuracy",
        "78.3 %",
        "Sustained load",
        "the last minute takes 1.21 times the first",
        "this app has no LiteRT (no_such_runtime)",
        "not compared (charging: yes, no)",
        "<Pixel> & 6",
        "The weights are seeded",
    ):
        assert words in re.sub(r"\s+", " ", shown), words
    assert "<Pixel>" not in text
    assert "verdicts are the app's" not in shown


def test_it_needs_nothing_else(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"https?:|<script|<link|<img|@import|url\(|src=", text)
    assert "default-src 'none'" in html.unescape(text)


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_browser_lays_it_out(dark: bool, page: Path, tmp_path: Path) -> None:
    """Nothing is wider than the screen, no texts overlap, each can be read against what is behind it."""
    frames = "".join(
        f'<iframe srcdoc="{html.escape(page.read_text())}" style="width:{width}px;height:8000px;border:0"></iframe>'
        for width in WIDTHS
    )
    (tmp_path / "frames.html").write_text(f"{frames}<script>{MEASURE}</script>")
    dumped = chromium(scheme(dark), "--virtual-time-budget=2000", "--dump-dom", tmp_path / "frames.html")
    measured = re.search(r'<pre id="measured">(.*?)</pre>', dumped, re.DOTALL)
    assert measured
    found = json.loads(html.unescape(measured[1]))
    assert [one["width"] for one in found] == list(WIDTHS)
    for one in found:
        assert one["texts"] > 100
        assert one["wider"] == []
        assert one["overlapping"] == []
        assert [text for text, contrast in one["contrasts"] if contrast < LEAST_CONTRAST] == []


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_browser_draws_the_plots(dark: bool, page: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    chromium(scheme(dark), "--window-size=1280,3400", f"--screenshot={picture}", page)
    with Image.open(picture) as image:
        colours = {colour: count for count, colour in image.convert("RGB").getcolors(1 << 24) or ()}
    bar, good, bad = (
        ((110, 160, 255), (76, 195, 138), (255, 123, 114)) if dark else ((47, 111, 222), (26, 127, 75), (192, 54, 44))
    )
    assert colours.get(bar, 0) > 5_000
    assert colours.get(good, 0) > 200
    assert colours.get(bad, 0) > 50


def test_the_verb_writes_it(efficientmod: Command, report_file: WriteReport, tmp_path: Path) -> None:
    file = report_file("ios", "i.json")
    done = efficientmod("report", file, "--bundle", BUNDLE, "--html", tmp_path / "x.html")
    assert done.exit_code == 0, done.output
    assert "Latency against accuracy" not in (tmp_path / "x.html").read_text()
    done = efficientmod("report", file, "--html", tmp_path / "absent" / "x.html", "--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, "unwritable_page")


def test_a_page_of_a_report_that_is_refused(report_file: WriteReport, tmp_path: Path) -> None:
    def flatter(document: Any) -> None:
        document["configs"][0]["latency"]["p90_ms"] = 1.0

    write_page(read_reports([report_file("android", "a.json", flatter)], BUNDLE), tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text()
    assert "configs.0.latency.p90_ms" in text
    assert "4.28" not in text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda document: document.pop("dataset"), "damaged_accuracy"),
        (lambda document: document["results"][0].update(top1=78.3), "damaged_accuracy"),
        (lambda document: document.update(format_version="2.0"), "damaged_accuracy"),
        (lambda document: document.update(more=1), None),
    ],
)
def test_accuracies_that_cannot_be_read(change: Callable[[Any], Any], code: str | None, tmp_path: Path) -> None:
    path = accuracies(tmp_path, "0" * 64)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    if code is None:
        assert read_accuracy(path).results[0].n == 5000
    else:
        with refused(InputError, code):
            read_accuracy(path)
    with refused(InputError, "unreadable_accuracy"):
        read_accuracy(tmp_path / "absent")


def test_the_interval_of_a_fraction() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, Wilson's method."""
    low, high = ArtifactAccuracy(artifact="x", top1=81 / 263, n=263).interval
    assert (low, high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_axes() -> None:
    names = [name for _, name in Linear.around([17.6]).names()]
    assert names == ["0", "5", "10", "15", "20"]
    assert [name for _, name in Linear.around([0.9]).names()] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [name for _, name in Linear.around([110.0]).names()] == ["0", "25", "50", "75", "100", "125"]
    assert [name for _, name in Linear.around([77.1, 79.4], from_zero=False).names()] == [
        "77.0",
        "77.5",
        "78.0",
        "78.5",
        "79.0",
        "79.5",
    ]
    scale = Logarithmic.around([3.8e-6, 1e-2])
    assert (scale.place(0.0), scale.place(1e3)) == (0.0, 100.0)
    assert scale.place(1e-4) == pytest.approx(100 * (-4 - scale.first) / (scale.last - scale.first))
