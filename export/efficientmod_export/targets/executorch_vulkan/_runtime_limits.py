"""What ExecuTorch's Vulkan runtime computes wrongly or does not load: a table that every file is held against.

No wheel has that runtime. Version 1.4.1 was built from its sources and run on two software drivers, Mesa's lavapipe and
SwiftShader; the sources of 1.4.1 say the same, and where they say more than was run, the row says "by the sources".
Run and right: convolutions without groups, depthwise ones of 3x3 and 5x5, linear, matrix products, LayerNorm with
weight and bias, permute, cat, slice, pools, SiLU, hard swish, reductions that keep their axes. Not run: GroupNorm,
resizing, transposed convolutions, and the depthwise 3x3 that Mali GPUs have to themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass

from efficientmod_export.targets.executorch_vulkan._graph import (
    BUFFER,
    CHANNELS_PACKED,
    HEIGHT_PACKED,
    WIDTH_PACKED,
    Call,
    Graph,
    Value,
)

VERSIONS = "ExecuTorch 1.4.1"
"""What the rows are known of."""

Condition = Callable[[Graph, Call], bool]

CONVOLUTIONS = ("aten.convolution.default", "et_vk.conv_with_clamp.default")
SOFTMAXES = ("aten._softmax.default", "aten._log_softmax.default")
MISSING = (
    "aten.ge.Scalar", "aten.gt.Scalar", "aten.le.Scalar", "aten.lt.Scalar", "aten.ne.Scalar",
    "aten.logical_not.default", "aten.alias_copy.default", "aten.copy.default", "aten.t_copy.default",
)  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """One row: which calls of these operators it is about, what happens there, and what to do."""

    operators: tuple[str, ...]
    applies: Condition
    happens: str
    versions: str = VERSIONS


@dataclass(frozen=True)
class _Convolution:
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


def _convolution(graph: Graph, call: Call) -> _Convolution | None:
    """A convolution over H and W."""
    weight = graph.argument(call, 1)
    if not isinstance(weight, Value) or len(weight.shape) != 4:
        return None
    stride, padding, dilation, transposed, _, groups = (graph.argument(call, index) for index in range(3, 9))
    outputs, inputs, *kernel = weight.shape
    return _Convolution(tuple(kernel), outputs, inputs, stride, padding, dilation, transposed, groups)


def _of_convolution(condition: Callable[[_Convolution], bool]) -> Condition:
    def applies(graph: Graph, call: Call) -> bool:
        found = _convolution(graph, call)
        return found is not None and condition(found)

    return applies


def _grouped(found: _Convolution) -> bool:
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


def _leaves_rows(graph: Graph, call: Call) -> bool:
    """Threads of a group work on four rows along the larger of the other axes of the texture."""
    value, axis = graph.argument(call, 0), graph.argument(call, 1)
    if value.storage == BUFFER or value.layout not in (WIDTH_PACKED, HEIGHT_PACKED, CHANNELS_PACKED):
        return False
    reduced = len(value.shape) - 1 - axis % len(value.shape)  # x, y, z; a batch is laid along z
    others = [size for place, size in enumerate(extents(value)) if place != min(reduced, 2)]
    return max(others) % 4 != 0


def _lacks_affine(graph: Graph, call: Call) -> bool:
    return len(graph.argument(call, 1)) != 1 or graph.argument(call, 2) is None or graph.argument(call, 3) is None


def _always(graph: Graph, call: Call) -> bool:  # noqa: ARG001
    return True


LIMITS: tuple[Limit, ...] = (
    Limit(
        CONVOLUTIONS,
        _of_convolution(lambda it: it.depthwise and not it.own_kernel and any(it.padding)),
        "the last columns are wrong: a depthwise kernel that is not 3x3 or 5x5 counts its taps wrongly in the padding",
    ),
    Limit(
        CONVOLUTIONS,
        _of_convolution(lambda it: it.depthwise and not it.own_kernel and it.stride != it.dilation),
        "it aborts when it loads: a depthwise kernel that is not 3x3 or 5x5 exists only for a stride like the dilation",
    ),
    Limit(
        CONVOLUTIONS,
        _of_convolution(_grouped),
        "wrong: groups are ignored by 1x1 kernels and transposed ones (the latter by the sources), and right in larger "
        "ones only where each has a multiple of four channels, in and out",
    ),
    Limit(
        CONVOLUTIONS,
        _of_convolution(lambda it: it.transposed and max(it.dilation) > 1),
        "it aborts when it loads, by the sources: transposed convolutions are there without dilation only",
    ),
    Limit(
        CONVOLUTIONS,
        lambda graph, call: isinstance(graph.argument(call, 8), float),
        "it aborts when it loads, by the sources: the number of groups is stored with a fraction, as an equal constant "
        "of an earlier operator was",
    ),
    Limit(
        ("aten.gelu.default",),
        _always,
        "it is the tanh form of GELU (5e-4 away), and NaN for large values where the driver's tanh overflows",
    ),
    Limit(
        SOFTMAXES,
        _leaves_rows,
        "undefined, zeros in the last rows on lavapipe: threads leave before a barrier where the rows are no multiple "
        "of four",
    ),
    Limit(
        ("aten.native_layer_norm.default",),
        _lacks_affine,
        "it aborts when it loads: LayerNorm is there over one axis only, with weight and bias",
    ),
    Limit(MISSING, _always, "it aborts when it loads: the partitioner takes the operator, and the runtime lacks it"),
)


def broken_limits(graph: Graph) -> tuple[str, ...]:
    """A sentence for each row that a program breaks, with the first call that does and how many others do."""
    sentences = []
    for limit in LIMITS:
        found = [call for call in graph.calls if call.name in limit.operators and limit.applies(graph, call)]
        if found:
            others = f" and {len(found) - 1} more" if found[1:] else ""
            sentences.append(f"{graph.text(found[0])}{others}: {limit.happens} ({limit.versions})")
    return tuple(sentences)
