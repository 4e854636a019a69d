"""Print a bench's results to the terminal. Times in milliseconds."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from efficientmod_export._shown import INDENT, numbers, say, table, three_digits
from efficientmod_export.bench._result import BenchResult, PhoneResult, Row
from efficientmod_export.bench._statistics import Ratio

_out = Console(highlight=False)


def show_bench(result: BenchResult) -> None:
    """Print the machine and the settings, every contender, the ratios, the floor, and what was not measured."""
    settings = result.settings
    say(_out, f"[bold]{escape(result.model)}[/] at {result.size}, weights: {escape(result.weights)}")
    busy = "" if settings.load_average is None else f", load average {settings.load_average:.1f} before"
    say(_out, f"{escape(settings.machine)}{busy}")
    runtimes = ", ".join(dict.fromkeys(row.runtime for row in result.rows))
    say(_out, f"{runtimes}; {_threads(result.rows)}, {settings.runs} rounds")
    _out.print(_latencies(result))
    if result.ratios:
        _out.print(_ratios(result.ratios))
    if result.floor_ms is not None and result.macs is not None:
        say(
            _out,
            f"floor: {result.floor_ms:.2f} ms, {result.macs / 1e9:.3f} GMACs at the "
            f"{result.macs_per_second / 1e9:.0f} GMAC/s of PyTorch's float32 matrix product in the same rounds",
        )
    for one in result.skipped:
        say(_out, f"{one.name} not measured: {escape(one.reason)}")


def show_phone(result: PhoneResult) -> None:
    """Print what the tool measured on the phone."""
    say(_out, f"[bold]{escape(result.model)}[/] on {escape(result.phone)}, {escape(result.tool)}")
    shown = table("times in ms", *numbers("threads", "runs", "mean", "min", "median", "p90"))
    times = (result.times.mean_ms, result.times.min_ms, result.times.median_ms, result.times.p90_ms)
    shown.add_row(result.target, str(result.threads), str(result.runs), *map(three_digits, times))
    _out.print(shown)


def _threads(rows: Sequence[Row]) -> str:
    """One number where all runtimes use the same number of threads, else one for each."""
    counts = {row.threads for row in rows}
    if len(counts) > 1:
        return "threads: " + ", ".join(f"{row.name} {row.threads}" for row in rows)
    (count,) = counts
    return f"{count} {'thread' if count == 1 else 'threads'} in every runtime"


def _latencies(result: BenchResult) -> Table:
    floor = ["/ floor"] if result.floor_ms is not None else []
    shown = table("times in ms", *numbers("load", "min", "median", "p90", *floor), gap=1)
    for row in result.rows:
        times = (row.load_ms, row.latency.min_ms, row.latency.median_ms, row.latency.p90_ms)
        name = f"[bold]{row.name}[/]" if row.kind == "artifact" else row.name
        beside = [f"{result.times_floor[row.name]:.1f}"] if floor else []
        shown.add_row(name, *map(three_digits, times), *beside)
    return shown


def _ratios(ratios: Sequence[Ratio]) -> Table:
    """A table of ratios, those of one contender below its name; below 1 it is faster."""
    shown = table("round by round", *numbers("ratio", "quartiles"))
    for name in dict.fromkeys(ratio.name for ratio in ratios):
        shown.add_row(f"[bold]{name}[/]", "", "")
        for ratio in ratios:
            if ratio.name == name:
                to = f"{' ' * INDENT}to {ratio.reference}"
                shown.add_row(to, f"{ratio.median:.3f}", f"{ratio.lower:.3f} to {ratio.upper:.3f}")
    return shown
