"""Networks in 8 bits beside the same in float, and write how they come out to docs/measurements/quantised.md.

    python benchmarks/quantised.py --litert-quantizer quantizer/bin/python --keep results

A network is NAME or NAME=CHECKPOINT; without a checkpoint its weights are seeded. Of the 47 photographs in tests/data/,
every third is one for which weights are rounded; the errors are those on the others, of the file as shipped against
the float file of the same target: SQNR over all of them, the largest difference as a fraction of the range, and how
often the best class is float's, also where float's margin exceeds 3 % of the range. Beside each is what the stock tool
makes: litert-quantizer (in an environment of its own) of our float file by its dynamic recipe, ExecuTorch's
XNNPACKQuantizer of the network, static per channel and calibrated on the same photographs, coremltools of our float
file by its default. Parts are the delegate's, and the operators outside them; Core ML decides on the device. Times are
medians of ratios to the float file, in turns on one thread. Sizes are ratios to the target's float32 file.

With --keep a network whose result is there is not measured again, so that an interrupted run goes on.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from _each_network import MEASUREMENTS, Benchmark
from _networks import EFFICIENTMODS
from _photographs import MARGIN, divided, photographs
from _quantised_page import File, Result, page
from _stock_quantisers import by_coremltools, by_litert_quantizer, by_xnnpack_quantizer
from numpy.typing import NDArray
from torch import Tensor

from efficientmod_export.bench.measuring import Ratio, take_turns
from efficientmod_export.bundle import open_picture
from efficientmod_export.parity import Sample, SampleInput, torch_inputs
from efficientmod_export.quantisation import (
    Rounded,
    costliest,
    in_float,
    layer_costs,
    round_weights,
    with_static_activations,
)
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets import Artifact, Precision, find_target, input_values, runner_of
from efficientmod_export.targets.tflite import interpreter, inventory
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, deploy
from efficientmod_mobile.messages import described

ROUNDS, FEWEST, SECONDS = 20, 4, 15.0
"""Of times in turns: as many rounds as take this long, within these numbers."""
TIME_LIMIT = 3600.0
FLOAT: dict[str, Precision] = {"tflite": "fp32", "executorch": "fp32", "coreml": "fp16"}
INT8: dict[str, tuple[Precision, ...]] = {
    "tflite": ("int8-dynamic", "int8-static", "int8-weights"),
    "executorch": ("int8-dynamic",),
    "coreml": ("int8-weights", "int8-static", "palette6"),
}
NETWORKS = (
    *EFFICIENTMODS,
    "timm/tf_efficientnet_lite0",
    "timm/repvit_m0_9",
    "timm/mobilenetv2_100",
    "timm/fasternet_t0",
    "timm/mobileone_s0",
    "timm/starnet_s1",
    "timm/mobilenetv3_small_100",
    "timm/convnext_atto",
    "timm/resnet18",
    "timm/mobilenetv4_conv_small",
    "timm/vit_tiny_patch16_224",
)
IOS = 18
"""For Core ML: the first with every form."""


@dataclass(frozen=True)
class Pictures:
    """Those for which weights are rounded, as the network takes them, and the others."""

    images: tuple[tuple[Tensor, ...], ...]
    others: tuple[Sample, ...]


def examine(network: str, folder: Path, *, litert_quantizer: Path | None) -> Result:
    """Round, convert and run a network's files."""
    name, _, checkpoint = network.partition("=")
    subject = subject_of(load_network(name, checkpoint or None))
    captured = subject.capture()
    given, others = divided([_sample(subject, path) for path in photographs()])
    pictures = Pictures(tuple(map(torch_inputs, given)), tuple(others))
    files: list[File] = []
    for target in FLOAT:
        files += _of_target(target, subject, captured, pictures, folder, litert_quantizer)
    return Result(network, pictures=len(pictures.others), files=tuple(files))


def _of_target(
    target: str, subject: Subject, captured: Program, pictures: Pictures, folder: Path, litert_quantizer: Path | None
) -> Iterator[File]:
    exact = deploy(captured, find_target(target).variant(FLOAT[target]).recipe).program
    plain = _make(subject, target, FLOAT[target], exact, folder / target)
    whole = plain if FLOAT[target] == "fp32" else _make(subject, target, "fp32", exact, folder / f"{target}-fp32")
    expected = _outputs(plain, pictures.others)
    compared = partial(_compared, plain=plain, size=_size(whole.path), expected=expected, pictures=pictures)
    exact = deploy(captured, find_target(target).variant("int8").recipe).program
    to_palette: Callable[[int | None], Rounded] = cache(partial(round_weights, exact, pictures.images))
    costs = cache(lambda: layer_costs(exact, to_palette(None).program, pictures.images, round_inputs=True))
    for precision in INT8[target]:
        rounding = find_target(target).variant(precision).rounding
        assert rounding is not None
        rounded = to_palette(rounding.form.colours)
        room = rounding.form.room(exact, rounded)
        program = in_float(exact, rounded, costliest(costs(), room) if room else ()).program
        if rounding.form.inputs == "static":
            program = with_static_activations(program, pictures.images, results=rounding.form.results).program
        place = folder / f"{target}-{precision}"
        yield compared("ours", precision, partial(_make, subject, target, precision, program, place))
    stock = folder / f"{target}-stock"
    if target == "tflite" and litert_quantizer is not None:
        yield compared("litert-quantizer", "int8-dynamic", partial(by_litert_quantizer, litert_quantizer, plain, stock))
    elif target == "executorch":
        module = subject.network.module
        by_xnnpack = partial(by_xnnpack_quantizer, module, pictures.images, plain, stock)
        yield compared("XNNPACKQuantizer, static", "int8-dynamic", by_xnnpack)
    elif target == "coreml":
        yield compared("coremltools", "int8-weights", partial(by_coremltools, plain, stock))


def _compared(
    tool: str,
    precision: Precision,
    make: Callable[[], Artifact],
    *,
    plain: Artifact,
    size: int,
    expected: NDArray[np.float64],
    pictures: Pictures,
) -> File:
    """Make a file and measure it; the stock tools fail on some networks in ways of their own."""
    try:
        made = make()
        found = _outputs(made, pictures.others)
        ratio = None if made.target == "coreml" else _ratio(made, plain, pictures.others[0])
        return _measured(tool, made, found, expected, size, ratio)
    except Exception as error:
        return File(plain.target, precision, tool, described(error).splitlines()[0])


def _sample(subject: Subject, path: Path) -> Sample:
    source = open_picture(path)
    assert subject.preprocessing is not None
    pixels = subject.preprocessing.pixels(source)
    return Sample(path.stem, "photo", (SampleInput(subject.preprocessing.tensor(pixels), source, pixels),))


def _make(
    subject: Subject,
    target: str,
    precision: Precision,
    program: Program,
    folder: Path,
) -> Artifact:
    folder.mkdir()
    return find_target(target).make(program, subject.options(precision, ios=IOS), folder)


def _session(artifact: Artifact) -> Any:
    target = find_target(artifact.target)
    variant = target.variant(artifact.precision)
    (place,) = (place for place in variant.places if place.unit == "cpu")
    runtime = target.interpreter.runtime if target.interpreter else target.runtime
    return runtime.open(artifact, variant.configuration(place))


def _outputs(artifact: Artifact, samples: Sequence[Sample]) -> NDArray[np.float64]:
    """(pictures, classes)."""
    run = runner_of(_session(artifact), artifact)
    return np.concatenate([run(sample)[0].astype(np.float64) for sample in samples])


def _ratio(one: Artifact, other: Artifact, sample: Sample) -> float:
    calls: dict[str, Callable[[], object]] = {}
    for name, artifact in (("one", one), ("other", other)):
        session = _session(artifact)
        session.bind(input_values(artifact.inputs, sample))
        calls[name] = session.invoke
    began = time.perf_counter()
    for call in calls.values():
        call()
    in_time = int(SECONDS / (2 * (time.perf_counter() - began)))  # a call is made twice in a round
    times = take_turns(calls, max(FEWEST, min(ROUNDS, in_time)), 1)
    return Ratio.of("one", times["one"], "other", times["other"]).median


def _measured(
    tool: str,
    made: Artifact,
    found: NDArray[np.float64],
    expected: NDArray[np.float64],
    size: int,
    ratio: float | None,
) -> File:
    error = found - expected
    span = float(np.ptp(expected))
    best = np.sort(expected, axis=1)
    clear = (best[:, -1] - best[:, -2]) > MARGIN * span
    same = found.argmax(1) == expected.argmax(1)
    return File(
        target=made.target,
        precision=made.precision,
        tool=tool,
        parts=_parts(made),
        size=_size(made.path) / size,
        sqnr_db=float(10 * np.log10((expected**2).sum() / (error**2).sum())),
        error=float(np.abs(error).max() / span),
        agree=int(same.sum()),
        agree_beyond_margin=int((same & clear).sum()),
        beyond_margin=int(clear.sum()),
        ratio=ratio,
    )


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file()) if path.is_dir() else path.stat().st_size


def _parts(made: Artifact) -> tuple[int, int] | None:
    """Partitions and operators outside them; a stock TFLite file's are read from it, as those of ours are."""
    if made.target == "tflite":
        delegates, outside = inventory(interpreter(made.path.read_bytes()))
    elif made.delegates is not None:
        delegates, outside = made.delegates, made.outside
    else:
        return None
    return delegates, sum(int(one.rpartition("x")[2]) for one in outside)


def benchmark(litert_quantizer: Path | None) -> Benchmark[Result]:
    """Of every network."""
    return Benchmark(
        script=Path(__file__),
        description=__doc__ or "",
        networks=NETWORKS,
        kind=Result,
        examine=partial(examine, litert_quantizer=litert_quantizer),
        refused=lambda network, reason: Result(network, refusal=reason),
        page=page,
        line=lambda result: (
            result.refusal or "; ".join(f"{one.target} {one.tool} {one.sqnr_db:.1f} dB" for one in result.files)
        ),
        limit=TIME_LIMIT,
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS, help="default: all of them")
    parser.add_argument("--litert-quantizer", type=Path, metavar="PYTHON", help="an interpreter that has it")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each result; do not repeat those")
    output = MEASUREMENTS / f"{Path(__file__).stem}.md"
    parser.add_argument("--output", type=Path, default=output, help="the page")
    parser.add_argument("--note", type=Path, help=argparse.SUPPRESS)  # what the process of one network is told
    options = parser.parse_args()
    chosen = benchmark(options.litert_quantizer)
    if options.note:
        chosen.examine_here(options.networks[0], options.note)
        sys.exit()
    python = ("--litert-quantizer", options.litert_quantizer) if options.litert_quantizer else ()
    with tempfile.TemporaryDirectory() as temporary:
        results = chosen.examine_all(options.networks, options.keep or Path(temporary), *python)
    command = chosen.command(options.networks) + (" --litert-quantizer PYTHON" if python else "")
    options.output.write_text(page(results, command))


if __name__ == "__main__":
    main()
