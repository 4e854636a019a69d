"""Latency by model, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from efficientmod_export.bench._plan import Kind
from efficientmod_export.bench._result import BenchResult
from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import DependencyError, InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: dict[Kind, str] = {"artifact": "#1f5fa8", "plain": "#9fc3e8", "eager": "#b0b0b0"}
MEANINGS: dict[Kind, str] = {
    "artifact": "a file of the bundle",
    "plain": "plain: the same network converted without this toolkit's transforms",
    "eager": "the network in PyTorch",
}
FLOOR = "floor: the network's multiply-accumulates at the rate of a matrix product"


def check_picture(path: Path) -> None:
    """Check before the measurement that `plot_latency` can write `path`.

    Raises DependencyError without matplotlib, InputError where the format is unknown or there is no such folder.
    """
    _figure(path)
    if not path.absolute().parent.is_dir():
        raise InputError(
            f"{path} cannot be written: there is no folder {path.parent}; create it.", code="unwritable_picture"
        )


def plot_latency(results: Sequence[BenchResult], path: Path) -> None:
    """Draw the median latency of every contender for each bundle on one logarithmic scale, with the range from min to
    p90, and the floor.

    The suffix of `path` chooses the format (.png, .svg, .pdf). Raises DependencyError without matplotlib, InputError
    where there is nothing to draw, the format is unknown or the file cannot be written.
    """
    if not results:
        raise InputError("There is nothing to draw; bench at least one bundle.", code="no_results_to_plot")
    figure = _figure(path)
    _draw(figure, results)
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", code="unwritable_picture") from error


def _figure(path: Path) -> "Figure":
    """An empty figure that can be saved in the format of `path`."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DependencyError(
            f"The plot needs matplotlib, not installed here: run {pip_command('bench')}.", code="missing_package"
        ) from error
    figure = Figure(layout="constrained")
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in formats:
        raise InputError(
            f"{path} has no known picture format; end its name in one of {', '.join(sorted(formats))}.",
            code="unknown_picture_format",
        )
    return figure


def _draw(figure: "Figure", results: Sequence[BenchResult]) -> None:
    """A panel for each bundle, below each other, as high as it has bars."""
    heights = [len(result.rows) for result in results]
    figure.set_size_inches(9.0, 2.0 + 0.32 * sum(heights) + 0.6 * len(results))
    panels = figure.subplots(len(results), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, result in zip(panels, results, strict=True):
        _draw_bundle(axes, result)
    lowest = min(value for result in results for value in _values(result))
    highest = max(value for result in results for value in _values(result))
    _scale(panels[-1])
    panels[-1].set_xlim(0.6 * lowest, 2.2 * highest)  # room for the numbers behind the longest bar
    panels[-1].set_xlabel("latency in ms, logarithmic: median, and the range from min to p90")
    figure.suptitle("\n".join(dict.fromkeys(map(_conditions, results))), fontsize="medium", wrap=True)
    handles = {label: one for axes in panels for one, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles, loc="outside lower left", fontsize="small", frameon=False)


def _scale(axes: "Axes") -> None:
    """A logarithmic axis with numbers at 1, 2, 5, 10, 20, ..."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _draw_bundle(axes: "Axes", result: BenchResult) -> None:
    """A bar for each contender, the first on top, with its median behind it."""
    for kind in COLOURS:
        found = [(place, row.latency) for place, row in enumerate(result.rows) if row.kind == kind]
        if not found:
            continue
        places, latencies = zip(*found, strict=True)
        below = [one.median_ms - one.min_ms for one in latencies]
        above = [one.p90_ms - one.median_ms for one in latencies]
        medians = [one.median_ms for one in latencies]
        axes.barh(places, medians, 0.7, xerr=(below, above), capsize=2, color=COLOURS[kind], label=MEANINGS[kind])
        for place, one in found:
            axes.annotate(
                f"{one.median_ms:.3g} ms",
                (max(one.median_ms, one.p90_ms), place),
                (5, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
            )
    if result.floor_ms is not None:
        axes.axvline(result.floor_ms, color="black", linestyle="dashed", linewidth=1, label=FLOOR)
    axes.set_yticks(range(len(result.rows)), [row.name for row in result.rows])
    axes.invert_yaxis()
    axes.set_title(f"{result.model}, {result.size}", loc="left", fontsize="medium")
    axes.spines[["top", "right"]].set_visible(False)


def _values(result: BenchResult) -> list[float]:
    floor = [] if result.floor_ms is None else [result.floor_ms]
    return [*floor, *(value for row in result.rows for value in (row.latency.min_ms, row.latency.p90_ms))]


def _conditions(result: BenchResult) -> str:
    settings = result.settings
    threads = f"{settings.threads} {'thread' if settings.threads == 1 else 'threads'}"
    return f"{settings.machine}; {threads}, {settings.runs} rounds"
