"""Networks with int8 weights beside the same in float, and write how they come out to docs/measurements/quantised.md.

    python benchmarks/quantised.py

A network is NAME or NAME=CHECKPOINT; without a checkpoint its weights are seeded. Of the 47 photographs in tests/data/,
every third is one for which weights are rounded; the errors are those on the others, of the file as shipped against
the float file of the same target: SQNR over all of them, the largest difference as a fraction of the range, and how
often the best class is float's, also where float's margin exceeds 3 % of the range. "nearest" is a file whose weights
are each rounded to the nearest step, as the stock tools do it. Times are medians of ratios to the float file, in turns
on one thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _each_network import Benchmark
from _networks import EFFICIENTMODS
from numpy.typing import NDArray

from efficientmod_export.bench.measuring import Ratio, describe_machine, markdown_table, take_turns, versions
from efficientmod_export.bundle import open_picture
from efficientmod_export.parity import Sample, SampleInput, torch_inputs
from efficientmod_export.quantisation import round_to_nearest, round_weights
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets import Artifact, Precision, find_target, input_values, runner_of
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, deploy

PHOTOGRAPHS = Path(__file__).parents[1] / "tests" / "data" / "photographs"
EVERY = 3
MARGIN = 0.03
ROUNDS = 20
TIME_LIMIT = 3600.0
FLOAT: dict[str, Precision] = {"tflite": "fp32", "coreml": "fp16"}
INT8: tuple[tuple[str, Precision], ...] = (
    ("tflite", "int8-dynamic"),
    ("tflite", "int8-weights"),
    ("coreml", "int8-weights"),
)


@dataclass(frozen=True)
class File:
    """One int8 file beside the float file of its target. `ratio` is of their times, where they run here."""

    target: str
    precision: Precision
    rounding: str
    size: float
    sqnr_db: float
    error: float
    agree: int
    agree_beyond_margin: int
    beyond_margin: int
    ratio: float | None


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `pictures` is the number that the errors are of."""

    network: str
    refusal: str | None = None
    pictures: int = 0
    files: tuple[File, ...] = ()


def examine(network: str, folder: Path) -> Result:
    """Round, convert and run a network's files."""
    name, _, checkpoint = network.partition("=")
    subject = subject_of(load_network(name, checkpoint or None))
    captured = subject.capture()
    samples = [_sample(subject, path) for path in sorted(PHOTOGRAPHS.glob("*.webp"))]
    held_out = [sample for place, sample in enumerate(samples) if place % EVERY]
    images = [torch_inputs(sample) for sample in samples[::EVERY]]
    files: list[File] = []
    for target, precision in FLOAT.items():
        program = deploy(captured, find_target(target).variant(precision).recipe).program
        ways: dict[str, Program] = {
            "GPTQ": round_weights(program, images).program,
            "nearest": round_to_nearest(program),
        }
        plain = _make(subject, target, precision, program, folder / target)
        expected = _outputs(plain, held_out)
        for own, int8 in INT8:
            if own == target:
                for rounding, rounded in ways.items():
                    made = _make(subject, target, int8, rounded, folder / f"{target}-{int8}-{rounding}")
                    ratio = _ratio(made, plain, held_out[0]) if target == "tflite" else None
                    files.append(_compare(made, rounding, _outputs(made, held_out), expected, plain, ratio))
    return Result(network, pictures=len(held_out), files=tuple(files))


def _sample(subject: Subject, path: Path) -> Sample:
    source = open_picture(path)
    assert subject.preprocessing is not None
    pixels = subject.preprocessing.pixels(source)
    return Sample(path.stem, "photo", (SampleInput(subject.preprocessing.tensor(pixels), source, pixels),))


def _make(subject: Subject, target: str, precision: Precision, program: Program, folder: Path) -> Artifact:
    folder.mkdir()
    return find_target(target).make(program, subject.options(precision), folder)


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
    times = take_turns(calls, ROUNDS, 3)
    return Ratio.of("one", times["one"], "other", times["other"]).median


def _compare(
    made: Artifact,
    rounding: str,
    found: NDArray[np.float64],
    expected: NDArray[np.float64],
    plain: Artifact,
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
        rounding=rounding,
        size=_size(made.path) / _size(plain.path),
        sqnr_db=float(10 * np.log10((expected**2).sum() / (error**2).sum())),
        error=float(np.abs(error).max() / span),
        agree=int(same.sum()),
        agree_beyond_margin=int((same & clear).sum()),
        beyond_margin=int(clear.sum()),
        ratio=ratio,
    )


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file()) if path.is_dir() else path.stat().st_size


def page(results: list[Result], command: str) -> str:
    """The document."""
    rows = [_row(result, file) for result in results for file in result.files]
    heads = ["network", "file", "rounding", "size", "SQNR", "largest error", "top-1", "of clear ones", "time"]
    refused = [f"- {result.network}: {result.refusal}" for result in results if result.refusal]
    return (
        "\n".join(
            [
                "# Networks with int8 weights",
                "",
                "Written by",
                "",
                f"    {command}",
                "",
                f"on {describe_machine()}; {versions('torch', 'timm', 'ai-edge-litert', 'coremltools')}. Sizes and "
                "times are ratios to the same target's float file; what is done is in the script's `--help`.",
                "",
                *markdown_table(heads, rows),
                *(["", *refused] if refused else []),
            ]
        )
        + "\n"
    )


def _row(result: Result, file: File) -> list[str]:
    return [
        result.network.partition("=")[0],
        f"{file.target} {file.precision}",
        file.rounding,
        f"{file.size:.2f}",
        f"{file.sqnr_db:.1f} dB",
        f"{file.error:.1e}",
        f"{file.agree}/{result.pictures}",
        f"{file.agree_beyond_margin}/{file.beyond_margin}",
        "-" if file.ratio is None else f"{file.ratio:.2f}",
    ]


BENCHMARK = Benchmark(
    script=Path(__file__),
    description=__doc__ or "",
    networks=EFFICIENTMODS,
    kind=Result,
    examine=examine,
    refused=lambda network, reason: Result(network, refusal=reason),
    page=page,
    line=lambda result: (
        result.refusal or "; ".join(f"{one.precision} {one.rounding} {one.sqnr_db:.1f} dB" for one in result.files)
    ),
    limit=TIME_LIMIT,
)

if __name__ == "__main__":
    BENCHMARK.main()
