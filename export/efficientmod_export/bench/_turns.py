"""Timings in rounds of all contenders, so that a temporary slowdown of the machine affects all alike."""

import gc
import random
import time
from collections.abc import Callable, Mapping

ORDER_SEED = 0
PAUSE = 0.010
"""Seconds before each call. A runtime's threads spin for some milliseconds after a call and would slow the next one."""

Call = Callable[[], object]


def take_turns(calls: Mapping[str, Call], runs: int, warmup: int) -> dict[str, tuple[float, ...]]:
    """Milliseconds of each call in each of `runs` rounds; every round runs all of them, in a new order."""
    for call in calls.values():
        for _ in range(warmup):
            call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    order, shuffler = list(calls), random.Random(ORDER_SEED)
    gc.collect()
    gc.disable()
    try:
        for _ in range(runs):
            shuffler.shuffle(order)
            for name in order:
                times[name].append(_time(calls[name]))
    finally:
        gc.enable()
    return {name: tuple(each) for name, each in times.items()}


def _time(call: Call) -> float:
    """Milliseconds of a call whose data are in the caches, since the same call ran just before."""
    time.sleep(PAUSE)
    call()
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1e6
