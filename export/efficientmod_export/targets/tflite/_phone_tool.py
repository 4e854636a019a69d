"""LiteRT's `benchmark_model`."""

import re

from efficientmod_export.targets._phone_tool import PhoneTimes, PhoneTool

MICROSECONDS = 1000  # in a millisecond


def benchmark_arguments(model: str, threads: int, runs: int, warmup: int) -> list[str]:
    """`benchmark_model` also has a least time; with zero seconds only the number of calls counts."""
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


BENCHMARK_MODEL = PhoneTool("benchmark_model", "tflite", benchmark_arguments, read_benchmark)
