"""The command-line tools that measure on a phone: how each is called, and what its output says."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from efficientmod_export.bench._result import PhoneTimes

MICROSECONDS = 1000  # in a millisecond


@dataclass(frozen=True)
class PhoneTool:
    """`arguments(model, threads, runs, warmup)` for the shell; `read(output, warmup)` is None where there is no time.

    `targets` are those whose files it runs, if it was built with the backend that the file asks for. `log_tag` is under
    what the tool writes to Android's log, where some builds of it say everything.
    """

    targets: tuple[str, ...]
    log_tag: str
    arguments: Callable[[str, int, int, int], Sequence[str]]
    read: Callable[[str, int], PhoneTimes | None]


def runner_arguments(model: str, threads: int, runs: int, warmup: int) -> list[str]:
    """`executor_runner` has no warm-up of its own: the first calls are it."""
    return [f"--model_path={model}", f"--cpu_threads={threads}", f"--num_executions={warmup + runs}"]


def read_runner(output: str, warmup: int) -> PhoneTimes | None:
    """`Iteration 3 of 55: 20.1 ms` for each call in newer versions; in others only the sum, warm-up included."""
    calls = [float(time) for time in re.findall(r"Iteration \d+ of \d+: ([\d.]+) ms", output)][warmup:]
    if calls:
        median, p90 = np.percentile(calls, (50, 90))
        return PhoneTimes(float(np.mean(calls)), min(calls), float(median), float(p90))
    found = re.search(r"Model executed successfully (\d+) time\(s\) in ([\d.]+) ms", output)
    return PhoneTimes(float(found[2]) / int(found[1])) if found else None


def benchmark_arguments(model: str, threads: int, runs: int, warmup: int) -> list[str]:
    """`benchmark_model` runs for at least a time as well; zero seconds leave it to the number of calls."""
    return [
        f"--graph={model}",
        f"--num_threads={threads}",
        "--use_xnnpack=true",
        f"--num_runs={runs}",
        "--min_secs=0",
        f"--warmup_runs={warmup}",
        "--warmup_min_secs=0",
    ]


def read_benchmark(output: str, warmup: int) -> PhoneTimes | None:  # noqa: ARG001 - warmed up in a phase of its own
    """The last `count=50 first=.. min=.. avg=.. std=..`, in microseconds; newer versions add the median."""
    lines = re.findall(r"count=\d+ .*", output)
    if not lines:
        return None
    values = {name: float(value) / MICROSECONDS for name, value in re.findall(r"(\w+)=([\d.e+]+)", lines[-1])}
    return PhoneTimes(values["avg"], values.get("min"), values.get("median")) if "avg" in values else None


PHONE_TOOLS = {
    "executor_runner": PhoneTool(("executorch", "executorch-vulkan"), "ExecuTorch", runner_arguments, read_runner),
    "benchmark_model": PhoneTool(("tflite",), "tflite", benchmark_arguments, read_benchmark),
}
"""By what the binary's file name contains."""
