"""The progress of work on many items of one kind, with the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Column

from efficientmod_export.cli._terminal import err

if TYPE_CHECKING:
    from typing import TextIO


@contextmanager
def counted(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that takes the stage now at work, how much of it is done, and of how much; 0 of 0 where nothing
    is counted.

    A terminal shows a bar with the time left, in one line that goes away; elsewhere a line for each stage and tenth.
    """
    if not shown:
        yield lambda *_: None
        return
    from efficientmod_export.foreign import terminal

    with terminal() as stream:
        if not err.is_terminal:
            yield _Tenths(stream)
            return
        with _bar(stream) as report:
            yield report


class _Tenths:
    """Prints a line when a stage begins, and whenever another tenth of it is done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ("", 0)
        self._began = time.monotonic()
        self._from = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = (stage, 10 * done // total if total else 0)
        if now == self._last:
            return
        if stage != self._last[0]:
            self._began, self._from = time.monotonic(), done
        self._last = now
        count = f": {done} of {total}" if total else ""
        left = ""
        if self._from < done < total:
            rate = (time.monotonic() - self._began) / (done - self._from)
            left = f", {timedelta(seconds=round(rate * (total - done)))} left"
        print(f"{stage}{count}{left}", file=self._stream, flush=True)


@contextmanager
def _bar(stream: TextIO) -> Iterator[Callable[[str, int, int], None]]:
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn

    class Left(ProgressColumn):
        """How many of how many, and the time left; nothing where nothing is counted."""

        def render(self, task: Task) -> str:
            if task.total is None:
                return ""
            seconds = task.time_remaining
            left = "" if seconds is None else f" {timedelta(seconds=round(seconds))} left"
            return f"{task.completed:.0f}/{task.total:.0f}{left}"

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        BarColumn(12),
        Left(Column(no_wrap=True, min_width=20)),
        console=Console(file=stream),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("starting", total=None)
        current = ""

        def report(stage: str, done: int, total: int) -> None:
            nonlocal current
            if stage != current:  # the time left is that of this stage, from where it began
                bar.reset(task, description=escape(stage), total=total or None, completed=done)
                current = stage
            bar.update(task, completed=done)

        yield report
