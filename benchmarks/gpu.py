"""Run many networks' TFLite files on LiteRT's GPU accelerator, and write how they come out to docs/measurements/.

    python benchmarks/gpu.py

The networks are the EfficientMods, those that must convert, and 60 more of timm's small ones, with seeded weights of
realistic scale. Each file is held against PyTorch on the five pictures of a bundle: on the processor, and on a software
GPU that takes all of its operators or refuses it, in float32 and in float16, which takes minutes (--float32 leaves it
out). Each network has a process of its own, with a limit of time; with --keep an interrupted run goes on where it was.

With --litert-torch the files that litert-torch makes of the first 27 are run beside them. It is installed by you, in an
environment of its own, as `benchmarks/tflite_rivals.py --help` says, whose interpreter is given.

With --trained a network with trained weights is run on pictures whose classes are known: its name, the checkpoint, the
side of its input, and a folder of pictures with a folder for each class, or with a table `pictures.csv` of the columns
`file` and `imagenet_classes`.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from _converters import LITERT_TORCH, Rival
from _each_network import MEASUREMENTS, Benchmark
from _gpu_page import page, places_of, row
from _gpu_records import CPU, FLOAT16, FLOAT32, OwnNoise, Place, Result, RivalResult, Trained
from _gpu_rival import examine_rival
from _gpu_trained import examine_trained
from _networks import EFFICIENTMODS, MORE, OTHERS

from efficientmod_export.bench.measuring import Notes
from efficientmod_export.steps import prove, subject_of, with_noise
from efficientmod_export.targets.tflite import TARGET
from efficientmod_export.targets.tflite.gpu import gpu_findings
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy

TIME_LIMIT = 1800.0
"""Seconds that a network is given."""


def examine(network: str, folder: Path, places: Sequence[str] = (CPU, FLOAT32, FLOAT16)) -> Result:
    """Convert a network and hold its float32 file against PyTorch on the processor and on the GPU."""
    subject = subject_of(load_network(network, None))
    captured = subject.capture()
    variant = TARGET.variant("fp32")
    subject = with_noise(subject, captured, {place.noise for place in variant.places})
    program = deploy(captured, variant.recipe).program
    artifact = TARGET.make(program, subject.options("fp32"), folder)
    chosen = tuple(one for one in variant.places if f"{one.unit} {one.compute_precision}" in places)
    checks = prove(replace(variant, places=chosen), artifact, subject.held)
    proven = {f"{check.unit} {check.compute_precision}": Place.of(check.verdict) for check in checks}
    findings = tuple(str(found) for found in gpu_findings(artifact.path.read_bytes()))
    return Result(network, places=proven, findings=findings, noise=OwnNoise.of(subject.held.noise))


def examine_in_float32(network: str, folder: Path) -> Result:
    """The same without float16."""
    return examine(network, folder, (CPU, FLOAT32))


OURS = Benchmark(
    script=Path(__file__),
    description=__doc__ or "",
    networks=(*EFFICIENTMODS, *OTHERS, *MORE),
    kind=Result,
    examine=examine,
    refused=lambda network, reason: Result(network, refusal=reason),
    page=lambda results, command: page(results, (), (), command),
    line=lambda result: result.refusal or "  ".join(row(result)[1:]),
    limit=TIME_LIMIT,
)


def litert_torch(python: Path) -> Benchmark[RivalResult]:
    """The same of litert-torch's files."""
    rival = Rival("litert-torch", python.absolute(), LITERT_TORCH, ".pt2")
    return Benchmark(
        script=Path(__file__),
        description="",
        networks=(*EFFICIENTMODS, *OTHERS),
        kind=RivalResult,
        examine=lambda network, folder: examine_rival(network, rival, folder),
        refused=lambda network, reason: RivalResult(network, refusal=reason),
        page=lambda results, command: page((), results, (), command),
        line=lambda result: result.refusal or "  ".join(places_of(result.places)),
        limit=TIME_LIMIT,
    )


def trained(chosen: Sequence[Sequence[str]], folder: Path) -> list[Trained]:
    """What is measured of each MODEL CHECKPOINT SIDE PICTURES, or kept in `folder`."""
    notes = Notes(folder, Trained)
    results = []
    for model, checkpoint, side, pictures in chosen:
        result = notes.read(model)
        if result is None:
            result = examine_trained(model, checkpoint, int(side), Path(pictures))
            notes.write(model, result)
        results.append(result)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=OURS.networks, help="default: all of them")
    parser.add_argument("--litert-torch", type=Path, metavar="PYTHON", help="an interpreter that has litert-torch")
    parser.add_argument(
        "--trained", nargs=4, action="append", default=[], metavar=("MODEL", "CHECKPOINT", "SIDE", "PICTURES")
    )
    parser.add_argument("--float32", action="store_true", help="without float16; what is kept with it stays")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each result; do not repeat those")
    parser.add_argument(
        "--output", type=Path, default=MEASUREMENTS / "gpu.md", help="the page (default: docs/measurements/gpu.md)"
    )
    parser.add_argument("--note", type=Path, help=argparse.SUPPRESS)  # what the process of one network is told
    options = parser.parse_args()
    rivals = None if options.litert_torch is None else litert_torch(options.litert_torch)
    ours = replace(OURS, examine=examine_in_float32) if options.float32 else OURS
    if options.note:
        (rivals or ours).examine_here(options.networks[0], options.note)
        return
    command = ours.command(options.networks)
    only = ["--float32"] if options.float32 else []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        results = ours.examine_all(options.networks, folder, *only)
        theirs: list[RivalResult] = []
        if rivals is not None:
            command += " --litert-torch PYTHON"
            chosen = [network for network in rivals.networks if network in options.networks]
            theirs = rivals.examine_all(chosen, folder / "litert-torch", "--litert-torch", options.litert_torch)
        command += " --trained MODEL CHECKPOINT SIDE PICTURES" * len(options.trained)
        pictures = trained(options.trained, folder / "trained")
    options.output.write_text(page(results, theirs, pictures, command))


if __name__ == "__main__":
    main()
