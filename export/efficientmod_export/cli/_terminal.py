"""What the command line writes: sentences, tables, one error, and the progress of a work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Column, Table

from efficientmod_export import _shown
from efficientmod_export._shown import INDENT, table

if TYPE_CHECKING:
    from typing import TextIO

    from efficientmod_export._stages import ProgressReport

__all__ = ["INDENT", "aside", "detail", "err", "error", "indented", "out", "progress", "say", "table"]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def error(message: str) -> None:
    """Print one error to standard error."""
    _shown.say(err, f"[bold red]Error:[/] {escape(message)}")


def aside(markup: str) -> None:
    """Print a sentence to standard error, beside the result."""
    _shown.say(err, markup)


def say(markup: str, *, indent: int = 0) -> None:
    """Print a sentence: in a terminal broken between words, elsewhere one line."""
    _shown.say(out, markup, indent=indent)


def detail(markup: str) -> None:
    """Print a sentence below what it is about."""
    say(markup, indent=INDENT)


def indented(what: Table, columns: int) -> Padding:
    """A table that begins further to the right."""
    return Padding(what, (0, 0, 0, columns))


@contextmanager
def progress(*, shown: bool) -> Iterator[ProgressReport]:
    """Give a function that takes the name of the stage now at work.

    A terminal shows it with the time it has taken, in a line that goes away, for each target that is at work; elsewhere
    each stage is a line.
    """
    if not shown:
        yield lambda _: None
        return
    from efficientmod_export.foreign import terminal

    # It has a stream of its own, since standard error is redirected meanwhile.
    with terminal() as stream:
        if not err.is_terminal:
            yield lambda stage: print(stage, file=stream, flush=True)
            return
        with _spinner(stream) as report:
            yield report


@contextmanager
def _spinner(stream: TextIO) -> Iterator[ProgressReport]:
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    from efficientmod_export._stages import DONE

    stage_column = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
    # Rich must not replace `sys.stdout` and `sys.stderr` by objects that write to the terminal, or what converters
    # print would be shown.
    with Progress(
        SpinnerColumn(),
        stage_column,
        TimeElapsedColumn(),
        console=Console(file=stream),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        rows: dict[str, TaskID] = {}

        def show(stage: str) -> None:
            of = _subject(stage)
            if of in rows and stage.endswith(f": {DONE}"):
                bar.remove_task(rows.pop(of))
                return
            if not of or "" in rows:
                for row in rows.values():
                    bar.remove_task(row)
                rows.clear()
            if of in rows:
                bar.reset(rows[of], description=escape(stage))
            else:
                rows[of] = bar.add_task(escape(stage), total=None)

        show("starting")
        yield show


def _subject(stage: str) -> str:
    """The target that a stage is about, as in "tflite fp16: proving"; nothing where it is about none."""
    before, colon, _ = stage.partition(": ")
    return before.split()[0] if colon else ""
