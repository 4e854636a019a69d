"""Sentences and tables for a terminal of any width."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table

INDENT = 4


def say(console: Console, markup: str, *, indent: int = 0) -> None:
    """Print a sentence: in a terminal broken between words, elsewhere one line."""
    if console.is_terminal:
        console.print(Padding(markup, (0, 0, 0, indent)))
    else:
        console.print(f"{' ' * indent}{markup}", soft_wrap=True)


def table(*columns: str | Column, gap: int = 2) -> Table:
    """A table without lines, whose cells are not cut as long as they fit into 60 columns."""
    whole = [Column(column, no_wrap=True) if isinstance(column, str) else column for column in columns]
    return Table(*whole, box=None, padding=(0, gap, 0, 0), pad_edge=False)


def numbers(*names: str) -> list[Column]:
    """Columns of numbers, which end below each other."""
    return [Column(name, justify="right", no_wrap=True) for name in names]


def three_digits(value: float | None) -> str:
    """A number of a table; "-" where there is none."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
