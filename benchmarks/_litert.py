"""What LiteRT tells of a TFLite file: operators, multiply-accumulates; and how many of these it does in a second."""

import time
from collections import Counter
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from efficientmod_export.parity import Outputs, Sample
from efficientmod_export.targets.tflite import interpreter
from efficientmod_export.targets.tflite.writer import to_tflite


@dataclass(frozen=True)
class AnyLayout:
    """A file in LiteRT with XNNPACK, which takes pixels / 255 as NHWC or NCHW, as its converter left it."""

    runtime: Any

    def run(self, sample: Sample) -> Outputs:
        detail = self.runtime.get_input_details()[0]
        self.runtime.set_tensor(detail["index"], pixels_over_255(sample, tuple(detail["shape"])))
        self.runtime.invoke()
        return tuple(self.runtime.get_tensor(detail["index"]) for detail in self.runtime.get_output_details())


def pixels_over_255(sample: Sample, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A sample as NHWC or NCHW, whichever has this shape."""
    pixels = sample.inputs[0].pixels
    assert pixels is not None
    values = pixels[np.newaxis].astype(np.float32) / np.float32(255)
    return values if values.shape == shape else values.transpose(0, 3, 1, 2).copy()


PRODUCTS = ((784, 256, 512), (196, 512, 2048), (3136, 128, 256), (1024, 1024, 1024))
"""Matrix products (rows, inner, columns) as networks have them; the fastest counts."""
CALLS = 50


def operators(loaded: Any) -> Counter[str]:
    """The operators of a file in LiteRT by name, with their counts; an XNNPACK partition is a "DELEGATE"."""
    return Counter(operator["op_name"] for operator in loaded._get_ops_details())


def macs(loaded: Any) -> int:
    """Multiply-accumulates of a file in LiteRT: those of its convolutions and matrix products, nothing else's."""
    shapes = {detail["index"]: tuple(map(int, detail["shape"])) for detail in loaded.get_tensor_details()}
    total = 0
    for operator in loaded._get_ops_details():
        taken = [shapes[index] for index in operator["inputs"] if index >= 0]
        given = shapes[operator["outputs"][0]]
        match operator["op_name"]:
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                total += prod(given[:3]) * prod(taken[1])
            case "TRANSPOSE_CONV":
                total += prod(taken[2][:3]) * prod(taken[1])
            case "FULLY_CONNECTED":
                total += prod(given) * taken[1][-1]
            case "BATCH_MATMUL":
                total += prod(given) * taken[0][-1]
    return total


def peak() -> float:
    """Multiply-accumulates a second of the fastest matrix product in LiteRT with XNNPACK, one thread."""
    random = np.random.default_rng(0)
    best = 0.0
    for rows, inner, columns in PRODUCTS:
        model = onnx.parser.parse_model(
            f'<ir_version: 9, opset_import: ["": 20]> g '
            f"(float[{rows},{inner}] x) => (float[{rows},{columns}] y) {{ y = MatMul(x, w) }}"
        )
        weight = random.standard_normal((inner, columns), np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(weight, "w"))
        loaded = interpreter(to_tflite(model))
        loaded.set_tensor(loaded.get_input_details()[0]["index"], random.standard_normal((rows, inner), np.float32))
        for _ in range(CALLS):
            began = time.perf_counter()
            loaded.invoke()
            best = max(best, rows * inner * columns / (time.perf_counter() - began))
    return best
