"""What a sum of products costs on a GPU in float16, where the sum itself is in float16."""

from collections.abc import Iterator

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from gpu_cases._case import Array, File
from numpy.typing import NDArray

from efficientmod_export.targets.tflite.gpu import GpuProcess, Ran, find_driver

PRODUCTS = (16, 64, 256, 1024, 4096)
PARTS = (1, 2, 4)
SIDE, FILTERS = 8, 16


def sums() -> Iterator[list[str]]:
    """A row for each number of products: the error of a convolution whole and in parts, and of its rounded result."""
    driver = find_driver("float16")
    if driver is None:
        return
    with GpuProcess(driver) as process:
        for products in PRODUCTS:
            random = np.random.default_rng(0)
            image = _halves(random.standard_normal((1, SIDE, SIDE, products)))
            weight = _halves(random.standard_normal((FILTERS, 1, 1, products)) / np.sqrt(products))
            exact = np.einsum("nhwc,oijc->nhwo", image.astype(np.float64), weight.astype(np.float64))
            errors = [_error(process, image, weight, parts, exact) for parts in PARTS]
            yield [str(products), *errors, _relative(exact.astype(np.float16), exact)]


def _halves(values: NDArray[np.float64]) -> Array:
    """Numbers of float16, in float32."""
    return values.astype(np.float16).astype(np.float32)


def _error(process: GpuProcess, image: Array, weight: Array, parts: int, exact: Array) -> str:
    answer = process.run(_convolution(image.shape[-1], weight, parts), (image,), float32=False)
    return _relative(answer.outputs[0], exact) if isinstance(answer, Ran) else "refused"


def _relative(found: Array, exact: Array) -> str:
    return f"{np.abs(found - exact).max() / np.ptp(exact):.1e}"


def _convolution(channels: int, weight: Array, parts: int) -> bytes:
    """1x1; in parts, the sum of as many convolutions of a part of the channels each."""
    file = File()
    image, shape = file.tensor((1, SIDE, SIDE, channels)), (1, SIDE, SIDE, FILTERS)
    share = channels // parts
    waiting = []
    for start in range(0, channels, share):
        part = image
        if parts > 1:
            cut = (1, SIDE, SIDE, share)
            begin, size = (file.tensor(np.array(place, np.int32)) for place in ((0, 0, 0, start), cut))
            part = file.emit("SLICE", [image, begin, size], cut, schema.SliceOptionsT())
        kernel = file.tensor(np.ascontiguousarray(weight[..., start : start + share]))
        options = schema.Conv2DOptionsT(strideW=1, strideH=1, dilationWFactor=1, dilationHFactor=1)
        bias = file.tensor(np.zeros(FILTERS, np.float32))
        waiting.append(file.emit("CONV_2D", [part, kernel, bias], shape, options))
    while len(waiting) > 1:
        first, second, *waiting = waiting
        waiting.append(file.emit("ADD", [first, second], shape, schema.AddOptionsT()))
    return file.written(waiting[0])
