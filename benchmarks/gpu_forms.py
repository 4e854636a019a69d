"""Measure what the forms for GPUs cost the processor, and write docs/measurements/gpu_forms.md.

    python benchmarks/gpu_forms.py

A TFLite file serves both. Each form that a file has for a GPU's sake is undone in it (`_undone_forms.py`), or left out
of the recipe; the two files give the same, and run in turns on one thread. Its processor time is taken, which other
work of the machine disturbs little, and of all rounds the tenth part that is fastest. What a GPU would save is counted:
operators, and the bytes that they read and write.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import flatbuffers
import numpy as np
from _each_network import MEASUREMENTS
from _undone_forms import FORMS, traffic
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export.bench.measuring import Notes, describe_machine, markdown_table, versions
from efficientmod_export.foreign import quiet
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets.tflite import TARGET, interpreter
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import LargeNorms, LargeQuotients, Recipe, Transform, deploy

PAGE = MEASUREMENTS / "gpu_forms.md"
RECIPE: Recipe = TARGET.variant("fp32").recipe
LEFT_OUT: dict[str, Transform[Any]] = {
    "norms of large numbers": LargeNorms(),
    "quotients of large numbers": LargeQuotients(),
}
NETWORKS = (
    "efficientmod_xxs", "efficientmod_s", "timm/convnext_atto", "timm/fasternet_t0", "timm/edgenext_xx_small",
    "timm/vit_tiny_patch16_224", "timm/swin_tiny_patch4_window7_224", "timm/efficientformerv2_s0",
    "timm/gmlp_ti16_224", "timm/convit_tiny", "timm/poolformerv2_s12", "timm/efficientvit_b0", "timm/mobilevit_xxs",
)  # fmt: skip
"""Each form is in some of them."""

MOST = 1.02
"""Of the processor's time without a form."""
SAME = 1e-4


@dataclass(frozen=True)
class Result:
    """A form in a network: how often, milliseconds with it and without, operators and bytes of both."""

    network: str
    form: str
    count: int
    milliseconds: tuple[float, float]
    operators: tuple[int, int]
    bytes: tuple[int, int]

    @property
    def ratio(self) -> float:
        return self.milliseconds[0] / self.milliseconds[1]


@dataclass(frozen=True)
class Network:
    """What is kept of a network."""

    results: tuple[Result, ...]


def examine(name: str, rounds: int) -> Network:
    with quiet(), TemporaryDirectory() as folder:
        subject = subject_of(load_network(name, None))
        data = _file(subject, RECIPE, folder)
        undone = [(form, *_undone(data, form)) for form in FORMS]
        for form, kind in LEFT_OUT.items():
            plain = tuple(part for part in RECIPE if part != kind)
            steps = deploy(subject.capture(), RECIPE).certificate.steps
            count = sum(step.applied for step in steps if step.transform == kind.name)
            undone.append((form, count, _file(subject, plain, folder) if count else b""))
        return Network(tuple(_compared(name, data, rounds, *one) for one in undone if one[1]))


def _file(subject: Subject, recipe: Recipe, folder: str) -> bytes:
    program = deploy(subject.capture(), recipe).program
    return TARGET.make(program, subject.options("fp32"), Path(folder)).path.read_bytes()


def _undone(data: bytes, form: str) -> tuple[int, bytes]:
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    count = FORMS[form](model)
    model.signatureDefs = None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return count, bytes(builder.Output())


def _compared(network: str, data: bytes, rounds: int, form: str, count: int, other: bytes) -> Result:
    loaded = [interpreter(one) for one in (data, other)]
    random = np.random.default_rng(0)
    shapes = [detail["shape"] for detail in loaded[0].get_input_details()]
    values = [random.random(shape, np.float32) for shape in shapes]
    for one in loaded:
        for detail, value in zip(one.get_input_details(), values, strict=True):
            one.set_tensor(detail["index"], value)
        one.invoke()
    results = [one.get_tensor(one.get_output_details()[0]["index"]) for one in loaded]
    error = float(np.abs(results[0] - results[1]).max() / np.ptp(results[1]))
    if error > SAME:
        raise SystemExit(f"{network}: without {form} the file gives something else ({error:.1e} of the range)")
    times = _processor_times([one.invoke for one in loaded], rounds)
    sizes = [traffic(schema.ModelT.InitFromPackedBuf(one, 0)) for one in (data, other)]
    return Result(
        network,
        form,
        count,
        times,
        (sizes[0][0], sizes[1][0]),
        (sizes[0][1], sizes[1][1]),
    )


def _processor_times(calls: Sequence[Callable[[], None]], rounds: int) -> tuple[float, float]:
    """Milliseconds of this thread that two calls take, in turns: the mean of the fastest tenth of all rounds."""
    taken: list[list[float]] = [[] for _ in calls]
    order, shuffler = list(range(len(calls))), Random(0)
    for _ in range(rounds):
        shuffler.shuffle(order)
        for place in order:
            calls[place]()  # so that its data are in the caches
            began = time.thread_time_ns()
            calls[place]()
            taken[place].append((time.thread_time_ns() - began) / 1e6)
    first, second = (fmean(sorted(each)[: max(rounds // 10, 1)]) for each in taken)
    return first, second


def page(results: Sequence[Result], rounds: int, command: str) -> str:
    """The document."""
    worst = max(results, key=lambda one: one.ratio)
    over = [one for one in results if one.ratio > MOST]
    lines = [
        "# What the forms for GPUs cost the processor",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}; {versions('ai-edge-litert')}, one thread: its processor time, the mean of the "
        f"fastest tenth of {rounds} rounds in turns. The machine does other work meanwhile, so that a hundredth of a "
        "ratio is not certain.",
        "",
        "A file serves both. Without: the same file with the form undone, which gives the same. Operators and MB: what "
        "a GPU runs, reads and writes, each operator counted as a kernel; → leads from without to with.",
        "",
        f"The largest ratio is {worst.ratio:.3f}, of {worst.form} in {worst.network}; {len(over)} of {len(results)} "
        f"are over {MOST}.",
        "",
        *markdown_table(
            ["form", "network", "times", "without, ms", "with, ms", "ratio", "operators", "MB"], map(_row, results)
        ),
        "",
        "Not in the table, since they cost nothing: a division by constants as a product with their reciprocals (a "
        "processor divides more slowly), and shapes of two axes in place of one. Nor the transpositions in steps of at "
        "most four axes, which XNNPACK needed as well before TensorFlow Lite 2.12.",
    ]
    return "\n".join(lines) + "\n"


def _row(one: Result) -> list[str]:
    with_it, without = one.milliseconds
    numbers = [str(one.count), f"{without:.2f}", f"{with_it:.2f}", f"{one.ratio:.3f}"]
    operators = f"{one.operators[1]} → {one.operators[0]}"
    return [one.form, one.network, *numbers, operators, " → ".join(f"{size / 1e6:.1f}" for size in one.bytes[::-1])]


def measured(networks: Sequence[str], rounds: int, keep: Path) -> Iterator[Result]:
    """Each network, or what an earlier run kept of it."""
    notes = Notes(keep, Network)
    for name in networks:
        found = notes.read(name)
        if found is None:
            found = examine(name, rounds)
            notes.write(name, found)
        for one in found.results:
            print(*_row(one), sep="  ", file=sys.stderr)
        yield from found.results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS, help="default: those of the page")
    parser.add_argument("--rounds", type=int, default=200, help="how often each file is timed (default: 200)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the results; do not repeat those")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        results = list(measured(options.networks, options.rounds, options.keep or Path(temporary)))
    order = [*FORMS, *LEFT_OUT]
    results.sort(key=lambda one: order.index(one.form))
    options.output.write_text(page(results, options.rounds, "python benchmarks/gpu_forms.py"))


if __name__ == "__main__":
    main()
