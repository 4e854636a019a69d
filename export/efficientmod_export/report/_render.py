"""A report in the terminal: tables that fit 60 columns. Times in milliseconds."""

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Column, Table

from efficientmod_export._shown import numbers, say, table, three_digits
from efficientmod_export.report._compare import Comparison
from efficientmod_export.report._result import ReportsResult
from efficientmod_export.report._summary import Live, Row, Summary

NARROW = 72
"""Columns of a terminal in which the longest names leave room for one blank between two numbers."""
COLOURS = {"measured": "green", "proven": "green", "failed": "red", "refused": "yellow", "void": "yellow"}


def show_reports(result: ReportsResult, out: Console) -> None:
    """Every report that can be believed, then the comparisons."""
    for index, summary in enumerate(result.reports):
        if index:
            out.print()
        for piece in _report(summary, gap=1 if out.width < NARROW else 2):
            if isinstance(piece, str):
                say(out, piece)
            else:
                out.print(piece)
    if result.comparisons:
        out.print()
    for one in result.comparisons:
        say(out, escape(comparison_text(one)))


def _report(summary: Summary, gap: int) -> Iterator[RenderableType]:
    yield f"[bold]{escape(summary.device)}[/]: {escape(summary.model)}"
    yield f"{escape(summary.app)}; {summary.started_at}; weights: {escape(summary.weights)}"
    yield _proofs(summary.rows, gap)
    for row in summary.rows:
        if row.reason:
            yield f"{escape(row.name)}: {row.state}: {escape(row.reason)}"
        if row.repeatable is False:
            yield f"{escape(row.name)}: a second run of the same pictures gave other bits"
    if any(row.error is not None and not row.judged for row in summary.rows):
        yield "The verdicts are the app's: name the bundle with --bundle to compute them again."
    timed = [row for row in summary.rows if row.latency is not None]
    if timed:
        yield _latencies(timed, gap)
        yield _loads(timed, gap)
    if summary.live is not None:
        yield _camera(summary.live)


def _camera(live: Live) -> str:
    whole, ninety = three_digits(live.end_to_end_p50_ms), three_digits(live.end_to_end_p90_ms)
    return (
        f"camera, {escape(live.configuration)}: {live.frames_per_second:.1f} frames a second ({live.dropped} dropped), "
        f"{whole} ms from frame to result (p90 {ninety}), of it {three_digits(live.preprocess_p50_ms)} preprocessing"
    )


def _proofs(rows: Sequence[Row], gap: int) -> Table:
    shown = table(_first("proof"), *numbers("error", "limit", ""), gap=gap)
    for row in rows:
        error, limit = ("-" if value is None else f"{value:.1e}" for value in (row.error, row.limit))
        shown.add_row(escape(row.name), error, limit, f"[{COLOURS[row.state]}]{row.state}[/]")
    return shown


def _latencies(rows: Sequence[Row], gap: int) -> Table:
    shown = table(_first("times in ms"), *numbers("p50", "p90", "p99", "paced"), gap=gap)
    for row in rows:
        latency = row.latency
        times = () if latency is None else (latency.p50_ms, latency.p90_ms, latency.p99_ms)
        cells = [three_digits(value) for value in (*times, row.paced_p50_ms)]
        shown.add_row(escape(row.name), *(_set_apart(cell, row) for cell in cells))
    return shown


def _loads(rows: Sequence[Row], gap: int) -> Table:
    shown = table(_first(""), *numbers("open", "again", "call", "MB", "drift"), gap=gap)
    for row in rows:
        cells = [three_digits(value) for value in (row.first_open_ms, row.open_ms, row.first_call_ms)]
        memory = "-" if row.peak_bytes is None else f"{row.peak_bytes / 1e6:.0f}"
        drift = "-" if row.drift is None else f"{row.drift:.2f}"
        shown.add_row(escape(row.name), *(_set_apart(cell, row) for cell in (*cells, memory, drift)))
    return shown


def _first(name: str) -> Column:
    return Column(name, overflow="fold")


def _set_apart(cell: str, row: Row) -> str:
    """What is void stands in parentheses."""
    return cell if row.counts or cell == "-" else f"[dim]({cell})[/]"


def comparison_text(one: Comparison) -> str:
    """One comparison in a sentence."""
    first, second = one.first, one.second
    if first.file == second.file:
        pair = f"{first.device}: {first.configuration} beside {second.configuration}"
    elif first.device == second.device:
        pair = f"{first.configuration}: {first.file} beside {second.file}"
    else:
        pair = f"{first.configuration}: {first.device} beside {second.device}"
    if one.ratio is None:
        return f"{pair}: not compared ({'; '.join(one.differences)})"
    doubt = {True: "", False: ", which their rounds do not show clearly", None: ", in a single round"}[one.clear]
    return f"{pair}: {one.ratio:.2f} times the median{doubt}"
