"""TFLite, written from the ONNX model by this project's own writer; run by LiteRT with its XNNPACK delegate."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export._stages import (
    Artifact,
    ConversionOptions,
    InputSpec,
    Interface,
    Outputs,
    Precision,
    Runner,
    Sample,
    TensorSpec,
)
from efficientmod_export.foreign import converting, loading
from efficientmod_export.targets._image import PIXELS_OVER_255, check_image, for_pixels
from efficientmod_export.targets._onnx_model import to_onnx
from efficientmod_export.targets._program import INPUT_NAME, check_names, interface_of, write_file
from efficientmod_export.targets._target import check_precision, demand, register
from efficientmod_mobile.deploy import Program

if TYPE_CHECKING:
    from efficientmod_export.targets.tflite.writer import ImageMetadata

TO_NHWC = (0, 2, 3, 1)
TO_NCHW = (0, 3, 1, 2)
DELEGATE = "DELEGATE"  # what the interpreter calls a partition
THREADS = 1  # sums come out alike on every machine


@register
class TfliteBackend:
    """`model.tflite`; takes pixels / 255 as (1, H, W, 3), and gives rank-4 outputs as (1, H, W, C).

    The normalisation is in the graph, since MediaPipe knows none that differs between channels. With fp16 the weights
    are stored in half and computed in float32.
    """

    target = "tflite"
    precisions: tuple[Precision, ...] = ("fp32", "fp16")
    ios_versions: tuple[int, ...] = ()
    filename = "model.tflite"
    requires: tuple[tuple[str, str], ...] = tuple(
        (module, "tflite") for module in ("onnx", "onnxscript", "flatbuffers", "ai_edge_litert")
    )

    def convert(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Export to ONNX in memory, translate, write, and ask LiteRT which operators its delegate takes."""
        check_precision(self, options)
        check_image(program, options)
        demand(self)
        from efficientmod_export.targets.tflite.writer import least_runtime, to_tflite

        path = folder / self.filename
        with converting(self.target):
            model = to_onnx(for_pixels(program, options.mean, options.std))
            data = to_tflite(model, float16_weights=options.precision == "fp16", metadata=_metadata(options))
            loaded = interpreter(data)
            delegates, outside = inventory(loaded)
            write_file(path, data)
        interface = interface_of(self, program, options)
        return Artifact(
            target=self.target,
            path=path,
            precision=options.precision,
            runtime="LiteRT",
            least_runtime=least_runtime(data),
            inputs=interface.inputs,
            outputs=interface.outputs,
            delegates=delegates,
            outside=outside,
            rank=max(len(detail["shape"]) for detail in loaded.get_tensor_details()),
        )

    def interface(self, network: Interface) -> Interface:
        """Pixels / 255 and the network's outputs, channels last."""
        shape = tuple(network.inputs[0].shape[axis] for axis in TO_NHWC)
        pixels = InputSpec(INPUT_NAME, shape, "float32", "NHWC", PIXELS_OVER_255)
        return Interface((pixels,), tuple(map(_to_nhwc, network.outputs)))

    def runner(self, path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Runner:
        """Run with the LiteRT interpreter and XNNPACK, on `THREADS` threads."""
        demand(self)
        with loading(path):
            loaded = interpreter(path.read_bytes())
        indices = {detail["name"]: detail["index"] for detail in loaded.get_output_details()}
        check_names(path, [detail["name"] for detail in loaded.get_input_details()], inputs)
        check_names(path, list(indices), outputs)

        def run(sample: Sample) -> Outputs:
            values = invoke(loaded, sample.pixels, [indices[spec.name] for spec in outputs])
            return tuple(
                np.ascontiguousarray(value.transpose(TO_NCHW)) if value.ndim == 4 else value for value in values
            )

        return run


def interpreter(data: bytes, threads: int = THREADS) -> Any:
    """A LiteRT interpreter with XNNPACK, its tensors allocated."""
    from ai_edge_litert.interpreter import Interpreter

    loaded = Interpreter(model_content=data, num_threads=threads)
    loaded.allocate_tensors()
    return loaded


def invoke(loaded: Any, pixels: NDArray[np.uint8], indices: list[int]) -> Outputs:
    """Run on a picture (H, W, 3) and give the tensors of these indices, laid out as the file has them."""
    loaded.set_tensor(loaded.get_input_details()[0]["index"], input_values(pixels))
    loaded.invoke()
    return tuple(loaded.get_tensor(index) for index in indices)


def input_values(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a file takes for a picture (H, W, 3)."""
    return pixels[np.newaxis].astype(np.float32) / np.float32(255)


def _metadata(options: ConversionOptions) -> "ImageMetadata":
    from efficientmod_export.targets.tflite.writer import ImageMetadata

    return ImageMetadata(
        name=options.model_name,
        description=options.description,
        mean=(0.0, 0.0, 0.0),
        std=(255.0, 255.0, 255.0),
        labels=options.labels or (),
        version=options.version,
        author=options.author,
        license=options.license,
    )


def _to_nhwc(spec: TensorSpec) -> TensorSpec:
    if len(spec.shape) != 4:
        return spec
    return TensorSpec(spec.name, tuple(spec.shape[axis] for axis in TO_NHWC), spec.dtype, "NHWC")


def inventory(loaded: Any) -> tuple[int, tuple[str, ...]]:
    """Delegate partitions, and the operators outside them as in "GELU x38", the most frequent first.

    The interpreter lists the operators inside a partition as well. What runs is found from the outputs backwards: a
    tensor that a partition gives needs that partition's inputs, any other its operator's.
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
