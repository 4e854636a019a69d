"""Latency by model, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from efficientmod_export.bench._result import BenchResult
from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import DependencyError, InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUP_WIDTH = 0.8  # of the distance between two models


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
    """Draw the median latency of every contender for each bundle, with the range from min to p90, and the floor.

    The suffix of `path` chooses the format (.png, .svg, .pdf). Raises DependencyError without matplotlib, InputError
    where there is nothing to draw, the format is unknown or the file cannot be written.
    """
    if not results:
        raise InputError("There is nothing to draw; bench at least one bundle.", code="no_results_to_plot")
    figure = _figure(path)
    figure.set_size_inches(max(6.0, 2.5 * len(results)), 4.5)
    _draw(figure.add_subplot(), results)
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


def _draw(axes: "Axes", results: Sequence[BenchResult]) -> None:
    """A group of bars for each bundle, together GROUP_WIDTH wide, and its floor as a line across them."""
    names = list(dict.fromkeys(row.name for result in results for row in result.rows))
    width = GROUP_WIDTH / len(names)
    for place, name in enumerate(names):
        found = [(at, row.latency) for at, result in enumerate(results) for row in result.rows if row.name == name]
        axes.bar(
            [at - GROUP_WIDTH / 2 + (place + 0.5) * width for at, _ in found],
            [one.median_ms for _, one in found],
            width,
            yerr=([one.median_ms - one.min_ms for _, one in found], [one.p90_ms - one.median_ms for _, one in found]),
            capsize=2,
            label=name,
        )
    left = [at - GROUP_WIDTH / 2 for at in range(len(results))]
    right = [start + GROUP_WIDTH for start in left]
    axes.hlines([result.floor_ms for result in results], left, right, "black", "dashed", label="floor")
    axes.set_xticks(range(len(results)), [_label(result) for result in results])
    axes.set_ylabel("latency in ms: median, min to p90")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small")


def _label(result: BenchResult) -> str:
    return f"{result.model}\n{result.size}, threads: {result.settings.threads}"
