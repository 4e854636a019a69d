"""The page's plots. Positions are in percent, so that a plot fits any width and its texts keep their size."""

from collections.abc import Sequence
from dataclasses import dataclass

from efficientmod_export._shown import three_digits
from efficientmod_export.report._accuracy import ArtifactAccuracy
from efficientmod_export.report._summary import Row
from efficientmod_export.report.page._html import Html, div, element, span
from efficientmod_export.report.page._scale import Linear, Logarithmic

SERIES = 6
"""Colours of devices; the next one has the first colour again."""
CLOSE = (14.0, 12.0)
"""Percent of the axes within which two numbers would overlap on a phone."""


def percentile_rows(rows: Sequence[Row]) -> Html:
    """Of each row a bar from the median to the 99th percentile (or the 90th), on one axis from zero."""
    ends = [value for row in rows if row.latency for value in (row.latency.p90_ms, row.latency.p99_ms or 0.0)]
    scale = Linear.around(ends)
    return div("strips", *(_percentile_row(row, scale) for row in rows), _axis(scale, "ms"))


def parity_rows(rows: Sequence[Row]) -> Html:
    """Of each row its error beside its limit, on one logarithmic axis."""
    values = [value for row in rows for value in (row.error, row.limit) if value is not None]
    scale = Logarithmic.around(values)
    return div("strips", *(_parity_row(row, scale) for row in rows), _axis(scale, "of the output's range"))


def sustained_plot(row: Row) -> Html:
    """The median of each ten seconds over time, before the thermal states."""
    seconds = [window.start_s + 5.0 for window in row.windows]
    times = [window.p50_ms for window in row.windows]
    across, up = Linear.around([seconds[-1] / 60]), Linear.around(times)
    bands = [
        span(
            f"band {one.state}",
            span("band-name", one.state),
            style=f"left:{_clamped(across.place(one.start_s / 60)):.2f}%;"
            f"right:{100 - _clamped(across.place(one.end_s / 60)):.2f}%",
        )
        for one in row.heat
    ]
    points = " ".join(
        f"{across.place(second / 60):.2f},{100 - up.place(time):.2f}"
        for second, time in zip(seconds, times, strict=True)
    )
    line = element("polyline", points=points, vector_effect="non-scaling-stroke")
    curve = element("svg", line, viewBox="0 0 100 100", preserveAspectRatio="none", aria_hidden="true")
    return _plot(across, up, "minutes", "ms", *bands, curve)


@dataclass(frozen=True)
class AccuracyPoint:
    """One configuration's latency beside its artifact's accuracy; `series` numbers the devices from 0."""

    label: str
    series: int
    p50_ms: float
    accuracy: ArtifactAccuracy


def accuracy_plot(points: Sequence[AccuracyPoint]) -> Html:
    """Top-1 over the median latency; the lines are 95 % intervals."""
    across = Linear.around([point.p50_ms for point in points])
    bounds = [100 * bound for point in points for bound in point.accuracy.interval]
    up = Linear.around(bounds, from_zero=False)
    marks = [_accuracy_mark(point, across, up) for point in points]
    return _plot(across, up, "ms, median", "top-1 %", *marks, *_numbers(points, across, up))


def _accuracy_mark(point: AccuracyPoint, across: Linear, up: Linear) -> Html:
    low, high = (up.place(100 * bound) for bound in point.accuracy.interval)
    left, bottom = _place(point, across, up)
    line = span("interval", style=f"left:{left:.2f}%;bottom:{low:.2f}%;height:{high - low:.2f}%")
    text = f"{point.label}: {three_digits(point.p50_ms)} ms, {100 * point.accuracy.top1:.1f} % of {point.accuracy.n}"
    dot = span(f"point series-{point.series % SERIES}", style=f"left:{left:.2f}%;bottom:{bottom:.2f}%", title=text)
    return div("mark", line, dot)


def _numbers(points: Sequence[AccuracyPoint], across: Linear, up: Linear) -> list[Html]:
    """The points' numbers from 1 on; points that are close to each other share a place for theirs."""
    places: dict[tuple[float, float], list[str]] = {}
    for number, point in enumerate(points, 1):
        left, bottom = _place(point, across, up)
        near = [(x, y) for x, y in places if abs(x - left) < CLOSE[0] and abs(y - bottom) < CLOSE[1]]
        places.setdefault(near[0] if near else (left, bottom), []).append(str(number))
    return [
        span("tag", ", ".join(numbers), style=f"left:{left:.2f}%;bottom:{bottom:.2f}%")
        for (left, bottom), numbers in places.items()
    ]


def _place(point: AccuracyPoint, across: Linear, up: Linear) -> tuple[float, float]:
    return across.place(point.p50_ms), up.place(100 * point.accuracy.top1)


def _percentile_row(row: Row, scale: Linear) -> Html:
    latency = row.latency
    if latency is None:
        return Html("")
    end = latency.p99_ms or latency.p90_ms
    marks = [
        span("bar", style=f"left:0;width:{scale.place(latency.p50_ms):.2f}%"),
        span("tail", style=f"left:{scale.place(latency.p50_ms):.2f}%;width:{scale.place(end - latency.p50_ms):.2f}%"),
        span("tick", style=f"left:{scale.place(latency.p90_ms):.2f}%", title="p90"),
    ]
    numbers = [span("main", three_digits(latency.p50_ms)), span("unit", " ms")]
    others = [("p90", latency.p90_ms), ("p99", latency.p99_ms)]
    more = ", ".join(f"{name} {three_digits(value)}" for name, value in others if value is not None)
    kind = "strip" if row.counts else "strip void"
    note = () if row.counts else (span("chip void", "void"),)
    return div(kind, _label(row, *note), div("track", *marks), div("value", *numbers, span("more", more)))


def _parity_row(row: Row, scale: Logarithmic) -> Html:
    if row.error is None or row.limit is None:
        return div("strip", _label(row, _chip(row)), div("track empty"), div("value", "-"))
    limit = scale.place(row.limit)
    passed = row.error <= row.limit
    marks = [
        span("beyond", style=f"left:{limit:.2f}%"),
        span("limit", style=f"left:{limit:.2f}%", title=f"limit {row.limit:.1e}"),
        span(f"dot {'good' if passed else 'bad'}", style=f"left:{scale.place(row.error):.2f}%"),
    ]
    numbers = [span("main", f"{row.error:.1e}"), span("more", f"limit {row.limit:.1e}")]
    return div("strip", _label(row, _chip(row)), div("track line", *marks), div("value", *numbers))


def _label(row: Row, *more: Html) -> Html:
    variant, *place = row.name.split(":")
    if place[2:]:
        place[2] += " threads" if place[2] != "1" else " thread"
    return div("label", span("name", variant), *more, span("place", " \u00b7 ".join(place)))


def _chip(row: Row) -> Html:
    return span(f"chip {row.state}", row.state)


def _axis(scale: Linear | Logarithmic, unit: str) -> Html:
    names = [span("at", name, style=f"left:{scale.place(value):.2f}%") for value, name in scale.names()]
    return div("strip axis", div("label"), div("track", *names), div("value", span("more", unit)))


def _plot(across: Linear, up: Linear, across_unit: str, up_unit: str, *content: str) -> Html:
    lines = [span("rule", style=f"bottom:{up.place(value):.2f}%") for value, _ in up.names()]
    ups = [span("up", name, style=f"bottom:{up.place(value):.2f}%") for value, name in up.names()]
    names = [span("across", name, style=f"left:{across.place(value):.2f}%") for value, name in across.names()]
    units = [span("up-unit", up_unit), span("across-unit", across_unit)]
    return div("plot", div("area", *lines, *content, *ups, *names), *units)


def _clamped(percent: float) -> float:
    return min(max(percent, 0.0), 100.0)
