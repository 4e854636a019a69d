"""Measures what each network form saves, and writes the tables of docs/measurements/forms.md.

    python benchmarks/forms.py                    # print the tables
    python benchmarks/forms.py --write            # and put them into docs/measurements/forms.md
    python benchmarks/forms.py --only forms       # one table: models, others or forms

What is compared is lowered first, then timed in one process, in turns as `efficientmod bench` takes them, so that
whatever else the machine does falls on all alike. Times are the fastest of all rounds, since a median would tell of the
machine's other work too. Weights are seeded: latency does not depend on them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from efficientmod_export._recipes import CHANNELS_FIRST, RECIPES, XNNPACK
from efficientmod_export.bench._runtimes import RUNTIMES

from efficientmod_export._stages import ConversionOptions, Sample
from efficientmod_export.bench._machine import describe_machine
from efficientmod_export.bench._worker import take_turns
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import BACKENDS
from efficientmod_export.targets.executorch._convert import inventory
from efficientmod_mobile import list_models, load_network
from efficientmod_mobile.deploy import (
    EXACT,
    AttentionInProducts,
    ChannelsFirst,
    LayerPerSlice,
    NormInOperators,
    ProductsInBatches,
    Program,
    Recipe,
    Repeat,
    SplitDepthwise,
    Untile,
    capture,
    deploy,
)

DOCUMENT = Path(__file__).parent.parent / "docs" / "measurements" / "forms.md"
TARGET = "executorch"
IMAGE = (1, 3, 224, 224)
PLAIN: Recipe = ()
OTHERS = (
    "timm/convnext_atto",
    "timm/starnet_s1",
    "timm/poolformer_s12",
    "timm/fasternet_t0",
    "timm/edgenext_xx_small",
    "timm/mobilenetv3_small_100",
)
"""Networks of others, which the forms serve as well."""

WARM_UP = 5

_LAYOUT: Recipe = (NormInOperators(), AttentionInProducts(), ProductsInBatches(), Repeat((ChannelsFirst(),)))
FORMS: dict[str, Recipe] = {
    "plain": PLAIN,
    "exact folds": EXACT,
    "split depthwise kernels alone": (*EXACT, SplitDepthwise()),
    "channels first, norms in operators": (*EXACT, *_LAYOUT),
    "+ no tile": (*EXACT, Untile(), *_LAYOUT),
    "+ a layer per slice": (*EXACT, Untile(), *_LAYOUT, LayerPerSlice()),
    "+ centred streams": CHANNELS_FIRST,
    "+ split depthwise kernels": (*CHANNELS_FIRST, SplitDepthwise()),
    "+ the rest of XNNPACK's forms": XNNPACK,
}
"""Cumulative from the fourth on."""


@dataclass(frozen=True)
class Lowered:
    """A file, the seconds of processor time that its lowering took, its delegates and what stayed outside."""

    path: Path
    seconds: float
    delegates: int
    outside: int


def lower(program: Program, recipe: Recipe, folder: Path) -> Lowered:
    """The seconds are those after the transforms."""
    folder.mkdir(parents=True)
    if not recipe:
        return lower_plainly(program, folder / "model.pte")
    deployed = deploy(program, recipe).program
    began = time.process_time()
    artifact = BACKENDS[TARGET].convert(deployed, options(), folder)
    seconds = time.process_time() - began
    return Lowered(artifact.path, seconds, artifact.delegates or 0, count(artifact.outside))


def lower_plainly(program: Program, path: Path) -> Lowered:
    """With the calls that ExecuTorch's guide shows, and nothing of ours."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    began = time.process_time()
    exported = torch.export.export(program.graph_module, (program.example,))
    finished = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()]).to_executorch()
    path.write_bytes(finished.buffer)
    seconds = time.process_time() - began
    delegates, outside = inventory(finished.executorch_program.execution_plan[0])
    return Lowered(path, seconds, delegates, count(outside))


def count(outside: tuple[str, ...]) -> int:
    return sum(int(entry.rpartition(" x")[2]) for entry in outside)


def options() -> ConversionOptions:
    return ConversionOptions(
        precision="fp32",
        ios=16,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        labels=None,
        model_name="benchmark",
        description="",
    )


def timings(paths: Mapping[str, Path], threads: int, rounds: int) -> dict[str, tuple[float, ...]]:
    """Milliseconds of each file, `rounds` times, in turns."""
    pixels = np.random.default_rng(0).integers(0, 256, (*IMAGE[2:], IMAGE[1]), dtype=np.uint8)
    tensor = np.random.default_rng(0).standard_normal(IMAGE).astype(np.float32)
    sample = Sample("noise", "noise", pixels, pixels, tensor)
    load = RUNTIMES[TARGET].prepare(threads)
    return take_turns({name: load(path, sample).call for name, path in paths.items()}, rounds, WARM_UP)


def program_of(name: str) -> Program:
    return capture(load_network(name, None).module, torch.zeros(IMAGE))


def models_table(names: Sequence[str], rounds: int, folder: Path) -> str:
    """Plain against the recipe, for ExecuTorch."""
    rows = ["| model | delegates, operators outside | lowering, s | 1 thread, ms | ratio | 2 threads, ms | ratio |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name in names:
        program = program_of(name)
        pair = {
            kind: lower(program, recipe, folder / name.replace("/", "-") / kind)
            for kind, recipe in (("plain", PLAIN), ("recipe", RECIPES[TARGET]))
        }
        cells = [
            arrow(f"{pair[kind].delegates}, {pair[kind].outside}" for kind in pair),
            arrow(f"{pair[kind].seconds:.0f}" for kind in pair),
        ]
        for threads in (1, 2):
            times = timings({kind: lowered.path for kind, lowered in pair.items()}, threads, rounds)
            cells.append(arrow(f"{min(times[kind]):.1f}" for kind in pair))
            cells.append(f"{min(times['recipe']) / min(times['plain']):.2f}")
        rows.append(f"| {name} | {' | '.join(cells)} |")
        print(rows[-1], flush=True)
    return "\n".join(rows)


def forms_table(rounds: int, folder: Path) -> str:
    """EfficientMod-s for ExecuTorch, form by form, all in one run."""
    program = program_of("efficientmod_s")
    lowered = {
        name: lower(program, recipe, folder / "forms" / str(index))
        for index, (name, recipe) in enumerate(FORMS.items())
    }
    paths = {name: one.path for name, one in lowered.items()}
    times = {threads: timings(paths, threads, rounds) for threads in (1, 2)}
    rows = ["| form | delegates | operators outside | 1 thread, ms | ratio | 2 threads, ms | ratio |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, one in lowered.items():
        cells = [str(one.delegates), str(one.outside)]
        for threads in (1, 2):
            own, plain = min(times[threads][name]), min(times[threads]["plain"])
            cells += [f"{own:.1f}", f"{own / plain:.2f}"]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def arrow(values: Iterator[str]) -> str:
    return " → ".join(values)


TABLES: dict[str, Callable[[int, Path], str]] = {
    "models": lambda rounds, folder: models_table(list_models(), rounds, folder),
    "others": lambda rounds, folder: models_table(OTHERS, rounds, folder),
    "forms": forms_table,
}


def put(name: str, table: str, rounds: int) -> None:
    """Replace the table between its two markers in the document."""
    text = DOCUMENT.read_text()
    begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    if not tail:
        raise SystemExit(f"{DOCUMENT} has no place for the table {name!r}")
    note = f"\n\n{rounds} rounds on {describe_machine()}, torch {torch.__version__}.\n"
    DOCUMENT.write_text(head + begin + table + note + end + tail)


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, quiet():
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=TABLES, action="append", help="leave the other tables out")
    parser.add_argument("--rounds", type=int, default=300, help="how often each file is timed")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCUMENT.name}")
    settings = parser.parse_args()
    for name in settings.only or TABLES:
        with place() as folder:
            table = TABLES[name](settings.rounds, folder)
        print(f"\n{table}\n", flush=True)
        if settings.write:
            put(name, table, settings.rounds)


if __name__ == "__main__":
    main()
