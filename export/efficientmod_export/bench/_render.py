"""Print a bench's results to the terminal. Times in milliseconds."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from efficientmod_export.bench._result import BenchResult, PhoneResult, Row
from efficientmod_export.bench._statistics import Ratio

_out = Console(highlight=False)


def show_bench(result: BenchResult) -> None:
    """Print the machine and the settings, every contender, the ratios, the floor, and what was not measured."""
    settings = result.settings
    _out.print(f"[bold]{escape(result.model)}[/] at {result.size}, weights: {escape(result.weights)}", soft_wrap=True)
    busy = "" if settings.load_average is None else f", load average {settings.load_average:.1f} before"
    _out.print(f"{escape(settings.machine)}{busy}", soft_wrap=True)
    runtimes = ", ".join(dict.fromkeys(row.runtime for row in result.rows))
    _out.print(f"{runtimes}; {_threads(result.rows)}, {settings.runs} rounds", soft_wrap=True)
    _out.print(_latencies(result))
    if result.ratios:
        _out.print(_ratios(result.ratios))
    _out.print(
        f"floor: {result.floor_ms:.2f} ms, {result.macs / 1e9:.3f} GMACs at the {result.macs_per_second / 1e9:.0f} "
        f"GMAC/s of PyTorch's float32 matrix product in the same rounds",
        soft_wrap=True,
    )
    for one in result.skipped:
        _out.print(f"{one.name} not measured: {escape(one.reason)}", soft_wrap=True)


def show_phone(result: PhoneResult) -> None:
    """Print what the tool measured on the phone."""
    _out.print(f"[bold]{escape(result.model)}[/] on {escape(result.phone)}, times in ms", soft_wrap=True)
    table = Table("target", "tool", "threads", "runs", "mean", "min", "median", "p90")
    times = (result.times.mean_ms, result.times.min_ms, result.times.median_ms, result.times.p90_ms)
    numbers = (str(result.threads), str(result.runs), *map(_time, times))
    table.add_row(result.target, escape(result.tool), *numbers)
    _out.print(table)


def _threads(rows: Sequence[Row]) -> str:
    """One number where all runtimes use the same number of threads, else one for each."""
    numbers = {row.threads for row in rows}
    if len(numbers) > 1:
        return "threads: " + ", ".join(f"{row.name} {row.threads}" for row in rows)
    (number,) = numbers
    return f"{number} {'thread' if number == 1 else 'threads'} in every runtime"


def _latencies(result: BenchResult) -> Table:
    table = Table("times in ms", "", "load", "min", "median", "p90", "min to floor")
    for row in result.rows:
        times = (row.load_ms, row.latency.min_ms, row.latency.median_ms, row.latency.p90_ms)
        name = f"[bold]{row.name}[/]" if row.kind == "artifact" else row.name
        table.add_row(name, row.precision, *map(_time, times), f"{result.times_floor[row.name]:.1f}")
    return table


def _ratios(ratios: Sequence[Ratio]) -> Table:
    """A table of ratios; below 1 the first is faster."""
    table = Table("round by round", "to", "ratio", "quartiles")
    for ratio in ratios:
        table.add_row(
            f"[bold]{ratio.name}[/]",
            ratio.reference,
            f"{ratio.median:.3f}",
            f"{ratio.lower:.3f} to {ratio.upper:.3f}",
        )
    return table


def _time(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds:.2f}"
