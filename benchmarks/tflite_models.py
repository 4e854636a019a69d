"""Convert many networks to TFLite, and write how each file comes out to its page in docs/measurements/.

    python benchmarks/tflite_models.py

The networks are the EfficientMods, those that must convert, and 60 more of timm's small ones. Each is transformed,
exported and written as `efficientmod-export --target tflite` does it, in float32 and with float16 weights, and held
against PyTorch on the five pictures of a bundle. Weights are seeded ones of realistic scale. Each network has a process
of its own, with a limit of time.

Rounding weights to float16 changes what a network computes, and some networks amplify that. To tell it from a fault of
the file, the same weights are rounded in the ONNX model, and ONNX Runtime's outputs are held against the file's.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from _each_network import Benchmark, largest_error, same_top5, verdict_on_cpu
from _litert import operators
from _networks import EFFICIENTMODS, MORE, OTHERS

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.parity import Outputs, Runner, Sample, measure
from efficientmod_export.steps import Subject, subject_of, with_noise
from efficientmod_export.targets import Artifact, Precision, for_pixels, input_values, runner_of, to_onnx
from efficientmod_export.targets.tflite import TARGET, interpreter
from efficientmod_export.targets.tflite.writer import to_tflite
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy

TO_NCHW = (0, 3, 1, 2)
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16")


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

    network: str
    refusal: str | None = None
    parameters: int = 0
    resolution: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    delegates: int = 0
    outside: tuple[str, ...] = ()
    transposes: int = 0
    rank: int = 0
    files: dict[Precision, File] | None = None


def examine(network: str, folder: Path) -> Result:
    """Convert a network in both precisions and hold the files against PyTorch."""
    subject = subject_of(load_network(network, None))
    captured = subject.capture()
    subject = with_noise(subject, captured)
    program = deploy(captured, TARGET.variant("fp32").recipe).program
    graph = to_onnx(for_pixels(program, subject.options("fp32").inputs))
    began = time.perf_counter()
    to_tflite(graph)
    seconds = time.perf_counter() - began
    made = {precision: TARGET.make(program, subject.options(precision), folder) for precision in PRECISIONS}
    return Result(
        network=network,
        parameters=sum(parameter.numel() for parameter in subject.network.module.parameters()),
        resolution=subject.resolution or (0, 0),
        seconds=seconds,
        delegates=made["fp32"].delegates or 0,
        outside=made["fp32"].outside,
        transposes=operators(interpreter(made["fp32"].path.read_bytes()))["TRANSPOSE"],
        rank=made["fp32"].rank or 0,
        files={precision: _prove(artifact, graph, subject) for precision, artifact in made.items()},
    )


def _prove(artifact: Artifact, graph: onnx.ModelProto, subject: Subject) -> File:
    variant, held = TARGET.variant(artifact.precision), subject.held
    verdict = verdict_on_cpu(variant, artifact, held)
    oracle = _oracle(graph, artifact)
    (place,) = (place for place in variant.places if place.unit == "cpu")
    session = TARGET.runtime.open(artifact, variant.configuration(place))
    assert verdict.measured_with is not None
    outputs = [oracle(sample) for sample in held.samples]
    same_weights = measure(
        held.samples, outputs, runner_of(session, artifact), verdict.tolerance, verdict.measured_with
    )
    size = artifact.path.stat().st_size
    return File(size, largest_error(verdict), largest_error(same_weights), same_top5(verdict), verdict.reasons)


def _oracle(graph: onnx.ModelProto, artifact: Artifact) -> Runner:
    """ONNX Runtime on this model; with fp16 the constants of two axes or more are rounded first."""
    rounded = onnx.ModelProto()
    rounded.CopyFrom(graph)
    for tensor in rounded.graph.initializer if artifact.precision == "fp16" else ():
        if tensor.data_type == onnx.TensorProto.FLOAT and sum(extent > 1 for extent in tensor.dims) > 1:
            half = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(half.astype(np.float32), tensor.name))
    session = onnxruntime.InferenceSession(rounded.SerializeToString())
    (pixels,) = artifact.inputs

    def run(sample: Sample) -> Outputs:
        return tuple(session.run(None, {pixels.name: input_values([pixels], sample)[0].transpose(TO_NCHW)}))

    return run


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
        f"on {describe_machine()}; {versions('torch', 'timm', *TARGET.packages)}. "
        "Seeded weights of realistic scale; what is done is in the script's `--help`.",
        "",
        *_summary(results, made),
        "",
        "## In float32",
        "",
        "Error: the largest difference from PyTorch over five pictures, as a fraction of the output's range. Top-5: "
        "whether the best five classes are PyTorch's on all of them. Partitions: XNNPACK's, and the operators that it "
        "leaves outside. Axes: the most of any tensor. Seconds: from ONNX to TFLite.",
        "",
        *markdown_table(
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
        "(`targets/tflite/`) the file breaks. EfficientMod keeps them; a network that breaks them amplifies the "
        "rounding, here with seeded weights, and is to be shipped in float32 unless a trained checkpoint does better.",
        "",
        *markdown_table(
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
        asked = [result.network for result in results if result.network in names]
        files = {result.network: result.files["fp32"] for result in made if result.files and result.network in names}
        if asked:
            good = sum(not file.reasons for file in files.values())
            whole = sum(result.delegates == 1 and not result.outside for result in made if result.network in names)
            yield (
                f"- {title}: {len(asked)} networks, {len(files)} convert, {good} of them within a bundle's limits, "
                f"{whole} as one XNNPACK partition."
            )


def _row(result: Result) -> list[str]:
    assert result.files is not None
    file = result.files["fp32"]
    return [
        result.network,
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
    return [result.network, *errors, _agreement(half), str(len(half.reasons) or "-"), *sizes]


def _agreement(file: File) -> str:
    return "equal" if file.top5 else "**other**"


def _refusals(results: list[Result]) -> Iterator[str]:
    for result in results:
        if result.refusal:
            yield f"- {result.network}: {' '.join(result.refusal.split())}"


def _faults(made: list[Result]) -> Iterator[str]:
    for result in made:
        for reason in result.files["fp32"].reasons if result.files else ():
            yield f"- {result.network}: {reason}"


def main() -> None:
    Benchmark(
        script=Path(__file__),
        description=__doc__,
        networks=(*EFFICIENTMODS, *OTHERS, *MORE),
        kind=Result,
        examine=examine,
        refused=Result,
        page=page,
        line=lambda result: result.refusal or "  ".join(_row(result)[3:]),
        limit=900.0,
    ).main()


if __name__ == "__main__":
    main()
