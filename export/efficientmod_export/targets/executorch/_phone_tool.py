"""ExecuTorch's `executor_runner`."""

import re

import numpy as np

from efficientmod_export.targets._phone_tool import PhoneTimes, PhoneTool


def runner_arguments(model: str, threads: int, runs: int, warmup: int) -> list[str]:
    """`executor_runner` has no option for warm-up calls, so they are the first of the timed calls."""
    return [f"--model_path={model}", f"--cpu_threads={threads}", f"--num_executions={warmup + runs}"]


def read_runner(output: str, warmup: int) -> PhoneTimes | None:
    """Newer versions print `Iteration 3 of 55: 20.1 ms` for each call; others only the sum, including the warm-up."""
    calls = [float(time) for time in re.findall(r"Iteration \d+ of \d+: ([\d.]+) ms", output)][warmup:]
    if calls:
        median, p90 = np.percentile(calls, (50, 90))
        return PhoneTimes(float(np.mean(calls)), min(calls), float(median), float(p90))
    found = re.search(r"Model executed successfully (\d+) time\(s\) in ([\d.]+) ms", output)
    return PhoneTimes(float(found[2]) / int(found[1])) if found else None


EXECUTOR_RUNNER = PhoneTool("executor_runner", "ExecuTorch", runner_arguments, read_runner)
"""It runs files whose delegate it was built with."""
