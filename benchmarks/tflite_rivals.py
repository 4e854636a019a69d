"""Measure our .tflite beside the files that other converters make of the same network, and write the table.

Ours is what `efficientmod-export --target tflite` ships, which also normalises the picture. onnx2tf gets the ONNX
export of the untransformed network, litert-torch its torch.export. They are installed by you, each in an environment
of its own, whose interpreter is given:

    python3 -m venv onnx2tf && onnx2tf/bin/pip install onnx2tf
    python3 -m venv litert && litert/bin/pip install litert-torch torch==2.13.0   # the torch that is installed here
    python benchmarks/tflite_rivals.py --all --onnx2tf onnx2tf/bin/python --litert-torch litert/bin/python

Weights are seeded ones of realistic scale. Every file is held against PyTorch on five pictures within a bundle's own
limits; one that breaks them has no ratio. When all networks are converted, the files of each are loaded into LiteRT
with XNNPACK in one process, one thread, float32, and called in turns: a ratio is the median over the rounds of the two
times of one round.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _tables import EFFICIENTMODS, OTHERS, table, versions
from numpy.typing import NDArray

from efficientmod_export._pipeline import example_input, preprocessing_of
from efficientmod_export._prove import reference_outputs
from efficientmod_export._recipes import RECIPES
from efficientmod_export._stages import ConversionOptions, Outputs, Sample
from efficientmod_export.backends import BACKENDS, quiet
from efficientmod_export.backends._onnx import to_onnx
from efficientmod_export.backends._tflite import DELEGATE, TO_NHWC, input_values, interpreter
from efficientmod_export.bench import Latency, Ratio
from efficientmod_export.bench._machine import describe_machine, load_average
from efficientmod_export.bench._worker import take_turns
from efficientmod_export.parity import TOLERANCES, MeasuredWith, make_samples, measure
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, capture, deploy
from efficientmod_mobile.errors import EfficientModError

PAGE = Path(__file__).parents[1] / "docs" / "tflite_rivals.md"
OURS = "ours"
CONVERSION_LIMIT = 900.0
"""Seconds that a rival is given."""

# Each is run as `python -c SNIPPET source target seconds`: it converts one file and notes how long the call took.
ONNX2TF = """
import pathlib, sys, time
import numpy, onnx2tf
source, target, seconds = map(pathlib.Path, sys.argv[1:])
# Versions before 2 download these pictures where they are not; only their own check of each operator reads them.
pictures = numpy.random.default_rng(0).random((20, 128, 128, 3), numpy.float32)
numpy.save("calibration_image_sample_data_20x128x128x3_float32.npy", pictures)
began = time.perf_counter()
onnx2tf.convert(input_onnx_file_path=str(source), output_folder_path="made", non_verbose=True)
seconds.write_text(str(time.perf_counter() - began))
next(pathlib.Path("made").glob("*_float32.tflite")).rename(target)
"""
LITERT_TORCH = """
import pathlib, sys, time
import torch, litert_torch
source, target, seconds = map(pathlib.Path, sys.argv[1:])
program = torch.export.load(source)
module, inputs = program.module(check_guards=False), tuple(program.example_inputs[0])
began = time.perf_counter()
litert_torch.convert(module, inputs).export(str(target))
seconds.write_text(str(time.perf_counter() - began))
"""


NEAR_ONE = (
    "A ratio near one is the best there is for plain convolutions (MobileNet, EfficientNet, ResNet, RegNet, GhostNet):",
    "every converter hands XNNPACK the same kernels in the same order, one partition, no TRANSPOSE, and ours takes the",
    "mean of the picture besides (0.02 ms). What there is to gain lies in large depthwise kernels, which are split",
    "(EfficientMod, ConvNeXt, FastViT, StarNet), in branches that fold into one (MobileOne), in norms and attention",
    "that move no data, and in operators that others leave outside XNNPACK.",
)
"""What the numbers mean."""


class CannotConvert(Exception):  # noqa: N818 - it is an answer, not a fault of this program
    """A converter's last words."""


@dataclass(frozen=True)
class Rival:
    """A converter and the interpreter that has it. It takes the file with this suffix."""

    distribution: str
    python: Path
    snippet: str
    suffix: str

    def label(self) -> str:
        """The name of its column, with the version. Raises OSError or CalledProcessError where it is not installed."""
        asked = f"from importlib import metadata; print(metadata.version({self.distribution!r}))"
        told = subprocess.run([self.python, "-c", asked], capture_output=True, text=True, check=True)
        return f"{self.distribution} {told.stdout.strip()}"

    def convert(self, source: Path, target: Path) -> float:
        """Convert in an empty folder; return the seconds that the call took. Raises CannotConvert."""
        with tempfile.TemporaryDirectory(prefix="rival-") as folder:
            noted = Path(folder) / "seconds"
            command: list[str | Path] = [self.python, "-c", self.snippet, source, target, noted]
            try:
                done = subprocess.run(
                    command, cwd=folder, capture_output=True, text=True, check=False, timeout=CONVERSION_LIMIT
                )
            except subprocess.TimeoutExpired:
                raise CannotConvert(f"not done after {CONVERSION_LIMIT:.0f} s") from None
            if done.returncode or not target.exists():
                lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
                said = re.sub(r"/\S*/site-packages/", "", lines[-1]) if lines else f"exit code {done.returncode}"
                raise CannotConvert(said[:200])
            return float(noted.read_text())


@dataclass(frozen=True)
class File:
    """One converter's file. `wrong` says which limit it breaks; `rounds` are milliseconds."""

    label: str
    seconds: float
    partitions: int
    transposes: int
    error: float
    wrong: str | None
    rounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Result:
    """One network: the files, ours first, and why the others are not there."""

    model: str
    resolution: tuple[int, int]
    load_average: float | None
    files: tuple[File, ...]
    refusals: dict[str, str]

    def ratio(self, label: str) -> Ratio | None:
        """Ours to a rival's; None where one of them does not compute what PyTorch does."""
        files = {file.label: file for file in self.files if file.wrong is None}
        if OURS not in files or label not in files:
            return None
        return Ratio.of(OURS, files[OURS].rounds, label, files[label].rounds)


@dataclass
class Loaded:
    """A file in LiteRT with XNNPACK. Ours takes pixels / 255; theirs the network's input as NHWC or NCHW, as its
    converter left it.
    """

    runtime: Any
    label: str

    def put(self, sample: Sample) -> None:
        detail = self.runtime.get_input_details()[0]
        self.runtime.set_tensor(detail["index"], self._values(sample, tuple(detail["shape"])))

    def _values(self, sample: Sample, shape: tuple[int, ...]) -> NDArray[np.float32]:
        if self.label == OURS:
            return input_values(sample.pixels)
        return sample.tensor if shape == sample.tensor.shape else sample.tensor.transpose(TO_NHWC).copy()

    def run(self, sample: Sample) -> Outputs:
        self.put(sample)
        self.runtime.invoke()
        return tuple(self.runtime.get_tensor(detail["index"]) for detail in self.runtime.get_output_details())

    def operators(self) -> Counter[str]:
        return Counter(operator["op_name"] for operator in self.runtime._get_ops_details())


def convert(model: str, rivals: dict[str, Rival], folder: Path) -> Result:
    """Convert with everyone into `folder`, and prove every file."""
    network = load_network(model, None)
    preprocessing = preprocessing_of(network, None)
    program = capture(network.module, example_input(preprocessing))
    options = ConversionOptions("fp32", 16, preprocessing.mean, preprocessing.std, None, network.name, network.name)
    converters: dict[str, Callable[[], float]] = {OURS: partial(_ours, program, options, _file(folder, OURS))}
    samples = make_samples(preprocessing)
    references = reference_outputs(network.module, samples)
    files: list[File] = []
    refusals: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="rivals-") as made:
        sources = {".onnx": Path(made) / "network.onnx", ".pt2": Path(made) / "network.pt2"}
        sources[".onnx"].write_bytes(to_onnx(program).SerializeToString())
        torch.export.save(torch.export.export(network.module, (program.example,)), sources[".pt2"])
        for label, rival in rivals.items():
            converters[label] = partial(rival.convert, sources[rival.suffix], _file(folder, label))
        for label, run in converters.items():
            try:
                seconds = run()
                loaded = Loaded(interpreter(_file(folder, label).read_bytes()), label)
            except (CannotConvert, EfficientModError, RuntimeError, ValueError) as error:
                refusals[label] = str(error)
                continue
            files.append(_prove(label, seconds, loaded, samples, references))
    return Result(model, (preprocessing.crop.height, preprocessing.crop.width), None, tuple(files), refusals)


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
    rounds = take_turns(calls, runs, 3)
    files = tuple(replace(file, rounds=rounds.get(file.label, ())) for file in result.files)
    return replace(result, load_average=busy, files=files)


def _file(folder: Path, label: str) -> Path:
    return folder / f"{label}.tflite"


def _ours(program: Program, options: ConversionOptions, target: Path) -> float:
    began = time.perf_counter()
    deployed = deploy(program, RECIPES["tflite"])
    BACKENDS["tflite"].convert(deployed.program, options, target.parent).path.rename(target)
    return time.perf_counter() - began


def _prove(
    label: str, seconds: float, loaded: Loaded, samples: tuple[Sample, ...], references: tuple[Outputs, ...]
) -> File:
    runtime = MeasuredWith(runtime="LiteRT", version=metadata.version("ai-edge-litert"))
    verdict = measure(samples, references, loaded.run, TOLERANCES["tflite", "fp32"], runtime)
    error = max((worst.max_relative_error for worst in verdict.worst), default=float("inf"))
    operators = loaded.operators()
    wrong = verdict.reasons[0] if verdict.failed else None
    return File(label, seconds, operators[DELEGATE], operators["TRANSPOSE"], error, wrong)


def compare(models: Sequence[str], rivals: dict[str, Rival], runs: int, folder: Path) -> Iterator[Result]:
    """Convert everything, and only then measure; what an earlier run with these rivals left in `folder` stands."""
    for model in models:
        place = folder / model.replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        result = _read(place)
        if result is None or {file.label for file in result.files} | result.refusals.keys() != {OURS, *rivals}:
            with quiet():
                _write(place, convert(model, rivals, place))
            print(f"{model} is converted", file=sys.stderr)
    for model in models:
        place = folder / model.replace("/", "-")
        result = _read(place)
        assert result is not None
        if not all(file.rounds or file.wrong for file in result.files):
            result = in_turns(result, runs, place)
            _write(place, result)
        yield result


def _write(folder: Path, result: Result) -> None:
    (folder / "result.json").write_text(json.dumps(asdict(result)))


def _read(folder: Path) -> Result | None:
    note = folder / "result.json"
    if not note.exists():
        return None
    told = json.loads(note.read_text())
    told["files"] = tuple(File(**{**file, "rounds": tuple(file["rounds"])}) for file in told["files"])
    told["resolution"] = tuple(told["resolution"])
    return Result(**told)


def page(results: list[Result], labels: list[str], command: str, runs: int) -> str:
    """The document."""
    loads = [result.load_average for result in results if result.load_average is not None]
    busy = f", load average {min(loads):.1f} to {max(loads):.1f} before the rounds" if loads else ""
    lines = [
        "# TFLite beside other converters",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}{busy}; {versions()}. LiteRT with XNNPACK, one thread, float32, batch 1, {runs} "
        "rounds in turns. What is compared, and how, is in the script's `--help`.",
        "",
        *_summary(results, labels[1:]),
        "",
        *NEAR_ONE,
        "",
        "## Latency",
        "",
        "Milliseconds: median (least). A ratio is ours to theirs: the median over the rounds, (quartiles).",
        "",
        *table(
            ["network", "at", OURS, *(cell for label in labels[1:] for cell in (label, "ratio"))],
            (_latency_row(result, labels) for result in results),
        ),
        "",
        "## The files",
        "",
        f"In the order {', '.join(labels)}. Error: the largest difference from PyTorch, as a fraction of the output's "
        "range. Seconds: ours from the PyTorch program, with the proofs of the transforms; onnx2tf from ONNX; "
        "litert-torch from PyTorch.",
        "",
        *table(
            ["network", "partitions", "TRANSPOSE", "error", "seconds to convert"],
            (_file_row(result, labels) for result in results),
        ),
    ]
    faults = list(_faults(results))
    if faults:
        lines += ["", "## Not compared", "", *faults]
    return "\n".join(lines) + "\n"


def _summary(results: list[Result], rivals: list[str]) -> Iterator[str]:
    for label in rivals:
        ratios = [ratio.median for result in results if (ratio := result.ratio(label))]
        if ratios:
            yield (
                f"- {label}: median ratio {statistics.median(ratios):.2f} over {len(ratios)} networks, "
                f"{min(ratios):.2f} to {max(ratios):.2f}; over 1.02 in {sum(ratio > 1.02 for ratio in ratios)}."
            )
        refused = sum(label in result.refusals for result in results)
        wrong = sum(file.label == label and file.wrong is not None for result in results for file in result.files)
        if refused or wrong:
            yield f"- {label} does not convert {refused} of {len(results)} networks, and {wrong} wrongly."


def _latency_row(result: Result, labels: list[str]) -> list[str]:
    files = {file.label: file for file in result.files}
    cells = [result.model, "x".join(map(str, result.resolution))]
    for label in labels:
        if label in files and files[label].wrong is None:
            times = Latency.of(files[label].rounds)
            cells.append(f"{times.median:.1f} ({times.min:.1f})")
        else:
            cells.append("wrong" if label in files else "not converted")
        if label != OURS:
            ratio = result.ratio(label)
            cells.append(f"**{ratio.median:.2f}** ({ratio.lower:.2f}-{ratio.upper:.2f})" if ratio else "-")
    return cells


def _file_row(result: Result, labels: list[str]) -> list[str]:
    files = {file.label: file for file in result.files}

    def cell(show: Callable[[File], str]) -> str:
        return " / ".join(show(files[label]) if label in files else "-" for label in labels)

    return [
        result.model,
        cell(lambda file: str(file.partitions)),
        cell(lambda file: str(file.transposes)),
        cell(lambda file: f"{file.error:.0e}" + ("" if file.wrong is None else " wrong")),
        cell(lambda file: f"{file.seconds:.1f}"),
    ]


def _faults(results: list[Result]) -> Iterator[str]:
    for result in results:
        for label, reason in result.refusals.items():
            yield f"- {result.model}, {label}: {reason}"
        for file in result.files:
            if file.wrong is not None:
                yield f"- {result.model}, {file.label}: does not compute what PyTorch does ({file.wrong})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=EFFICIENTMODS, help="default: the four EfficientMods")
    parser.add_argument("--all", action="store_true", help="the EfficientMods and 23 of timm's networks")
    parser.add_argument("--onnx2tf", type=Path, metavar="PYTHON", help="an interpreter that has onnx2tf")
    parser.add_argument("--litert-torch", type=Path, metavar="PYTHON", help="an interpreter that has litert-torch")
    parser.add_argument("--runs", type=int, default=50, help="rounds (default: 50)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files and results; do not repeat those")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page (default: docs/tflite_rivals.md)")
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
    except (OSError, subprocess.CalledProcessError) as error:
        parser.error(f"a converter is not there: {error}")
    models = (*EFFICIENTMODS, *OTHERS) if options.all else tuple(options.models)
    results = []
    with tempfile.TemporaryDirectory(prefix="rivals-") as made:
        for result in compare(models, rivals, options.runs, options.keep or Path(made)):
            results.append(result)
            print("  ".join(_latency_row(result, [OURS, *rivals])), file=sys.stderr)
    chosen = ["--all"] if options.all else [*models]
    command = " ".join(
        ["python benchmarks/tflite_rivals.py", *chosen, *(f"--{one.distribution} PYTHON" for one in given)]
    )
    options.output.write_text(page(results, [OURS, *rivals], command, options.runs))


if __name__ == "__main__":
    main()
