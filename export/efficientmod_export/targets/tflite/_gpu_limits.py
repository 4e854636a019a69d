"""What LiteRT's GPU accelerator computes wrongly or refuses: one table, a row for each kind.

Seen with software Vulkan drivers by `benchmarks/gpu_operators.py`, which holds every operator that the writer emits
against the processor. The code above the kernels is the one that phones run. A test runs a file for each row on a GPU,
and fails where a row is no longer true.
"""

from collections.abc import Sequence

from efficientmod_mobile.errors import InputError

from . import _gpu_kinds as kinds
from ._file import operators
from ._gpu_lanes import find_paddings
from ._gpu_limit import Effect, GpuFinding, GpuLimit
from ._gpu_others import OF_OTHER_WRITERS


def gpu_findings(data: bytes) -> tuple[GpuFinding, ...]:
    """What a GPU computes wrongly or refuses in a .tflite file; the first row that an operator breaks.

    Raises:
        InputError: the bytes are no TFLite model.
    """
    return findings_among(GPU_LIMITS, data)


def findings_among(limits: Sequence[GpuLimit], data: bytes) -> tuple[GpuFinding, ...]:
    """The same of other rows."""
    listed = operators(data)
    found = []
    try:
        find_paddings(listed)
        for operator in listed:
            limit = next((limit for limit in limits if limit.matches(operator)), None)
            if limit is not None:
                found.append(GpuFinding(limit, operator.name, operator.text))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"The TFLite model contradicts itself ({error}); convert the model again.", code="damaged_tflite"
        ) from error
    return tuple(found)


_COMPARISONS = ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")
_BROADCASTING = ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "POW", "FLOOR_MOD", *_COMPARISONS)


GREATEST_OF_SUM = GpuLimit(
    "greatest of a sum",
    ("REDUCE_MAX", "REDUCE_MIN"),
    kinds.greatest_of_sum,
    Effect.WRONG,
    "it is the only reader of an ADD of two computed tensors of one shape; the GPU joins them to one kernel, which "
    "is wrong",
)
PADDING = GpuLimit(
    "padding of the channels",
    ("CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL"),
    kinds.reads_padding,
    Effect.WRONG,
    "the channels are no multiple of four, and what the GPU pads them with is divided by zero before; the result "
    "is not a number",
)
SUMMED_PADDING = GpuLimit(
    "padding of the channels, summed",
    ("MEAN", "SUM"),
    kinds.sums_padding,
    Effect.WRONG,
    "the channels are no multiple of four, and what the GPU pads them with is divided by zero before; the sum over "
    "the channels is not a number",
)
POOLED_BORDER = GpuLimit(
    "border of a pool",
    ("AVERAGE_POOL_2D", "MAX_POOL_2D"),
    kinds.pools_border,
    Effect.WRONG,
    "it is the only reader of a PAD; the GPU joins them, and the border takes no part in the mean or the maximum",
)
BORDER_OF_NUMBERS = GpuLimit(
    "border of numbers",
    ("CONV_2D", "DEPTHWISE_CONV_2D"),
    kinds.reads_number,
    Effect.WRONG,
    "it is the only reader of a PADV2; the GPU joins them, and the border is zero",
)
JOINED_RESULT = GpuLimit(
    "result that is read",
    ("ADD", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"),
    kinds.joined_result,
    Effect.WRONG,
    "an output of the graph that one operator reads, which the GPU joins to it: a sum that is reduced, or a layer "
    "beside a sum or product with a constant; nothing is written to the output",
)
GPU_LIMITS: tuple[GpuLimit, ...] = (
    GpuLimit("five axes", (), kinds.many_axes, Effect.REFUSED, "a tensor of more than four axes"),
    GpuLimit("wide integers", (), kinds.wide_integers, Effect.REFUSED, "a tensor of 64-bit integers"),
    GpuLimit("widened weights", ("DEQUANTIZE",), kinds.widens_bytes, Effect.REFUSED, "a constant of int8 is widened"),
    GpuLimit(
        "first slice of a constant",
        _BROADCASTING,
        kinds.first_slice,
        Effect.WRONG,
        "a constant of fewer than four axes that varies along the first axis of the result; the GPU reads its first "
        "slice only",
    ),
    GpuLimit(
        "constant of more axes",
        _BROADCASTING,
        kinds.greater_constant,
        Effect.WRONG,
        "a constant of more axes than the computed tensor, whose first is longer than one; or a constant of four axes, "
        "and longer along the first",
    ),
    GpuLimit(
        "power of a number",
        ("POW",),
        lambda operator: kinds.is_number(operator.inputs[0]),
        Effect.WRONG,
        "a constant number to a computed power; the GPU computes the power of the constant",
    ),
    GpuLimit(
        "rows of another width",
        ("FULLY_CONNECTED",),
        kinds.reads_last_axis,
        Effect.WRONG,
        "an input of one axis, or whose last axis is not the weight's width; the GPU reads the last axis only",
    ),
    GpuLimit(
        "constant left side",
        ("BATCH_MATMUL",),
        kinds.constant_left,
        Effect.REFUSED,
        "the left side is a constant",
    ),
    GpuLimit(
        "turned constant",
        ("BATCH_MATMUL",),
        kinds.turned_constant,
        Effect.WRONG,
        "the right side is a constant of two axes, and a side is transposed",
    ),
    GpuLimit(
        "unlike batches",
        ("BATCH_MATMUL",),
        kinds.unlike_batches,
        Effect.WRONG,
        "the batches of the sides are not the same",
    ),
    GpuLimit(
        "wide right side",
        ("BATCH_MATMUL",),
        kinds.wide_right,
        Effect.WRONG,
        "the right side has more than 32768 rows or columns",
    ),
    GpuLimit(
        "nothing computed",
        ("RESHAPE", "TRANSPOSE", "SLICE", "STRIDED_SLICE", "GATHER", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
        kinds.nothing_computed,
        Effect.REFUSED,
        "all that it reads is constant",
    ),
    GpuLimit(
        "softmax of one axis",
        ("SOFTMAX",),
        lambda operator: len(operator.shape) < 2,
        Effect.WRONG,
        "a tensor of one axis",
    ),
    GpuLimit(
        "narrow groups",
        ("CONV_2D",),
        kinds.narrow_groups,
        Effect.WRONG,
        "groups of channels that are no multiple of four, in or out",
    ),
    GpuLimit(
        "odd groups",
        ("CONV_2D",),
        kinds.odd_groups,
        Effect.ENDS,
        "groups of more than four channels that are no multiple of four, in or out",
    ),
    GpuLimit(
        "grouped points in eight bits",
        ("CONV_2D",),
        kinds.grouped_points,
        Effect.WRONG,
        "groups of channels, a window of one pixel and weights of int8",
    ),
    GpuLimit(
        "multiplied channels",
        ("DEPTHWISE_CONV_2D",),
        kinds.multiplied_points,
        Effect.WRONG,
        "a window of one pixel with several filters a channel",
    ),
    GpuLimit(
        "transposed convolution, SAME",
        ("TRANSPOSE_CONV",),
        kinds.same_of_transposed,
        Effect.WRONG,
        "padding SAME with a stride along the width and a kernel wider than two",
    ),
    GpuLimit(
        "blocks of a batch",
        ("DEPTH_TO_SPACE", "SPACE_TO_DEPTH"),
        kinds.image_batch,
        Effect.WRONG,
        "a batch of more than one image",
    ),
    GpuLimit(
        "borders of few axes",
        ("PAD", "PADV2", "MIRROR_PAD"),
        kinds.few_axes,
        Effect.REFUSED,
        "a tensor of fewer than three axes",
    ),
    GpuLimit(
        "borders of the first axis",
        ("PAD", "PADV2", "MIRROR_PAD"),
        kinds.padded_batch,
        Effect.WRONG,
        "three axes whose first is longer than one or padded, or four axes and a padded batch of one",
    ),
    GpuLimit(
        "places of several axes",
        ("GATHER",),
        lambda operator: len(operator.inputs[1].shape) != 1,
        Effect.REFUSED,
        "a list of places that has not one axis",
    ),
    GpuLimit("places along several axes", ("GATHER_ND",), lambda _: True, Effect.REFUSED, "no form of it is taken"),
    GpuLimit(
        "slopes",
        ("PRELU",),
        kinds.slopes_elsewhere,
        Effect.REFUSED,
        "slopes that vary along another axis than the channels, or do not vary",
    ),
    GpuLimit(
        "slope beyond one",
        ("LEAKY_RELU",),
        lambda operator: not 0 <= operator.option("alpha") <= 1,
        Effect.WRONG,
        "a slope below zero or beyond one; the GPU computes the greater of x and slope * x",
    ),
    GpuLimit(
        "choices that are repeated",
        ("SELECT_V2",),
        kinds.repeated_choices,
        Effect.REFUSED,
        "a choice that is repeated to the result's shape, apart from a constant number",
    ),
    GpuLimit("scattered parts", ("SCATTER_ND",), lambda _: True, Effect.REFUSED, "no form of it is taken"),
    GpuLimit("place of the least", ("ARG_MIN",), lambda _: True, Effect.REFUSED, "no form of it is taken"),
    GpuLimit(
        "greatest of padded channels",
        ("TOPK_V2", "ARG_MAX"),
        kinds.greatest_of_padded,
        Effect.WRONG,
        "along channels that are no multiple of four; the zeros with which the GPU pads them take part",
    ),
    GpuLimit("backwards", ("STRIDED_SLICE",), kinds.backwards, Effect.REFUSED, "a step below zero"),
    GREATEST_OF_SUM,
    POOLED_BORDER,
    BORDER_OF_NUMBERS,
    PADDING,
    SUMMED_PADDING,
    JOINED_RESULT,
    *OF_OTHER_WRITERS,
)
"""In the order in which they are looked for."""
