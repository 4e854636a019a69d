"""Measures what each network form saves, and writes the tables of docs/measurements/forms.md.

    python benchmarks/forms.py                    # print the tables
    python benchmarks/forms.py --write            # and put them into docs/measurements/forms.md
    python benchmarks/forms.py --only forms       # one table: models, others or forms
    python benchmarks/forms.py timm/starnet_s1    # a row of one's own

What is compared is lowered first, then timed in one process, in turns as `efficientmod bench` takes them, so that
whatever else the machine does falls on all alike. Times are the fastest of all rounds, since a median would tell of the
machine's other work too. Weights are seeded: latency does not depend on them.
"""

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from efficientmod_export.bench.measuring import describe_machine, markdown_table, take_turns, versions
from efficientmod_export.foreign import quiet
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets import CHANNELS_FIRST, ModelFile, input_values
from efficientmod_export.targets.executorch import TARGET, inventory
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
    deploy,
)

DOCUMENT = Path(__file__).parents[1] / "docs" / "measurements" / "forms.md"
RESOLUTION = (224, 224)
THREADS = (1, 2)
VARIANT = TARGET.variant("fp32")
(CPU,) = (place for place in VARIANT.places if place.unit == "cpu")
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
    "+ the rest of XNNPACK's forms": VARIANT.recipe,
}
"""Cumulative from the fourth on."""


@dataclass(frozen=True)
class Lowered:
    """A file, the seconds of processor time that its lowering took, its delegates and what stayed outside."""

    file: ModelFile
    seconds: float
    delegates: int
    outside: int


def lower(subject: Subject, program: Program, recipe: Recipe, folder: Path) -> Lowered:
    """The seconds are those after the transforms."""
    folder.mkdir(parents=True)
    with quiet():
        if not recipe:
            return lower_plainly(subject, program, folder / VARIANT.file())
        deployed = deploy(program, recipe).program
        began = time.process_time()
        artifact = TARGET.make(deployed, subject.options(VARIANT.precision), folder)
        seconds = time.process_time() - began
    return Lowered(artifact, seconds, artifact.delegates or 0, count(artifact.outside))


def lower_plainly(subject: Subject, program: Program, path: Path) -> Lowered:
    """With the calls that ExecuTorch's guide shows, and nothing of ours."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    began = time.process_time()
    exported = torch.export.export(program.graph_module, program.examples)
    finished = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()]).to_executorch()
    path.write_bytes(finished.buffer)
    seconds = time.process_time() - began
    delegates, outside = inventory(finished.executorch_program.execution_plan[0])
    file = ModelFile(path, subject.interface.inputs, subject.interface.outputs)
    return Lowered(file, seconds, delegates, count(outside))


def count(outside: tuple[str, ...]) -> int:
    return sum(int(entry.rpartition(" x")[2]) for entry in outside)


def fastest(subject: Subject, lowered: Mapping[str, Lowered], threads: int, rounds: int) -> dict[str, float]:
    """Milliseconds of each file's fastest call of `rounds`, in turns."""
    calls = {}
    for name, one in lowered.items():
        session = TARGET.runtime.open(one.file, VARIANT.configuration(CPU, threads))
        session.bind(input_values(one.file.inputs, subject.held.samples[0]))
        calls[name] = session.invoke
    return {name: min(times) for name, times in take_turns(calls, rounds, WARM_UP).items()}


def models_table(names: Sequence[str], rounds: int, folder: Path) -> Iterator[str]:
    """Plain against the recipe, for ExecuTorch."""
    latencies = (cell for threads in THREADS for cell in (heading(threads), "ratio"))
    head = ["model", "delegates, operators outside", "lowering, s", *latencies]
    return markdown_table(head, (models_row(name, rounds, folder / name.replace("/", "-")) for name in names))


def models_row(name: str, rounds: int, folder: Path) -> list[str]:
    subject = subject_of(load_network(name, None), RESOLUTION)
    program = subject.capture()
    recipes = {"plain": PLAIN, "recipe": VARIANT.recipe}
    pair = {kind: lower(subject, program, recipe, folder / kind) for kind, recipe in recipes.items()}
    cells = [
        arrow(f"{one.delegates}, {one.outside}" for one in pair.values()),
        arrow(f"{one.seconds:.0f}" for one in pair.values()),
    ]
    for threads in THREADS:
        times = fastest(subject, pair, threads, rounds)
        cells += [arrow(f"{time:.1f}" for time in times.values()), f"{times['recipe'] / times['plain']:.2f}"]
    return [name, *cells]


def forms_table(rounds: int, folder: Path) -> Iterator[str]:
    """EfficientMod-s for ExecuTorch, form by form, all in one run."""
    subject = subject_of(load_network("efficientmod_s", None), RESOLUTION)
    program = subject.capture()
    lowered = {
        name: lower(subject, program, recipe, folder / str(index)) for index, (name, recipe) in enumerate(FORMS.items())
    }
    times = {threads: fastest(subject, lowered, threads, rounds) for threads in THREADS}
    latencies = (cell for threads in THREADS for cell in (heading(threads), "ratio"))
    rows = (
        [name, str(one.delegates), str(one.outside)]
        + [
            cell
            for threads in THREADS
            for cell in (f"{times[threads][name]:.1f}", f"{times[threads][name] / times[threads]['plain']:.2f}")
        ]
        for name, one in lowered.items()
    )
    return markdown_table(["form", "delegates", "operators outside", *latencies], rows)


def heading(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}, ms"


def arrow(values: Iterable[str]) -> str:
    return " → ".join(values)


TABLES: dict[str, tuple[str, ...]] = {"models": tuple(list_models()), "others": OTHERS, "forms": ()}
"""The tables of the document, and the networks of each; `forms` has one of its own."""


def put(name: str, table: str, rounds: int) -> None:
    """Replace the table between its two markers in the document."""
    text = DOCUMENT.read_text()
    begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    if not tail:
        raise SystemExit(f"{DOCUMENT} has no place for the table {name!r}")
    note = f"\n\n{rounds} rounds on {describe_machine()}, {versions('torch')}.\n"
    DOCUMENT.write_text(head + begin + table + note + end + tail)


def make(name: str, networks: Sequence[str], rounds: int) -> str:
    """A table; its lines are shown as they come."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        table = forms_table(rounds, Path(folder)) if name == "forms" else models_table(networks, rounds, Path(folder))
        for line in table:
            print(line, flush=True)
            lines.append(line)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", help="print one table, of these networks (default: the document's)")
    parser.add_argument("--only", choices=TABLES, action="append", help="leave the document's other tables out")
    parser.add_argument("--rounds", type=int, default=300, help="how often each file is timed (default: 300)")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCUMENT.name}")
    options = parser.parse_args()
    if options.networks:
        if options.only or options.write:
            parser.error("networks of your own are in no table of the document; leave --only and --write out")
        make("models", options.networks, options.rounds)
    for name in () if options.networks else options.only or TABLES:
        table = make(name, TABLES[name], options.rounds)
        if options.write:
            put(name, table, options.rounds)


if __name__ == "__main__":
    main()
