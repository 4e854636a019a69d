"""Time the main job, every target converted and proven, beside the vendors' own calls without any proof, and write
docs/measurements/main_job.md.

    python benchmarks/main_job.py efficientmod_s

The rivals are coremltools, ExecuTorch (for XNNPACK) and torch.onnx, each as its documentation calls it, one after the
other, each in a process of its own. Ours is `efficientmod export --target all --unit cpu`: Core ML, ExecuTorch and
TFLite, proven on the processor or interpreted. Both are timed from the start of their processes to the end, in turns.
Memory is the largest sum over a job's processes of what is theirs alone or their share of what they hold together
(PSS). Needs psutil.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from efficientmod_export.bench.measuring import describe_machine, load_average, markdown_table, versions

PAGE = Path(__file__).parents[1] / "docs" / "measurements" / "main_job.md"
BUILD = """
import sys, torch
from efficientmod_mobile import create_model
model = create_model(sys.argv[1]).eval()
example = (torch.rand(1, 3, 224, 224),)
program = torch.export.export(model, example)
"""
VENDORS = {
    "coremltools": """
import coremltools
given = coremltools.TensorType(name="image", shape=example[0].shape)
coremltools.convert(program.run_decompositions({}), inputs=[given], minimum_deployment_target=coremltools.target.iOS16
                    ).save("model.mlpackage")
""",
    "ExecuTorch": """
from pathlib import Path
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()]).to_executorch()
Path("model.pte").write_bytes(lowered.buffer)
""",
    "torch.onnx": """
torch.onnx.export(model, example, "model.onnx", dynamo=True)
""",
}
SAMPLED_EVERY = 0.2


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and the largest memory in bytes."""

    seconds: float
    memory: int


def measured(command: Sequence[str], folder: Path) -> Took:
    """Run a command to its end. Raises CalledProcessError where it fails."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        largest = [0]
        watch = threading.Thread(target=_watch, args=(process, largest))
        watch.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - began
        watch.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Took(seconds, largest[0])


def _watch(process: "subprocess.Popen[str]", largest: list[int]) -> None:
    while process.poll() is None:
        largest[0] = max(largest[0], _memory(process.pid))
        time.sleep(SAMPLED_EVERY)


def _memory(pid: int) -> int:
    """Of a process and all below it; what has just ended counts nothing."""
    try:
        first = psutil.Process(pid)
        return sum(one.memory_full_info().pss for one in (first, *first.children(recursive=True)))
    except psutil.Error:
        return 0


def ours(model: str) -> Callable[[Path], dict[str, Took]]:
    """The export of every target, as a user types it."""
    program = str(Path(sys.executable).with_name("efficientmod"))
    command = [program, "export", "--model", model, "--target", "all", "--unit", "cpu", "--output", "out"]
    return lambda folder: {"efficientmod export": measured(command, folder)}


def theirs(model: str) -> Callable[[Path], dict[str, Took]]:
    """The vendors' calls, one after the other."""
    return lambda folder: {
        name: measured([sys.executable, "-W", "ignore", "-c", BUILD + calls, model], folder)
        for name, calls in VENDORS.items()
    }


def rows(model: str, rounds: int) -> list[list[str]]:
    """A row for a network: seconds and memory of both, and the ratios of their times."""
    jobs = {"ours": ours(model), "theirs": theirs(model)}
    results: dict[str, list[dict[str, Took]]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            with tempfile.TemporaryDirectory(prefix="main-job-") as folder:
                results[name].append(job(Path(folder)))
    totals = {name: [sum(took.seconds for took in one.values()) for one in each] for name, each in results.items()}
    ratios = [own / other for own, other in zip(totals["ours"], totals["theirs"], strict=True)]
    parts = [f"{name} {median(one[name].seconds for one in results['theirs']):.0f} s" for name in VENDORS]
    memory = {name: max(took.memory for one in each for took in one.values()) / 1e9 for name, each in results.items()}
    shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    return [
        [
            model,
            f"{median(totals['ours']):.0f} s",
            f"{median(totals['theirs']):.0f} s ({', '.join(parts)})",
            f"**{median(ratios):.2f}** ({shown})",
            f"{memory['ours']:.1f} GB",
            f"{memory['theirs']:.1f} GB",
        ]
    ]


def main() -> None:
    """Measure the networks named, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", metavar="NETWORK", help="an EfficientMod of the catalogue")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="each job so often, in turns (3)")
    given = parser.parse_args()
    load = load_average()
    columns = ["network", "ours, proven", "the vendors' calls", "ratio (each round)", "memory, ours", "memory, theirs"]
    table = [row for network in given.networks for row in rows(network, given.rounds)]
    tools = versions("torch", "coremltools", "executorch", "onnxscript", "ai-edge-litert")
    PAGE.write_text(
        "# The main job's time\n\nWritten by\n\n"
        f"    python benchmarks/main_job.py {' '.join(given.networks)} --rounds {given.rounds}\n\n"
        f"on {describe_machine()}; {tools}; load average at the start {load}.\n"
        "What is done is in the script's `--help`.\n\n" + "\n".join(markdown_table(columns, table)) + "\n"
    )


if __name__ == "__main__":
    main()
