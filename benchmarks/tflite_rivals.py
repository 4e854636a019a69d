"""Measure our .tflite beside the files that other converters make of the same network, and write the table.

Ours is what `efficientmod-export --target tflite` ships. onnx2tf gets the ONNX export of the untransformed network,
litert-torch its torch.export, both with the same normalisation in front, since every file takes pixels / 255. They are
installed by you, each in an environment of its own, whose interpreter is given:

    python3.12 -m venv onnx2tf && onnx2tf/bin/pip install onnx2tf
    python3 -m venv litert    && litert/bin/pip install litert-torch torch==2.13.0   # the torch that is installed here
    python benchmarks/tflite_rivals.py --all --onnx2tf onnx2tf/bin/python --litert-torch litert/bin/python

Weights are seeded ones of realistic scale. Every file is held against PyTorch on five pictures within a bundle's own
limits; one that breaks them has no ratio. When all networks are converted, the files of each are loaded into LiteRT
with XNNPACK in one process, one thread, float32, and called in turns: a ratio is the median over the rounds of the two
times of one round.

The floor of a ratio is what it would be if our file took no time but that of its multiply-accumulates, each at the rate
of the fastest matrix product in the same runtime. No file of the same arithmetic can be below it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from _converters import LITERT_TORCH, ONNX2TF, CannotConvert, Rival, save_for_torch
from _each_network import MEASUREMENTS, largest_error
from _litert import AnyLayout, macs, operators, peak
from _networks import EFFICIENTMODS, OTHERS
from _rivals_page import OURS, File, Result, latency_row, page

from efficientmod_export.bench.measuring import Notes, load_average, take_turns
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import MeasuredWith, measure
from efficientmod_export.steps import Held, Subject, subject_of, with_noise
from efficientmod_export.targets import for_pixels, runtime_version, to_onnx
from efficientmod_export.targets.tflite import TARGET, interpreter
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, deploy
from efficientmod_mobile.errors import EfficientModError

PAGE = MEASUREMENTS / "tflite_rivals.md"
VARIANT = TARGET.variant("fp32")
(CPU,) = (place for place in VARIANT.places if place.unit == "cpu")
WARM_UP = 3


def convert(network: str, rivals: dict[str, Rival], folder: Path) -> Result:
    """Convert with everyone into `folder`, and prove every file."""
    subject = subject_of(load_network(network, None))
    program = subject.capture()
    subject = with_noise(subject, program)
    files: list[File] = []
    refusals: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="rivals-") as made:
        converters: dict[str, Callable[[], float]] = {
            OURS: partial(_ours, subject, program, _file(folder, OURS)),
            **_rival_converters(subject, program, rivals, folder, Path(made)),
        }
        for label, run in converters.items():
            try:
                seconds = run()
                loaded = AnyLayout(interpreter(_file(folder, label).read_bytes()))
            except (CannotConvert, EfficientModError, RuntimeError, ValueError) as error:
                refusals[label] = str(error)
                continue
            files.append(_prove(label, seconds, loaded, subject.held))
    return Result(network, subject.resolution or (0, 0), None, tuple(files), refusals)


def _ours(subject: Subject, program: Program, target: Path) -> float:
    began = time.perf_counter()
    deployed = deploy(program, VARIANT.recipe).program
    TARGET.make(deployed, subject.options(VARIANT.precision), target.parent).path.rename(target)
    return time.perf_counter() - began


def _rival_converters(
    subject: Subject, program: Program, rivals: dict[str, Rival], folder: Path, sources: Path
) -> dict[str, Callable[[], float]]:
    """Each rival's call; what it reads is written into `sources`."""
    plain = for_pixels(program, subject.options("fp32").inputs)
    source = {suffix: sources / f"network{suffix}" for suffix in (".onnx", ".pt2")}
    source[".onnx"].write_bytes(to_onnx(plain).SerializeToString())
    save_for_torch(plain, source[".pt2"])
    return {
        label: partial(rival.convert, source[rival.suffix], _file(folder, label)) for label, rival in rivals.items()
    }


def _prove(label: str, seconds: float, loaded: AnyLayout, held: Held) -> File:
    measured_with = MeasuredWith(runtime=TARGET.runtime.title, version=runtime_version(TARGET.runtime))
    limits = held.limits(CPU.limits, CPU.noise)
    verdict = measure(held.samples, held.references, loaded.run, limits, measured_with)
    wrong = verdict.reasons[0] if verdict.failed else None
    counts = operators(loaded.runtime)
    work = (counts["DELEGATE"], counts["TRANSPOSE"], macs(loaded.runtime))
    return File(label, seconds, *work, largest_error(verdict), wrong)


def in_turns(result: Result, runs: int, folder: Path) -> Result:
    """The same with the rounds of the files that are right, measured in turns in this process."""
    calls = {}
    for file in result.files:
        if file.wrong is not None:
            continue
        loaded = interpreter(_file(folder, file.label).read_bytes())
        detail = loaded.get_input_details()[0]
        loaded.set_tensor(detail["index"], np.random.default_rng(0).random(detail["shape"], np.float32))
        calls[file.label] = loaded.invoke
    busy = load_average()
    rounds = take_turns(calls, runs, WARM_UP)
    files = tuple(replace(file, rounds=rounds.get(file.label, ())) for file in result.files)
    return replace(result, load_average=busy, files=files)


def _file(folder: Path, label: str) -> Path:
    return folder / f"{label}.tflite"


def compare(networks: Sequence[str], rivals: dict[str, Rival], runs: int, folder: Path) -> Iterator[Result]:
    """Convert everything, and only then measure; what an earlier run with these rivals left in `folder` stands."""
    notes = Notes(folder, Result)
    places = {network: folder / network.replace("/", "-") for network in networks}
    converted = {}
    for network, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        result = notes.read(network)
        if result is None or {file.label for file in result.files} | result.refusals.keys() != {OURS, *rivals}:
            with quiet():
                result = convert(network, rivals, place)
            notes.write(network, result)
        converted[network] = result
        print(f"{network} is converted", file=sys.stderr)
    for network, result in converted.items():
        if not all(file.rounds or file.wrong for file in result.files):
            result = in_turns(result, runs, places[network])
            notes.write(network, result)
        yield result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=EFFICIENTMODS, help="default: the four EfficientMods")
    parser.add_argument("--all", action="store_true", help="the EfficientMods and 23 of timm's networks")
    parser.add_argument("--onnx2tf", type=Path, metavar="PYTHON", help="an interpreter that has onnx2tf")
    parser.add_argument("--litert-torch", type=Path, metavar="PYTHON", help="an interpreter that has litert-torch")
    parser.add_argument("--runs", type=int, default=50, help="rounds (default: 50)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files and results; do not repeat those")
    parser.add_argument(
        "--output", type=Path, default=PAGE, help="the page (default: docs/measurements/tflite_rivals.md)"
    )
    options = parser.parse_args()
    given = [
        Rival(name, python.absolute(), snippet, suffix)
        for name, python, snippet, suffix in (
            ("onnx2tf", options.onnx2tf, ONNX2TF, ".onnx"),
            ("litert-torch", options.litert_torch, LITERT_TORCH, ".pt2"),
        )
        if python is not None
    ]
    if not given:
        parser.error("there is nothing to compare with: give --onnx2tf or --litert-torch")
    try:
        rivals = {rival.label(): rival for rival in given}
    except CannotConvert as error:
        parser.error(str(error))
    networks = (*EFFICIENTMODS, *OTHERS) if options.all else tuple(options.networks)
    results = []
    fastest = peak()
    with tempfile.TemporaryDirectory(prefix="rivals-") as made:
        for result in compare(networks, rivals, options.runs, options.keep or Path(made)):
            results.append(result)
            print("  ".join(latency_row(result, [OURS, *rivals], fastest)), file=sys.stderr)
    chosen = ["--all"] if options.all else [*networks]
    command = " ".join(
        ["python benchmarks/tflite_rivals.py", *chosen, *(f"--{one.distribution} PYTHON" for one in given)]
    )
    options.output.write_text(page(results, [OURS, *rivals], fastest, command, options.runs))


if __name__ == "__main__":
    main()
