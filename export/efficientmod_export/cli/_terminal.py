"""The terminal: standard output and error, one error, and the progress of a long work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from efficientmod_export._stages import ProgressReport

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def error(message: str) -> None:
    """Print one error to standard error."""
    err.print(f"[bold red]Error:[/] {escape(message)}", soft_wrap=True)


@contextmanager
def progress(*, shown: bool) -> Iterator[ProgressReport]:
    """Give a function that takes the name of the stage now at work, and show it with the time it has taken, in a
    terminal.
    """
    if not (shown and err.is_terminal):
        yield lambda _: None
        return
    from efficientmod_export.foreign import terminal

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    # It has a stream of its own, since standard error is redirected meanwhile. Rich must not replace `sys.stdout` and
    # `sys.stderr` by objects that write there too, or what converters print would be shown.
    with (
        terminal() as stream,
        Progress(
            *columns, console=Console(file=stream), transient=True, redirect_stdout=False, redirect_stderr=False
        ) as bar,
    ):
        task = bar.add_task("starting", total=None)
        yield lambda stage: bar.reset(task, description=escape(stage))
