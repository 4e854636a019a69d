"""Which calls ExecuTorch's Vulkan runtime computes wrongly or does not load: the conditions of `_runtime_limits`.
And which calls sum in float16.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from efficientmod_export.targets.executorch_vulkan._graph import (
    BUFFER,
    CHANNELS_PACKED,
    HEIGHT_PACKED,
    WIDTH_PACKED,
    Call,
    Graph,
    Value,
)

Condition = Callable[[Graph, Call], bool]

IMAGE_AXES = 4

CONVOLUTIONS = ("aten.convolution.default", "et_vk.conv_with_clamp.default")
PRODUCTS = ("aten.linear.default", "aten.addmm.default", "aten.mm.default", "aten.bmm.default")


@dataclass(frozen=True)
class Convolution:
    """What the rows ask of a convolution."""

    kernel: tuple[int, ...]
    outputs: int
    inputs: int
    stride: list[int]
    padding: list[int]
    dilation: list[int]
    transposed: bool
    groups: int | float

    @property
    def depthwise(self) -> bool:
        """As the runtime defines it."""
        return not self.transposed and self.groups > 0 and (self.outputs, self.inputs) == (self.groups, 1)

    @property
    def own_kernel(self) -> bool:
        """Whether the runtime has a depthwise kernel for this size alone."""
        return self.kernel in ((3, 3), (5, 5))


def _convolution(graph: Graph, call: Call) -> Convolution | None:
    """A convolution over H and W."""
    weight = graph.argument(call, 1)
    if not isinstance(weight, Value) or len(weight.shape) != 4:
        return None
    stride, padding, dilation, transposed, _, groups = (graph.argument(call, index) for index in range(3, 9))
    outputs, inputs, *kernel = weight.shape
    return Convolution(tuple(kernel), outputs, inputs, stride, padding, dilation, transposed, groups)


def of_convolution(condition: Callable[[Convolution], bool]) -> Condition:
    def applies(graph: Graph, call: Call) -> bool:
        found = _convolution(graph, call)
        return found is not None and condition(found)

    return applies


def grouped(found: Convolution) -> bool:
    if found.groups == 1 or found.depthwise:
        return False
    if found.transposed or found.kernel == (1, 1):
        return True
    return found.inputs % 4 != 0 or (found.outputs // found.groups) % 4 != 0


def extents(value: Value) -> tuple[int, int, int]:
    """How many texels a texture has along x, y and z: four elements of one axis are a texel."""
    batch, channels, height, width = (*(1,) * (4 - len(value.shape)), *value.shape)
    sizes = {WIDTH_PACKED: width, HEIGHT_PACKED: height, CHANNELS_PACKED: channels}
    sizes[value.layout] = -(-sizes[value.layout] // 4)
    return sizes[WIDTH_PACKED], sizes[HEIGHT_PACKED], sizes[CHANNELS_PACKED] * batch


def leaves_rows(graph: Graph, call: Call) -> bool:
    """Threads of a group work on four rows along the larger of the other axes of the texture."""
    value, axis = graph.argument(call, 0), graph.argument(call, 1)
    if value.storage == BUFFER or value.layout not in (WIDTH_PACKED, HEIGHT_PACKED, CHANNELS_PACKED):
        return False
    reduced = len(value.shape) - 1 - axis % len(value.shape)  # x, y, z; a batch is laid along z
    others = [size for place, size in enumerate(extents(value)) if place != min(reduced, 2)]
    return max(others) % 4 != 0


def lacks_affine(graph: Graph, call: Call) -> bool:
    return len(graph.argument(call, 1)) != 1 or graph.argument(call, 2) is None or graph.argument(call, 3) is None


def unlike_rows(graph: Graph, call: Call) -> bool:
    """The kernel has the rows of a matrix along y and matrices along z, as many as the third axis from the end."""
    shape = graph.argument(call, 0).shape
    return len(shape) < 2 or (len(shape) == IMAGE_AXES and shape[0] > 1)


def _reduced(graph: Graph, call: Call) -> tuple[int, list[int]]:
    """How many axes a reduction reads, and which it reduces."""
    rank, axes = len(graph.argument(call, 0).shape), graph.argument(call, 1)
    return rank, [axis % rank for axis in (axes if isinstance(axes, list) else [axes])]


def reduces_channels_of_batch(graph: Graph, call: Call) -> bool:
    """A batch is laid out behind the channels."""
    rank, axes = _reduced(graph, call)
    return rank == IMAGE_AXES and graph.argument(call, 0).shape[0] > 1 and 1 in axes


def reduces_batch(graph: Graph, call: Call) -> bool:
    """A texture has three axes, and the kernel asks it for the fourth."""
    rank, axes = _reduced(graph, call)
    return rank == IMAGE_AXES and 0 in axes


def _sizes(graph: Graph, call: Call) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(H, W) of an image before and after it is resized."""
    return graph.argument(call, 0).shape[-2:], graph.values[call.result].shape[-2:]


def resized_by_fraction(graph: Graph, call: Call) -> bool:
    before, after = _sizes(graph, call)
    return any(large % small != 0 for small, large in zip(before, after, strict=True))


def cut_after_scaling(graph: Graph, call: Call) -> bool:
    scales = graph.argument(call, len(call.arguments) - 1)
    before, after = _sizes(graph, call)
    return scales is not None and any(
        scale * small != large for scale, small, large in zip(scales, before, after, strict=True)
    )


def corners_of_one(graph: Graph, call: Call) -> bool:
    return bool(graph.argument(call, 2)) and 1 in _sizes(graph, call)[1]


_NOT_NEGATIVE = {
    "aten.abs.default",
    "aten.exp.default",
    "aten.relu.default",
    "aten.sigmoid.default",
    "aten.sqrt.default",
}
_BOUNDED = {"aten.clamp.default", "aten.hardtanh.default"}


def negative_base(graph: Graph, call: Call) -> bool:
    """Whether the first operand may have negative numbers, by the operator that gives it."""
    base = call.arguments[0]
    data = graph.values[base].data
    if data is not None:
        return bool((data < 0).any())
    writer = next((one for one in graph.calls if base in graph.results(one)), None)
    if writer is None or writer.name not in _BOUNDED:
        return writer is None or writer.name not in _NOT_NEGATIVE
    low = graph.argument(writer, 1)
    return low is None or low < 0


def odd_root_of_negative(graph: Graph, call: Call) -> bool:
    exponent = graph.argument(call, 1)
    return exponent < 0 and exponent % 2 == 1 and negative_base(graph, call)


def not_an_image(graph: Graph, call: Call) -> bool:
    return len(graph.argument(call, 0).shape) != IMAGE_AXES


def lacks_group_affine(graph: Graph, call: Call) -> bool:
    return graph.argument(call, 1) is None or graph.argument(call, 2) is None


def always(graph: Graph, call: Call) -> bool:  # noqa: ARG001
    return True


def sums_in_float16(graph: Graph, call: Call) -> bool:
    """Whether a sum of products is added in float16 in a float16 program, one after the other, by the sources.

    What a kernel reads from a texture is float32, and so is the sum; what it reads from a buffer is not. Windows of
    several pixels are laid out in a buffer before they are multiplied, on Mali GPUs alone (`Conv2dGemm.cpp`).
    """
    result = graph.values[call.result]
    if not isinstance(result, Value) or result.dtype != torch.float16:
        return False
    if call.name in PRODUCTS:
        return result.storage == BUFFER
    window = _convolution(graph, call) if call.name in CONVOLUTIONS else None
    if window is None or window.transposed or window.groups != 1 or max(window.dilation) > 1:
        return False
    return window.kernel != (1, 1)
