"""Tensors that are too large, or of a rank that one operator does not take; and computed broadcasts."""

import math
from collections.abc import Iterator

from efficientmod_export.lint._graph import Graph
from efficientmod_export.lint._rule import Citation, Effect, Finding, Tier, at, rule
from efficientmod_export.lint._sources import (
    GUIDE_CAPABILITIES,
    GUIDE_DESIGN,
    GUIDE_MATRIX,
    OLD_MOBILENET,
    OLD_UNSUPPORTED,
)
from efficientmod_export.lint._text import gives, shape_text
from efficientmod_export.mil import Variable

_LONGEST = 16384
_LONGEST_CHANNELS = 65536
_LONGEST_ARGUMENT = 2048
_WORKING_SET = 2 * 1024 * 1024
_FLOAT16_BYTES = 2
_ELEMENTWISE = ("add", "sub", "mul", "real_div", "maximum", "minimum", "pow")


@rule(
    "axis-extent",
    f"an axis longer than {_LONGEST} ({_LONGEST_CHANNELS} for axis 1 of a tensor of rank 4)",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1 measured; 65536 on the M5",
    citations=(
        Citation(GUIDE_DESIGN, "Width and height of 16384 and 65536 channels compile; one more is rejected."),
        Citation(GUIDE_CAPABILITIES, "The limit holds per axis; the channels of a convolution escape it."),
    ),
    advice="Fold the long axis into two.",
)
def axis_extent(graph: Graph) -> Iterator[Finding]:
    """Reading (N, C, H, W), axis 1 of rank 4 is the channels."""
    for operation in graph.operations:
        for output in operation.outputs:
            if output.name in graph.activations and _too_long(output):
                yield at(operation, gives(output))
                break


def _too_long(variable: Variable) -> bool:
    channels = 1 if len(variable.shape) == 4 else None
    return any(
        (length or 0) > (_LONGEST_CHANNELS if axis == channels else _LONGEST)
        for axis, length in enumerate(variable.shape)
    )


@rule(
    "working-set",
    "a computed tensor above 2 MB in float16",
    effect=Effect.COSTS,
    tier=Tier.MEASURED,
    chips="M1 measured; the same for later chips by the compiler's tables",
    citations=(
        Citation(GUIDE_DESIGN, "An operand above 2 MB is cut into tiles that stream from memory: slower, not wrong."),
        Citation(GUIDE_MATRIX, "The working set is 2 MB on every family listed."),
    ),
    advice="Lower the resolution or the channels of this stage, or compute it in pieces.",
)
def working_set(graph: Graph) -> Iterator[Finding]:
    """By the largest tensor that an operator gives, be it one that only moves it."""
    for operation in graph.operations:
        sizes = [
            _FLOAT16_BYTES * math.prod(length or 1 for length in output.shape)
            for output in operation.outputs
            if output.name in graph.activations
        ]
        if max(sizes, default=0) > _WORKING_SET:
            yield at(operation, f"{max(sizes) / 1024**2:.1f} MB")


@rule(
    "product-of-rank-5",
    "a linear layer or matrix product over a tensor of rank 5",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1",
    citations=(
        Citation(
            GUIDE_CAPABILITIES, "A batched product of rank 5 is rejected; so is a linear layer's input of rank 5."
        ),
    ),
    advice="Merge the leading axes before it.",
)
def product_of_rank_5(graph: Graph) -> Iterator[Finding]:
    """Any computed operand counts."""
    for operation in graph.of("linear", "matmul"):
        high = [variable for variable in graph.computed(operation, "x", "y") if len(variable.shape) > 4]
        if high:
            yield at(operation, f"reads {shape_text(high[0].shape)}")


@rule(
    "argument-axis",
    f"reduce_argmax or reduce_argmin over more than {_LONGEST_ARGUMENT} values",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1",
    citations=(Citation(GUIDE_DESIGN, "2048 compile, 2049 are rejected, for the accuracy of float16."),),
    advice="Return the scores and choose outside the model.",
)
def argument_axis(graph: Graph) -> Iterator[Finding]:
    """Over one axis, as MIL has it."""
    for operation in graph.of("reduce_argmax", "reduce_argmin"):
        axis = graph.numbers(operation, "axis")
        shape = graph.shape(operation, "x") or ()
        length = shape[axis[0]] if axis and shape else None
        if length and length > _LONGEST_ARGUMENT:
            yield at(operation, f"over {length}")


@rule(
    "channel-broadcast",
    "an element-wise operator that broadcasts a computed (N, C, 1, 1) over (N, C, H, W)",
    effect=Effect.COSTS,
    tier=Tier.DISPUTED,
    citations=(
        Citation(OLD_MOBILENET, "In 2020 the system's log took broadcasts along channels for constant vectors only."),
        Citation(OLD_UNSUPPORTED, "Broadcasting layers are listed as not running on the engine (Core ML 3)."),
        Citation(GUIDE_DESIGN, "Contradicts them: an axis of length 1 broadcasts, depth on the M1 excepted."),
    ),
    advice="Measure squeeze-and-excite on the oldest device that you support.",
)
def channel_broadcast(graph: Graph) -> Iterator[Finding]:
    """Squeeze-and-excite is the common case."""
    for operation in graph.of(*_ELEMENTWISE):
        operands = graph.computed(operation, "x", "y")
        shapes = [variable.shape for variable in operands]
        small = [shape for shape in shapes if len(shape) == 4 and shape[2:] == (1, 1)]
        if len(shapes) == 2 and len(small) == 1:
            yield at(operation, " and ".join(map(shape_text, shapes)))
