"""Exact values of the statistics of repeated timings."""

from functools import partial

import pytest

from efficientmod_export.bench import Latency, Ratio
from efficientmod_export.bench._turns import take_turns


def test_latency_of_eleven_timings_in_any_order() -> None:
    times = [7.0, 1.0, 2.0, 11.0, 3.0, 4.0, 5.0, 6.0, 10.0, 8.0, 9.0]
    assert Latency.of(times) == Latency(median_ms=6.0, p90_ms=10.0, min_ms=1.0)


def test_percentiles_are_interpolated() -> None:
    assert Latency.of([1.0, 3.5]) == Latency(median_ms=2.25, p90_ms=3.25, min_ms=1.0)


def test_one_timing_is_all_of_them() -> None:
    assert Latency.of([3.5]) == Latency(3.5, 3.5, 3.5)


def test_ratios_are_taken_within_each_round() -> None:
    # The machine slows down tenfold in the last two rounds: the medians' ratio would be 10 / 4.
    ratio = Ratio.of("a", [1.0, 2.0, 3.0, 10.0, 20.0], "b", [2.0, 4.0, 4.0, 20.0, 80.0])
    assert ratio == Ratio("a", "b", median=0.5, lower=0.5, upper=0.5)


def test_quartiles_of_ratios() -> None:
    ratio = Ratio.of("a", [1.0, 2.0, 3.0, 4.0, 5.0], "b", [1.0] * 5)
    assert (ratio.lower, ratio.median, ratio.upper) == (2.0, 3.0, 4.0)


def test_unequal_rounds_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 rounds of a against 1 of b"):
        Ratio.of("a", [1.0, 2.0], "b", [1.0])


def test_every_round_has_every_contender_in_a_new_order() -> None:
    names = ["a", "b", "c", "d"]
    calls: list[str] = []
    times = take_turns({name: partial(calls.append, name) for name in names}, runs=6, warmup=3)
    assert {name: len(each) for name, each in times.items()} == dict.fromkeys(names, 6)
    assert all(time >= 0 for each in times.values() for time in each)

    warm, turns = calls[:12], calls[12:]
    assert warm == [name for name in names for _ in range(3)]
    assert turns[::2] == turns[1::2]  # each turn is a call that is not timed, and one that is
    rounds = [turns[start : start + 8 : 2] for start in range(0, len(turns), 8)]
    assert [sorted(one) for one in rounds] == [names] * 6
    assert len({tuple(one) for one in rounds}) > 1

    again: list[str] = []
    take_turns({name: partial(again.append, name) for name in names}, runs=6, warmup=3)
    assert again == calls
