"""Convert many networks to TFLite, and write how each file comes out to its page in docs/measurements/.

    python benchmarks/tflite_models.py

The networks are the EfficientMods, those that must convert, and 60 more of timm's small ones. Each is transformed,
exported and written as `efficientmod-export --target tflite` does it, in float32 and with float16 weights, and held
against PyTorch on the five pictures of a bundle. Weights are seeded ones of realistic scale. Each network has a process
of its own, with a limit of time.

Rounding weights to float16 changes what a network computes, and some networks amplify that. To tell it from a fault of
the file, the same weights are rounded in the ONNX model, and ONNX Runtime's outputs are held against the file's.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from _tables import EFFICIENTMODS, MORE, OTHERS, TFLITE, table, versions
from efficientmod_export._recipes import RECIPES

from efficientmod_export._pipeline import example_input, preprocessing_of
from efficientmod_export._prove import reference_outputs
from efficientmod_export._stages import Outputs, Precision, Runner, Sample, TensorSpec
from efficientmod_export.bench._machine import describe_machine
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import TOLERANCES, MeasuredWith, Verdict, make_samples, measure
from efficientmod_export.targets import BACKENDS
from efficientmod_export.targets._image import for_pixels
from efficientmod_export.targets._onnx_model import to_onnx
from efficientmod_export.targets._program import INPUT_NAME
from efficientmod_export.targets.tflite._convert import TO_NCHW, input_values, interpreter, inventory
from efficientmod_export.targets.tflite.writer import to_tflite
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import capture, deploy
from efficientmod_mobile.errors import EfficientModError

PAGE = Path(__file__).parents[1] / "docs" / "measurements" / "tflite_models.md"
TIME_LIMIT = 600.0
"""Seconds that a network is given."""


@dataclass(frozen=True)
class File:
    """One precision's file: bytes, the largest error as a fraction of the range, and whether the best five agree.

    `error` is the difference from PyTorch, `conversion` that from ONNX Runtime with the weights that the file has.
    `reasons` say which of a bundle's limits it breaks.
    """

    size: int
    error: float
    conversion: float
    top5: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `seconds` are those from ONNX to TFLite in float32."""

    model: str
    refusal: str | None = None
    parameters: int = 0
    resolution: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    delegates: int = 0
    outside: tuple[str, ...] = ()
    transposes: int = 0
    rank: int = 0
    files: dict[Precision, File] | None = None


def examine(model: str, folder: Path) -> Result:
    """Convert a network in both precisions and hold the files against PyTorch."""
    network = load_network(model, None)
    preprocessing = preprocessing_of(network, None)
    samples = make_samples(preprocessing)
    references = reference_outputs(network.module, samples)
    program = deploy(capture(network.module, example_input(preprocessing)), RECIPES["tflite"]).program
    graph = to_onnx(for_pixels(program, preprocessing.mean, preprocessing.std))
    began = time.perf_counter()
    full = to_tflite(graph)
    seconds = time.perf_counter() - began
    files: dict[Precision, bytes] = {"fp32": full, "fp16": to_tflite(graph, float16_weights=True)}

    loaded = interpreter(full)
    delegates, outside = inventory(loaded)
    operators = Counter(operator["op_name"] for operator in loaded._get_ops_details())
    return Result(
        model=model,
        parameters=sum(parameter.numel() for parameter in network.module.parameters()),
        resolution=(preprocessing.crop.height, preprocessing.crop.width),
        seconds=seconds,
        delegates=delegates,
        outside=outside,
        transposes=operators["TRANSPOSE"],
        rank=max(len(detail["shape"]) for detail in loaded.get_tensor_details()),
        files={
            precision: _prove(data, precision, _oracle(graph, precision), folder / precision, samples, references)
            for precision, data in files.items()
        },
    )


def _oracle(graph: onnx.ModelProto, precision: Precision) -> Runner:
    """ONNX Runtime on this model; with fp16 the constants of two axes or more are rounded first."""
    rounded = onnx.ModelProto()
    rounded.CopyFrom(graph)
    for tensor in rounded.graph.initializer if precision == "fp16" else ():
        if tensor.data_type == onnx.TensorProto.FLOAT and sum(extent > 1 for extent in tensor.dims) > 1:
            half = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(half.astype(np.float32), tensor.name))
    session = onnxruntime.InferenceSession(rounded.SerializeToString())

    def run(sample: Sample) -> Outputs:
        return tuple(session.run(None, {INPUT_NAME: input_values(sample.pixels).transpose(TO_NCHW)}))

    return run


def _prove(
    data: bytes,
    precision: Precision,
    oracle: Runner,
    path: Path,
    samples: tuple[Sample, ...],
    references: tuple[Outputs, ...],
) -> File:
    path.write_bytes(data)
    outputs = [detail["name"] for detail in interpreter(data).get_output_details()]
    taken, *given = (TensorSpec(name, (), "float32", "any") for name in (INPUT_NAME, *outputs))
    runner = BACKENDS["tflite"].runner(path, (taken,), tuple(given))
    assert runner is not None
    runtime = MeasuredWith(runtime="LiteRT", version=metadata.version("ai-edge-litert"))
    limits = TOLERANCES["tflite", precision]
    verdict = measure(samples, references, runner, limits, runtime)
    same_weights = measure(samples, [oracle(sample) for sample in samples], runner, limits, runtime)
    top5 = all(one.top5.agrees for one in verdict.worst if one.top5)
    return File(len(data), _largest(verdict), _largest(same_weights), top5, verdict.reasons)


def _largest(verdict: Verdict) -> float:
    return max((one.max_relative_error for one in verdict.worst), default=float("inf"))


def kept(model: str, folder: Path) -> Result:
    """The result that an earlier run left in `folder`, or a new one, from a process of its own."""
    note = folder / f"{model.replace('/', '-')}.json"
    if not note.exists():
        command = [sys.executable, __file__, model, "--note", str(note)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            return Result(model, f"not done after {TIME_LIMIT:.0f} s")
        if done.returncode:
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            return Result(model, lines[-1] if lines else f"exit code {done.returncode}")
    return _read(json.loads(note.read_text()))


def _read(told: dict[str, Any]) -> Result:
    files = told["files"] and {
        precision: File(**{**file, "reasons": tuple(file["reasons"])}) for precision, file in told["files"].items()
    }
    tuples = {name: tuple(told[name]) for name in ("outside", "resolution")}
    return Result(**{**told, **tuples, "files": files})


def write_note(model: str, note: Path) -> None:
    """What the process of one network does."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        try:
            result = examine(model, Path(folder))
        except EfficientModError as error:
            result = Result(model, str(error))
    note.write_text(json.dumps(asdict(result)))


def page(results: list[Result], command: str) -> str:
    """The document."""
    made = [result for result in results if result.files]
    lines = [
        "# Networks as TFLite",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}; {versions(*TFLITE)}. Seeded weights of realistic scale; what is done is in the "
        "script's `--help`.",
        "",
        *_summary(results, made),
        "",
        "## In float32",
        "",
        "Error: the largest difference from PyTorch over five pictures, as a fraction of the output's range. Top-5: "
        "whether the best five classes are PyTorch's on all of them. Partitions: XNNPACK's, and the operators that it "
        "leaves outside. Axes: the most of any tensor. Seconds: from ONNX to TFLite.",
        "",
        *table(
            ["network", "parameters", "at", "error", "top-5", "partitions", "outside", "TRANSPOSE", "axes", "seconds"],
            map(_row, made),
        ),
        "",
        "## With float16 weights",
        "",
        "Error, top-5: as above. Conversion: the largest difference from ONNX Runtime with the same rounded weights; "
        "it is that of float32, so that the rest of the error is the rounding itself. Where it is more, the file "
        "rounds less: the one row of a matrix that becomes a layer of its own is a vector there, and stays in float32 "
        "(FocalNet's gates, MobileViTv2's query); only LeViT amplifies so much. Limits: how many of a bundle's "
        "(`parity/_tolerances.py`) the file breaks. EfficientMod keeps them; a network that breaks them amplifies the "
        "rounding, here with seeded weights, and is to be shipped in float32 unless a trained checkpoint does better.",
        "",
        *table(
            ["network", "error", "conversion", "top-5", "limits broken", "MB", "of float32's"], map(_half_row, made)
        ),
    ]
    sections = (("Not converted", _refusals(results)), ("Beyond a bundle's limits in float32", _faults(made)))
    for title, entries in sections:
        listed = list(entries)
        if listed:
            lines += ["", f"## {title}", "", *listed]
    return "\n".join(lines) + "\n"


def _summary(results: list[Result], made: list[Result]) -> Iterator[str]:
    for title, names in (("EfficientMod", EFFICIENTMODS), ("that must convert", OTHERS), ("more of timm's", MORE)):
        asked = [result.model for result in results if result.model in names]
        files = {result.model: result.files["fp32"] for result in made if result.files and result.model in names}
        if asked:
            good = sum(not file.reasons for file in files.values())
            whole = sum(result.delegates == 1 and not result.outside for result in made if result.model in names)
            yield (
                f"- {title}: {len(asked)} networks, {len(files)} convert, {good} of them within a bundle's limits, "
                f"{whole} as one XNNPACK partition."
            )


def _row(result: Result) -> list[str]:
    assert result.files is not None
    file = result.files["fp32"]
    return [
        result.model,
        f"{result.parameters / 1e6:.1f} M",
        "x".join(map(str, result.resolution)),
        f"{file.error:.0e}",
        _agreement(file),
        str(result.delegates),
        ", ".join(result.outside) or "-",
        str(result.transposes),
        str(result.rank),
        f"{result.seconds:.1f}",
    ]


def _half_row(result: Result) -> list[str]:
    assert result.files is not None
    half, full = result.files["fp16"], result.files["fp32"]
    sizes = [f"{half.size / 1e6:.1f}", f"{half.size / full.size:.2f}"]
    errors = [f"{error:.0e}" for error in (half.error, half.conversion)]
    return [result.model, *errors, _agreement(half), str(len(half.reasons) or "-"), *sizes]


def _agreement(file: File) -> str:
    return "equal" if file.top5 else "**other**"


def _refusals(results: list[Result]) -> Iterator[str]:
    for result in results:
        if result.refusal:
            yield f"- {result.model}: {' '.join(result.refusal.split())}"


def _faults(made: list[Result]) -> Iterator[str]:
    for result in made:
        for reason in result.files["fp32"].reasons if result.files else ():
            yield f"- {result.model}: {reason}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=(*EFFICIENTMODS, *OTHERS, *MORE), help="default: all of them")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each network's result; do not repeat those")
    parser.add_argument(
        "--output", type=Path, default=PAGE, help="the page (default: docs/measurements/tflite_models.md)"
    )
    parser.add_argument("--note", type=Path, help=argparse.SUPPRESS)  # what the process of one network is told
    options = parser.parse_args()
    if options.note:
        write_note(options.models[0], options.note)
        return
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for model in options.models:
            results.append(kept(model, folder))
            print(model, results[-1].refusal or "  ".join(_row(results[-1])[3:]), file=sys.stderr)
    chosen = [] if len(options.models) == len((*EFFICIENTMODS, *OTHERS, *MORE)) else options.models
    options.output.write_text(page(results, " ".join(["python benchmarks/tflite_models.py", *chosen])))


if __name__ == "__main__":
    main()
