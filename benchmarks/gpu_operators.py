"""Hold every operator that the TFLite writer emits on LiteRT's GPU against the processor.

    python benchmarks/gpu_operators.py

It writes docs/measurements/gpu_operators.md. The files are those of `gpu_cases/`: operator x axes x batch x broadcasts
x attributes. Each runs in float32 on a software Vulkan driver and by the interpreter with XNNPACK. What differs, or is
refused, must stand in the table `targets/tflite/_gpu_limits.py`; the exit code is 1 where something does not. The
results of an earlier run, cut short or not, are taken from the folder of `--keep`.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from _each_network import MEASUREMENTS
from gpu_cases import Case, cases

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.targets.tflite import interpreter
from efficientmod_export.targets.tflite.gpu import DRIVERS, GPU_LIMITS, Effect, GpuProcess, Ran, gpu_findings

PAGE = MEASUREMENTS / "gpu_operators.md"
TOLERANCE = 1e-5
"""Of the outputs' range."""
TOLERANCES = {"SIN": 5e-4, "COS": 5e-4}
"""Vulkan lets a driver err by 2 ** -11 in these."""

RIGHT = "right"


@dataclass(frozen=True)
class Result:
    """How one file came out: `outcome` is RIGHT or an Effect's text, `limit` the row of the table that tells of it."""

    operator: str
    form: str
    outcome: str
    error: float | None
    limit: str | None

    @property
    def told(self) -> bool:
        """Whether the table says what happens."""
        return self.outcome == RIGHT or self.limit is not None


def examine(case: Case, gpu: GpuProcess) -> Result:
    """Run a case on both."""
    data = case.written()
    inputs, expected = _on_processor(case, data)
    findings = gpu_findings(data)
    limit = findings[0].limit.id if findings else None
    answer = gpu.run(data, inputs)
    if not isinstance(answer, Ran):
        outcome = Effect.ENDS if "process ended" in answer.message else Effect.REFUSED
        return Result(case.operator, case.form, outcome, None, limit)
    error = max(map(_error, answer.outputs, expected))
    right = error <= (case.tolerance or TOLERANCES.get(case.operator, TOLERANCE))
    return Result(case.operator, case.form, RIGHT if right else Effect.WRONG, error, limit)


def _on_processor(case: Case, data: bytes) -> tuple[tuple[np.ndarray, ...], list[np.ndarray]]:
    loaded = interpreter(data)
    random = np.random.default_rng(0)
    inputs = []
    for detail in loaded.get_input_details():
        values = case.scale * random.standard_normal(detail["shape"])
        values = np.abs(values) + 0.5 if case.positive else values
        inputs.append(values.astype(np.float32))
        loaded.set_tensor(detail["index"], inputs[-1])
    loaded.invoke()
    return tuple(inputs), [loaded.get_tensor(detail["index"]) for detail in loaded.get_output_details()]


def _error(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference as a fraction of the expected range; infinite where other values are infinite."""
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite]) or not np.isfinite(actual[finite]).all():
        return float("inf")
    if not finite.any():
        return 0.0
    span = max(np.ptp(expected[finite]), np.abs(expected[finite]).max(), 1e-6)
    return float(np.abs(actual[finite] - expected[finite]).max() / span)


def results_of(driver: str, folder: Path) -> Iterator[Result]:
    """The result of each case, from the folder where an earlier run left it."""
    note = folder / f"{driver}.jsonl"
    known: dict[tuple[str, str], Result] = {}
    for line in note.read_text().splitlines() if note.exists() else ():
        result = Result(**json.loads(line))
        known[result.operator, result.form] = result
    with GpuProcess(DRIVERS[driver]) as gpu, note.open("a") as notes:
        for case in cases():
            found = known.get((case.operator, case.form))
            if found is None:
                found = examine(case, gpu)
                notes.write(json.dumps(asdict(found)) + "\n")
            yield found


def page(results: list[Result], driver: str, command: str) -> str:
    """The document."""
    outcomes = Counter(result.outcome for result in results)
    counted = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    untold = [result for result in results if not result.told]
    lines = [
        "# Operators on LiteRT's GPU accelerator",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}; {versions('ai-edge-litert')}, {driver}, float32.",
        "",
        f"{len(results)} files of one operator, or of two or three where the second changes what is seen of the first: "
        f"{counted}. A file is right when it differs from the processor by less than {TOLERANCE:.0e} of the outputs' "
        "range (sine and cosine: 5e-4).",
        "",
        "## What is wrong or refused",
        "",
        "The rows of `targets/tflite/_gpu_limits.py`. Right all the same: files of the kind that happen to be right; "
        "the row is wider than what happens.",
        "",
        *markdown_table(["kind", "operators", "what happens", "when", "files", "right all the same"], _rows(results)),
        "",
        "## Operators",
        "",
        *markdown_table(
            ["operator", "files", "right", "wrong", "refused", "ends the process", "largest error"], _each(results)
        ),
    ]
    if untold:
        lines += ["", "## Not in the table", ""]
        lines += [f"- {result.operator} {result.form}: {result.outcome}" for result in untold]
    return "\n".join(lines) + "\n"


def _rows(results: list[Result]) -> Iterator[list[str]]:
    for limit in GPU_LIMITS:
        mine = [result for result in results if result.limit == limit.id]
        right = sum(result.outcome == RIGHT for result in mine)
        codes = ", ".join(limit.codes) or "any"
        yield [limit.id, codes, str(limit.effect), limit.sentence, str(len(mine)), str(right or "-")]


def _each(results: list[Result]) -> Iterator[list[str]]:
    for operator in sorted({result.operator for result in results}):
        mine = [result for result in results if result.operator == operator]
        outcomes = Counter(result.outcome for result in mine)
        errors = [result.error for result in mine if result.outcome == RIGHT and result.error is not None]
        counts = [str(outcomes[outcome] or "-") for outcome in (RIGHT, *Effect)]
        yield [operator, str(len(mine)), *counts, f"{max(errors, default=0):.0e}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", choices=sorted(DRIVERS), default="SwiftShader")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the results; do not repeat those")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        results = list(results_of(options.driver, folder))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(page(results, options.driver, "python benchmarks/gpu_operators.py"))
    untold = [result for result in results if not result.told]
    for result in untold:
        print(f"{result.operator} {result.form}: {result.outcome}, and in no row of the table", file=sys.stderr)
    return 1 if untold else 0


if __name__ == "__main__":
    sys.exit(main())
