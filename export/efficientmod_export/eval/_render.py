"""An evaluation in the terminal: a table that fits 60 columns, and what stands out."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from efficientmod_export.eval._result import EvalResult, Row, Score

NARROW = 72
"""Columns of a terminal in which there is one blank between two numbers."""
SHOWN_CONFUSIONS, SHOWN_PICTURES = 5, 5


def show_eval(result: EvalResult, out: Console) -> None:
    """The pictures, the rows, what they mean, the worst confusions, the pictures that differ, the warnings."""

    def say(markup: str) -> None:
        out.print(markup, soft_wrap=not out.is_terminal)

    say(f"[bold]{escape(result.model)}[/], weights: {escape(result.weights)}")
    say(escape(_pictures(result)))
    out.print(_rows(result, gap=1 if out.width < NARROW else 2))
    for sentence in (*_legend(result), *result.skipped, *_confusions(result), *_differing(result)):
        say(escape(sentence))
    for sentence in result.warnings:
        say(f"[bold yellow]Warning:[/] {escape(sentence)}")


def _pictures(result: EvalResult) -> str:
    of = f" of {result.found}" if result.evaluated != result.found else ""
    labels = f"labels: {result.labels}" if result.labels else "no labels are known: agreement only (--truth FILE)"
    unlabelled = result.evaluated - result.labelled
    without = f", {unlabelled} pictures have none" if result.labels and unlabelled else ""
    resumed = f"; {result.resumed} were done before" if result.resumed else ""
    unreadable = ""
    if result.unreadable:
        names = ", ".join(list(result.unreadable)[:SHOWN_PICTURES])
        more = ", ..." if len(result.unreadable) > SHOWN_PICTURES else ""
        unreadable = f"; {len(result.unreadable)} cannot be read: {names}{more}"
    return f"{result.evaluated}{of} pictures, {labels}{without}; in {result.workers}{resumed}{unreadable}"


def _rows(result: EvalResult, gap: int) -> Table:
    labelled = any(row.top1 for row in result.rows)
    names = [*(["top-1", "top-5"] if labelled else []), "differs", *(["flips"] if labelled else []), "dB", "ms"]
    numbers = [Column(name, justify="right", no_wrap=True) for name in names]
    table = Table(Column("", overflow="fold"), *numbers, box=None, padding=(0, gap, 0, 0), pad_edge=False)
    for row in result.rows:
        scores = [_score(row.top1), _score(row.top5)] if labelled else []
        by = "interpreted" if row.interpreted else row.runtime
        # PyTorch's row is called by its runtime's name.
        under = f"\n  {escape(by)}" if row.artifact else f"\n  {escape(by.removeprefix(row.name).strip())}"
        table.add_row(f"[bold]{escape(row.name)}[/]{under}", *scores, *_agreement(row, labelled), f"{row.ms:.1f}")
    return table


def _score(score: Score | None) -> str:
    if score is None:
        return "-"
    low, high = score.interval
    return f"{100 * score.fraction:.1f} %\n{100 * low:.1f}-{100 * high:.1f}"


def _agreement(row: Row, labelled: bool) -> list[str]:
    one = row.agreement
    if one is None:
        return ["-", *(["-"] if labelled else []), "-"]
    differs = f"{100 * (1 - one.fraction):.1f} %\n\u2264{100 * one.differs_at_most:.1f} %"
    flips = [f"-{one.to_wrong}\n+{one.to_right}"] if labelled else []
    return [differs, *flips, f"{one.sqnr_db:.1f}"]


def _legend(result: EvalResult) -> Iterator[str]:
    if result.reference_told:
        yield result.reference_told
    if result.reference:
        flips = (
            f"; flips: -, right in {result.reference} alone, +, right in the artifact alone" if result.labels else ""
        )
        yield (
            f"differs: in the best class from {result.reference}, and at most in how many of all such pictures (95 %)"
            f"{flips}; dB: signal to noise of the scores"
        )
    yield f"ms: the median of one inference with one thread; decoding and preprocessing one: {result.decode_ms:.1f}"


def _confusions(result: EvalResult) -> Iterator[str]:
    """Of the reference, or the first artifact."""
    name = result.reference or result.rows[0].name
    found = [
        f"{one.truth_label or f'class {one.truth}'} taken for {one.said_label or f'class {one.said}'} ({one.count})"
        for one in result.confusions.get(name, ())[:SHOWN_CONFUSIONS]
    ]
    if found:
        yield f"Worst confusions of {name}: {'; '.join(found)}"


def _differing(result: EvalResult) -> Iterator[str]:
    if not result.reference:
        return
    count = len(result.differing)
    if not count:
        yield f"Every artifact has {result.reference}'s best class on every picture."
        return
    names = ", ".join(one.picture for one in result.differing[:SHOWN_PICTURES])
    seen = f"; see {result.sheet}" if result.sheet else "; --sheet FILE shows them"
    yield f"An artifact differs on {count} pictures: {names}{', ...' if count > SHOWN_PICTURES else ''}{seen}"
