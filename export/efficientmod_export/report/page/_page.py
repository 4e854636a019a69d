"""Writes the page: what was measured, in which conditions, and what follows."""

from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from efficientmod_export._shown import three_digits
from efficientmod_export.report._accuracy import Accuracy
from efficientmod_export.report._compare import Comparison
from efficientmod_export.report._render import comparison_text
from efficientmod_export.report._result import ReportsResult
from efficientmod_export.report._summary import Row, Summary
from efficientmod_export.report.page._html import Html, div, element, joined, span, table
from efficientmod_export.report.page._plots import (
    AccuracyPoint,
    accuracy_plot,
    parity_rows,
    percentile_rows,
    sustained_plot,
)
from efficientmod_mobile.errors import InputError

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is loaded from anywhere."""
HOW = (
    "Each timing is one call of the network, by a clock that does not go backwards; nothing is trimmed. A bar ends at "
    "the median of the bursts, its tail at the 99th percentile (the 90th below 500 runs), with a mark at the 90th.",
    "Every percentile was computed again from the single timings, and every verdict from the raw outputs where the "
    "bundle was there.",
    "An error is the largest difference of any output from PyTorch's, as a fraction of the output's range over the "
    "golden samples.",
    "Void are times of a debug build, an emulator or a software GPU, with a power saver, in the background, too hot, or"
    " with fewer runs than planned. They are shown, and not compared.",
)


def write_page(result: ReportsResult, path: Path, accuracies: Sequence[Accuracy] = ()) -> None:
    """Write the page of the reports that can be believed. Raises InputError where it cannot be written."""
    try:
        path.write_text(page(result, accuracies), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); name another file.", code="unwritable_page"
        ) from error


def page(result: ReportsResult, accuracies: Sequence[Accuracy] = ()) -> str:
    """The page's text."""
    title = _title(result.reports)
    head = element(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        element("title", title),
        element("style", Html(resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8"))),
    )
    sections = [*_sections(result, accuracies)]
    body = element("body", element("main", _header(title, result), *sections, _footer()))
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _title(reports: Sequence[Summary]) -> str:
    models = ", ".join(dict.fromkeys(summary.model for summary in reports)) or "No report that can be believed"
    devices = list(dict.fromkeys(summary.name for summary in reports))
    return f"{models} on {devices[0]}" if len(devices) == 1 else f"{models} on {len(devices)} devices"


def _header(title: str, result: ReportsResult) -> Html:
    notes = []
    for refused in result.refused:
        for findings in refused.by_kind():
            more = f", and {len(findings) - 1} more" if findings[1:] else ""
            notes.append(div("note bad", element("strong", f"Left out: {refused.file}. "), f"{findings[0]}{more}"))
    if any(summary.seeded for summary in result.reports):
        text = "The weights are seeded: latencies count, what the network says means nothing."
        notes.append(div("note", text))
    if any(row.error is not None and not row.judged for summary in result.reports for row in summary.rows):
        notes.append(
            div("note", "Some verdicts are the app's own: their bundle, or their raw outputs, were not there.")
        )
    cards = div("cards", *(_card(summary) for summary in result.reports))
    return element("header", element("h1", title), *notes, cards)


def _card(summary: Summary) -> Html:
    proven = sum(row.state in ("measured", "proven", "void") for row in summary.rows)
    best = min((row for row in summary.rows if row.counts), key=lambda row: _p50(row), default=None)
    number = ("-", "nothing measured") if best is None else (f"{three_digits(_p50(best))} ms", best.name)
    sides = "" if summary.resolution is None else f", {summary.resolution[0]}x{summary.resolution[1]}"
    facts = [
        ("proven", f"{proven} of {len(summary.rows)} configurations"),
        ("model", f"{summary.model}{sides}"),
        ("weights", summary.weights),
        ("bundle", summary.manifest_sha256[:12]),
        ("app", summary.app),
        ("started", summary.started_at),
    ]
    listed = [joined((element("dt", name), element("dd", value))) for name, value in facts]
    return div(
        "card",
        element("h2", summary.device),
        div("big", span("figure", number[0]), span("under", number[1])),
        element("dl", *listed),
    )


def _sections(result: ReportsResult, accuracies: Sequence[Accuracy]) -> Iterator[Html]:
    if accuracies:
        yield _accuracy_section(result.reports, accuracies)
    timed = [(summary, [row for row in summary.rows if row.latency]) for summary in result.reports]
    if any(rows for _, rows in timed):
        # One axis for each device: a slow one would hide the others.
        yield _section("Latency", *_by_device(timed, percentile_rows), _comparisons(result.comparisons))
    curves = [
        element("figure", element("figcaption", *_curve_caption(summary, row)), sustained_plot(row))
        for summary in result.reports
        for row in summary.rows
        if row.windows
    ]
    if curves:
        text = "The median of every ten seconds; behind it the thermal state."
        yield _section("Sustained load", element("p", text), *curves)
    proofs = [(summary, list(summary.rows)) for summary in result.reports]
    if proofs:
        yield _section("Parity", *_by_device(proofs, parity_rows), *_reasons(result.reports))
    if any(rows for _, rows in timed):
        yield _section("Loading and memory", _loads(timed))
        yield _section("Conditions", _conditions(timed))


def _section(title: str, *content: str) -> Html:
    return element("section", element("h2", title), *content)


def _by_device(groups: Sequence[tuple[Summary, list[Row]]], plot: Callable[[Sequence[Row]], Html]) -> Iterator[Html]:
    for summary, rows in groups:
        if rows:
            yield element("h3", summary.device)
            yield plot(rows)


def _accuracy_section(reports: Sequence[Summary], accuracies: Sequence[Accuracy]) -> Html:
    points = [
        AccuracyPoint(f"{row.name}, {summary.name}", number, _p50(row), found)
        for number, summary in enumerate(reports)
        for row in summary.rows
        if row.counts
        for accuracy in accuracies
        if accuracy.bundle == summary.manifest_sha256
        for found in accuracy.results
        if found.artifact == row.artifact
    ]
    if not points:
        return _section("Accuracy", element("p", "No configuration that was measured is of a bundle with accuracies."))
    rows = [
        (str(at), point.label, three_digits(point.p50_ms), f"{100 * point.accuracy.top1:.1f} %", str(point.accuracy.n))
        for at, point in enumerate(points, 1)
    ]
    datasets = ", ".join(dict.fromkeys(accuracy.dataset for accuracy in accuracies))
    text = f"Top-1 on {datasets}, with 95 % intervals, beside the median latency."
    named = table(("", "configuration", "p50 ms", "top-1", "pictures"), rows, numbers_from=2)
    return _section("Latency against accuracy", element("p", text), accuracy_plot(points), named)


def _comparisons(comparisons: Sequence[Comparison]) -> Html:
    if not comparisons:
        return Html("")
    items = [element("li", comparison_text(one), class_="unlike" if one.ratio is None else None) for one in comparisons]
    return joined((element("h3", "Side by side"), element("ul", *items, class_="compared")))


def _curve_caption(summary: Summary, row: Row) -> Iterator[Html]:
    yield element("strong", row.name)
    yield span("under", f" {summary.name}")
    if row.drift is not None:
        yield span("under", f"; the last minute takes {row.drift:.2f} times the first")


def _reasons(reports: Sequence[Summary]) -> Iterator[Html]:
    found = [(summary, row) for summary in reports for row in summary.rows if row.reason]
    if found:
        items = [
            element("li", element("strong", row.name), f" on {summary.name}: {row.state}: {row.reason}")
            for summary, row in found
        ]
        yield element("ul", *items, class_="compared")


def _loads(groups: Sequence[tuple[Summary, list[Row]]]) -> Html:
    head = ("configuration", "device", "first open ms", "again ms", "first call ms", "paced p50 ms", "peak MB")
    rows = [
        (
            row.name,
            summary.name,
            *map(three_digits, (row.first_open_ms, row.open_ms, row.first_call_ms, row.paced_p50_ms)),
            "-" if row.peak_bytes is None else f"{row.peak_bytes / 1e6:.0f}",
        )
        for summary, several in groups
        for row in several
    ]
    return table(head, rows, numbers_from=2)


def _conditions(groups: Sequence[tuple[Summary, list[Row]]]) -> Html:
    head = ("configuration", "device", "plan", "build", "thermal", "power saver", "charging")
    rows = []
    for summary, several in groups:
        for row in several:
            found = row.surroundings
            cells = (found.plan, found.build, found.thermal, found.power_saver, found.charging)
            rows.append((row.name, summary.name, *cells))
    return table(head, rows, numbers_from=len(head))


def _footer() -> Html:
    items = [element("li", text) for text in HOW]
    return element("footer", element("h2", "How to read this"), element("ul", *items))


def _p50(row: Row) -> float:
    return row.latency.p50_ms if row.latency else float("inf")
