"""Latencies side by side: of the configurations on one device, and of one configuration on two devices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from efficientmod_export._plain import PlainRecord
from efficientmod_export.report._summary import Row, Summary


@dataclass(frozen=True)
class Side(PlainRecord):
    """One side of a comparison: a configuration, its device's name, and the report's file."""

    configuration: str
    device: str
    file: str


@dataclass(frozen=True)
class Comparison(PlainRecord):
    """Two latencies. `ratio` is the first's median over the second's; None where they are not alike.

    `clear` is whether the medians of all rounds of one are below those of the other; None with fewer than two rounds
    on a side. `differences` says what is not alike.
    """

    first: Side
    second: Side
    ratio: float | None
    clear: bool | None
    differences: tuple[str, ...]


def compare_reports(summaries: Sequence[Summary]) -> tuple[Comparison, ...]:
    """On each device every configuration beside the fastest; then each configuration on every two devices."""
    return (*_within(summaries), *_across(summaries))


def _within(summaries: Sequence[Summary]) -> Iterator[Comparison]:
    for summary in summaries:
        rows = sorted((row for row in summary.rows if row.counts), key=_median)
        yield from (_compare((summary, row), (summary, rows[0])) for row in rows[1:])


def _across(summaries: Sequence[Summary]) -> Iterator[Comparison]:
    for first, second in combinations(summaries, 2):
        for row in first.rows:
            for other in second.rows:
                if row.name == other.name and row.latency is not None and other.latency is not None:
                    yield _compare((second, other), (first, row))


def _compare(first: tuple[Summary, Row], second: tuple[Summary, Row]) -> Comparison:
    (mine, row), (theirs, other) = first, second
    differences = list(row.surroundings.differences(other.surroundings))
    if row.name == other.name and row.artifact_sha256 != other.artifact_sha256:
        differences.append("the artifact's file")
    differences += [f"{one.state} on {summary.name}" for summary, one in (first, second) if one.state != "measured"]
    return Comparison(
        first=Side(row.name, mine.name, mine.file),
        second=Side(other.name, theirs.name, theirs.file),
        ratio=None if differences else _median(row) / _median(other),
        clear=None if differences else _clear(row.rounds_p50_ms, other.rounds_p50_ms),
        differences=tuple(differences),
    )


def _median(row: Row) -> float:
    if row.latency is None:
        raise ValueError(f"{row.name} has no latency")
    return row.latency.p50_ms


def _clear(first: Sequence[float], second: Sequence[float]) -> bool | None:
    if min(len(first), len(second)) < 2:
        return None
    return max(first) < min(second) or max(second) < min(first)
