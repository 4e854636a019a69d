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
import json
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
from _arithmetic import macs, peak
from _converters import LITERT_TORCH, ONNX2TF, CannotConvert, Rival
from _rivals_page import OURS, File, Result, latency_row, page
from _tables import EFFICIENTMODS, OTHERS
from efficientmod_export._recipes import RECIPES

from efficientmod_export._pipeline import example_input, preprocessing_of
from efficientmod_export._prove import reference_outputs
from efficientmod_export._stages import ConversionOptions, Outputs, Sample
from efficientmod_export.bench._machine import load_average
from efficientmod_export.bench._worker import take_turns
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import TOLERANCES, MeasuredWith, make_samples, measure
from efficientmod_export.targets import BACKENDS
from efficientmod_export.targets._image import for_pixels
from efficientmod_export.targets._onnx_model import to_onnx
from efficientmod_export.targets._program import export
from efficientmod_export.targets.tflite._convert import DELEGATE, TO_NCHW, input_values, interpreter
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, capture, deploy
from efficientmod_mobile.errors import EfficientModError

PAGE = Path(__file__).parents[1] / "docs" / "measurements" / "tflite_rivals.md"


@dataclass
class Loaded:
    """A file in LiteRT with XNNPACK, which takes pixels / 255 as NHWC or NCHW, as its converter left it."""

    runtime: Any

    def run(self, sample: Sample) -> Outputs:
        detail = self.runtime.get_input_details()[0]
        values = input_values(sample.pixels)
        channels_last = tuple(detail["shape"]) == values.shape
        self.runtime.set_tensor(detail["index"], values if channels_last else values.transpose(TO_NCHW).copy())
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
        plain = for_pixels(program, preprocessing.mean, preprocessing.std)
        sources[".onnx"].write_bytes(to_onnx(plain).SerializeToString())
        torch.export.save(export(plain), sources[".pt2"])
        for label, rival in rivals.items():
            converters[label] = partial(rival.convert, sources[rival.suffix], _file(folder, label))
        for label, run in converters.items():
            try:
                seconds = run()
                loaded = Loaded(interpreter(_file(folder, label).read_bytes()))
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
    counts = (operators[DELEGATE], operators["TRANSPOSE"], macs(loaded.runtime))
    return File(label, seconds, *counts, error, wrong)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=EFFICIENTMODS, help="default: the four EfficientMods")
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
    except (OSError, subprocess.CalledProcessError) as error:
        parser.error(f"a converter is not there: {error}")
    models = (*EFFICIENTMODS, *OTHERS) if options.all else tuple(options.models)
    results = []
    fastest = peak()
    with tempfile.TemporaryDirectory(prefix="rivals-") as made:
        for result in compare(models, rivals, options.runs, options.keep or Path(made)):
            results.append(result)
            print("  ".join(latency_row(result, [OURS, *rivals], fastest)), file=sys.stderr)
    chosen = ["--all"] if options.all else [*models]
    command = " ".join(
        ["python benchmarks/tflite_rivals.py", *chosen, *(f"--{one.distribution} PYTHON" for one in given)]
    )
    options.output.write_text(page(results, [OURS, *rivals], fastest, command, options.runs))


if __name__ == "__main__":
    main()
