"""A command-line tool that measures on a phone: its arguments, and how its output is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PhoneTimes:
    """Milliseconds of a call; None where the tool does not report them."""

    mean_ms: float
    min_ms: float | None = None
    median_ms: float | None = None
    p90_ms: float | None = None


@dataclass(frozen=True)
class PhoneTool:
    """`name` is contained in the binary's file name; `log_tag` is its tag in Android's log, to which some builds write
    all their output.

    `arguments(model, threads, runs, warmup)` are for the shell; `read(output, warmup)` is None where the output has no
    times.
    """

    name: str
    log_tag: str
    arguments: Callable[[str, int, int, int], Sequence[str]]
    read: Callable[[str, int], PhoneTimes | None]
