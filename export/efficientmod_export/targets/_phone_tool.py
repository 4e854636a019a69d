"""A command-line tool that measures on a phone: how it is called, and what its output says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PhoneTimes:
    """Milliseconds of a call; None what the tool does not tell."""

    mean_ms: float
    min_ms: float | None = None
    median_ms: float | None = None
    p90_ms: float | None = None


@dataclass(frozen=True)
class PhoneTool:
    """`name` is contained in the binary's file name; `log_tag` is under what it writes to Android's log, where some
    builds of it say everything.

    `arguments(model, threads, runs, warmup)` for the shell; `read(output, warmup)` is None where there is no time.
    """

    name: str
    log_tag: str
    arguments: Callable[[str, int, int, int], Sequence[str]]
    read: Callable[[str, int], PhoneTimes | None]
