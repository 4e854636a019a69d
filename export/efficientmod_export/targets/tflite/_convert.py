"""From a program to a `.tflite` file, by way of an ONNX model in memory."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from efficientmod_export._stages import ConversionOptions, InputSpec, Interface, Precision
from efficientmod_export.targets._image import PIXELS_OVER_255, check_image, for_pixels
from efficientmod_export.targets._onnx_model import to_onnx
from efficientmod_export.targets._program import write_file
from efficientmod_export.targets._runtime import in_nhwc
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.tflite._file import INT8, operators
from efficientmod_export.targets.tflite._runtime import interpreter
from efficientmod_mobile.deploy import Program

if TYPE_CHECKING:
    from efficientmod_export.targets.tflite.writer import ImageMetadata, WeightForm

DELEGATE = "DELEGATE"  # the interpreter's name for a partition

WEIGHTS: dict[Precision, "WeightForm"] = {
    "fp32": "float32",
    "fp16": "float16",
    "int8-weights": "int8",
    "int8-dynamic": "int8-dynamic",
    "int8-static": "int8-static",
}


FIRST_LITERT = "1.0.1"
"""The first release of LiteRT, which numbers its releases anew. It is TensorFlow Lite 2.17, and runs every operator
that the writer makes; the file's `min_runtime_version` has the least release of TensorFlow Lite.
"""


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Export to ONNX in memory, convert, write, and read from LiteRT which operators its delegate runs."""
    from efficientmod_export.targets.tflite.writer import to_tflite

    check_image(program, options)
    model = to_onnx(for_pixels(program, options.inputs), [given.name for given in options.inputs])
    applied: Counter[str] = Counter()
    data = to_tflite(
        model,
        weights=WEIGHTS[options.precision],
        metadata=_metadata(options),
        applied=applied,
    )
    loaded = interpreter(data)
    delegates, outside = inventory(loaded)
    write_file(path, data)
    rank = max(len(detail["shape"]) for detail in loaded.get_tensor_details())
    stored = {id(tensor): tensor for operator in operators(data) for tensor in operator.inputs if tensor.type == INT8}
    int8_weights = sum(tensor.data.size for tensor in stored.values() if tensor.data is not None)
    return Conversion(FIRST_LITERT, delegates, outside, rank, dict(sorted(applied.items())), int8_weights)


def interface(network: Interface) -> Interface:
    """Pixels / 255, other tensors and the network's outputs, channels last."""
    return Interface(tuple(map(_input, network.inputs)), tuple(map(in_nhwc, network.outputs)))


def _input(spec: InputSpec) -> InputSpec:
    return in_nhwc(replace(spec, normalisation=PIXELS_OVER_255) if spec.normalisation else spec)


def inventory(loaded: Any) -> tuple[int, tuple[str, ...]]:
    """Delegate partitions, and the operators outside them as in "GELU x38", the most frequent first.

    The interpreter lists the operators inside a partition as well. The ones that run are found backwards from the
    outputs: a tensor computed by a partition needs the partition's inputs, any other tensor those of its operator.
    """
    operators = loaded._get_ops_details()
    producers: dict[int, dict[str, Any]] = {}
    for operator in sorted(operators, key=lambda operator: bool(operator["op_name"] == DELEGATE)):
        producers.update(dict.fromkeys(map(int, operator["outputs"]), operator))
    wanted = [int(detail["index"]) for detail in loaded.get_output_details()]
    running: dict[int, str] = {}
    while wanted:
        operator = producers.get(wanted.pop())
        if operator is not None and operator["index"] not in running:
            running[operator["index"]] = operator["op_name"]
            wanted.extend(int(index) for index in operator["inputs"] if index >= 0)
    counts = Counter(running.values())
    delegates = counts.pop(DELEGATE, 0)
    return delegates, tuple(f"{name} x{count}" for name, count in counts.most_common())


def _metadata(options: ConversionOptions) -> "ImageMetadata":
    from efficientmod_export.targets.tflite.writer import ImageMetadata

    return ImageMetadata(
        name=options.model_name,
        description=options.description,
        mean=(0.0, 0.0, 0.0),
        std=(255.0, 255.0, 255.0),
        labels=options.labels or (),
        tensors=tuple(given.name for given in options.inputs if given.normalisation is None),
        version=options.version,
        author=options.author,
        license=options.license,
    )
