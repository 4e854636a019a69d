"""What LiteRT's GPU accelerator computes wrongly or refuses: one table, a row for each kind.

Seen with software Vulkan drivers by `benchmarks/gpu_operators.py`, which holds every operator that the writer emits
against the processor. The code above the kernels is the one that phones run. A test runs a file for each row on a GPU,
and fails where a row is no longer true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from efficientmod_mobile.errors import InputError

from ._file import Operator, Tensor, operators
from ._gpu_lanes import LANES, find_paddings, spreads

MOST_AXES = 4


class Effect(StrEnum):
    """What happens."""

    WRONG = "wrong"
    REFUSED = "refused"
    ENDS = "ends the process"


@dataclass(frozen=True)
class GpuLimit:
    """A kind of operator: `codes` are its names in the schema, none for any, `holds` says which of them.

    `versions` are those of LiteRT in which it was seen.
    """

    id: str
    codes: tuple[str, ...]
    holds: Callable[[Operator], bool]
    effect: Effect
    sentence: str
    versions: tuple[str, ...] = ("2.3.0",)

    def matches(self, operator: Operator) -> bool:
        """Whether the operator is of this kind."""
        return (not self.codes or operator.code in self.codes) and self.holds(operator)


@dataclass(frozen=True)
class GpuFinding:
    """An operator of a file that is wrong or refused: its first output's name, and its shapes."""

    limit: GpuLimit
    name: str
    operator: str

    def __str__(self) -> str:
        return f"{self.limit.effect}: {self.operator} {self.name!r}: {self.limit.sentence}"


def gpu_findings(data: bytes) -> tuple[GpuFinding, ...]:
    """What a GPU computes wrongly or refuses in a .tflite file; the first row that an operator breaks.

    Raises:
        InputError: the bytes are no TFLite model.
    """
    listed = operators(data)
    found = []
    try:
        find_paddings(listed)
        for operator in listed:
            limit = next((limit for limit in GPU_LIMITS if limit.matches(operator)), None)
            if limit is not None:
                found.append(GpuFinding(limit, operator.outputs[0].name, operator.text))
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"The TFLite model contradicts itself ({error}); convert the model again.", code="damaged_tflite"
        ) from error
    return tuple(found)


_BROADCASTING = ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "POW")


def _many_axes(operator: Operator) -> bool:
    return any(len(tensor.shape) > MOST_AXES for tensor in (*operator.inputs, *operator.outputs))


def _first_slice(operator: Operator) -> bool:
    rank = len(operator.shape)
    constants = [tensor.shape for tensor in operator.inputs if tensor.constant]
    return rank < MOST_AXES and any(len(shape) == rank and rank and shape[0] > 1 for shape in constants)


def _greater_constant(operator: Operator) -> bool:
    constants = [tensor.shape for tensor in operator.inputs if tensor.constant]
    computed = [tensor.shape for tensor in operator.inputs if not tensor.constant]
    if not constants or not computed or not constants[0] or not computed[0]:
        return False
    constant, other = constants[0], computed[0]
    first = other[0] if len(other) == MOST_AXES else 1
    longer = len(constant) == MOST_AXES and constant[0] > first
    return longer or (len(constant) > len(other) and other[0] > 1 and prod(constant) > 1)


def _is_number(tensor: Tensor) -> bool:
    return tensor.constant and prod(tensor.shape) == 1


def _reads_last_axis(operator: Operator) -> bool:
    shape, weight = (tensor.shape for tensor in operator.inputs[:2])
    return len(shape) < 2 or shape[-1] != weight[-1]


def _constant_left(operator: Operator) -> bool:
    return operator.inputs[0].constant


def _flat_right(operator: Operator) -> bool:
    return operator.inputs[1].constant and len(operator.inputs[1].shape) == 2


def _turned_constant(operator: Operator) -> bool:
    return _flat_right(operator) and bool(operator.option("adjX") or operator.option("adjY"))


def _unlike_batches(operator: Operator) -> bool:
    left, right = (tensor.shape[:-2] for tensor in operator.inputs)
    return left != right and not _flat_right(operator)


def _wide_right(operator: Operator) -> bool:
    return any(extent > _WIDEST for extent in operator.inputs[1].shape[-2:])


_WIDEST = 1 << 15


def _groups(operator: Operator) -> tuple[int, int, int]:
    """Groups, and channels of each, in and out."""
    inputs, weight = operator.inputs[0].shape[-1], operator.inputs[1].shape
    groups = max(inputs // weight[-1], 1)
    return groups, weight[-1], weight[0] // groups


def _narrow_groups(operator: Operator) -> bool:
    groups, inputs, outputs = _groups(operator)
    odd = inputs % LANES != 0 or outputs % LANES != 0
    return groups > 1 and odd and (inputs, outputs) != (1, 1) and inputs <= LANES


def _odd_groups(operator: Operator) -> bool:
    groups, inputs, outputs = _groups(operator)
    return groups > 1 and (inputs % LANES != 0 or outputs % LANES != 0) and inputs > LANES


def _multiplied_points(operator: Operator) -> bool:
    kernel = operator.inputs[1].shape[1:3]
    return kernel == (1, 1) and operator.option("depthMultiplier") > 1


def _same_of_transposed(operator: Operator) -> bool:
    width = operator.inputs[1].shape[2]
    return operator.option("padding") == 0 and operator.option("strideW") > 1 and width > 2


def _image_batch(operator: Operator) -> bool:
    return operator.inputs[0].shape[0] > 1


def _pads(operator: Operator) -> list[list[int]]:
    data = operator.inputs[1].data
    return data.tolist() if data is not None else []


def _padded_batch(operator: Operator) -> bool:
    shape, pads = operator.inputs[0].shape, _pads(operator)
    padded = bool(pads) and any(pads[0])
    return (len(shape) == 3 and (shape[0] > 1 or padded)) or (len(shape) == 4 and shape[0] == 1 and padded)


def _few_axes(operator: Operator) -> bool:
    return len(operator.inputs[0].shape) < 3


def _slopes_elsewhere(operator: Operator) -> bool:
    shape, slope = (tensor.shape for tensor in operator.inputs[:2])
    if len(shape) == 1:
        return prod(slope) > 1
    along_channels = prod(slope) == shape[-1] and slope[-1:] == shape[-1:]
    whole = len(shape) > 2 and shape[0] == 1 and prod(slope) == prod(shape) and len(slope) > 2
    return not (along_channels or whole)


def _backwards(operator: Operator) -> bool:
    steps = operator.inputs[3].data
    return steps is not None and bool((steps < 0).any())


def _greatest_of_sum(operator: Operator) -> bool:
    writer = operator.inputs[0].writer
    while writer is not None and writer.code == "RESHAPE" and len(writer.outputs[0].readers) == 1:
        writer = writer.inputs[0].writer
    return (
        writer is not None
        and writer.code == "ADD"
        and len(writer.outputs[0].readers) == 1
        and writer.inputs[0].shape == writer.inputs[1].shape
        and not any(tensor.constant for tensor in writer.inputs)
    )


def _joined_border(operator: Operator) -> Operator | None:
    """The border of a number that the GPU joins to a window behind it."""
    writer = operator.inputs[0].writer
    if writer is None or writer.code not in ("PAD", "PADV2") or len(writer.outputs[0].readers) > 1:
        return None
    return writer


def _pools_border(operator: Operator) -> bool:
    border = _joined_border(operator)
    if border is None or operator.code == "AVERAGE_POOL_2D" or border.code == "PADV2":
        return border is not None
    return not _is_not_negative(border.inputs[0].writer)


def _is_not_negative(writer: Operator | None) -> bool:
    """Whether an operator's values are all zero or more, by its kind."""
    if writer is None:
        return False
    return writer.code in _NOT_NEGATIVE or writer.option("fusedActivationFunction") in _RELUS


_NOT_NEGATIVE = {"RELU", "RELU6", "LOGISTIC", "SOFTMAX", "ABS", "SQUARE", "EXP", "SQRT"}
_RELUS = (1, 3)
"""RELU and RELU6 in the schema's enumeration."""


def _reads_number(operator: Operator) -> bool:
    border = _joined_border(operator)
    return border is not None and border.code == "PADV2"


def _nothing_computed(operator: Operator) -> bool:
    return all(tensor.constant for tensor in operator.inputs)


def _over_channels(operator: Operator) -> bool:
    axes = operator.inputs[1].data
    rank = len(operator.inputs[0].shape)
    return axes is not None and rank - 1 in {int(axis) % rank for axis in axes.reshape(-1)}


def _reads_padding(operator: Operator) -> bool:
    few = operator.code == "BATCH_MATMUL" and len(operator.shape) < MOST_AXES
    return not few and spreads(operator)


def _sums_padding(operator: Operator) -> bool:
    return _over_channels(operator) and spreads(operator)


GREATEST_OF_SUM = GpuLimit(
    "greatest of a sum",
    ("REDUCE_MAX", "REDUCE_MIN"),
    _greatest_of_sum,
    Effect.WRONG,
    "it is the only reader of an ADD of two computed tensors of one shape; the GPU joins them to one kernel, which "
    "is wrong",
)
PADDING = GpuLimit(
    "padding of the channels",
    ("CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL"),
    _reads_padding,
    Effect.WRONG,
    "the channels are no multiple of four, and what the GPU pads them with is divided by zero before; the result "
    "is not a number",
)
SUMMED_PADDING = GpuLimit(
    "padding of the channels, summed",
    ("MEAN", "SUM"),
    _sums_padding,
    Effect.WRONG,
    "the channels are no multiple of four, and what the GPU pads them with is divided by zero before; the sum over "
    "the channels is not a number",
)
POOLED_BORDER = GpuLimit(
    "border of a pool",
    ("AVERAGE_POOL_2D", "MAX_POOL_2D"),
    _pools_border,
    Effect.WRONG,
    "it is the only reader of a PAD; the GPU joins them, and the border takes no part in the mean or the maximum",
)
BORDER_OF_NUMBERS = GpuLimit(
    "border of numbers",
    ("CONV_2D", "DEPTHWISE_CONV_2D"),
    _reads_number,
    Effect.WRONG,
    "it is the only reader of a PADV2; the GPU joins them, and the border is zero",
)
GPU_LIMITS: tuple[GpuLimit, ...] = (
    GpuLimit("five axes", (), _many_axes, Effect.REFUSED, "a tensor of more than four axes"),
    GpuLimit(
        "first slice of a constant",
        _BROADCASTING,
        _first_slice,
        Effect.WRONG,
        "a constant of fewer than four axes that varies along the first axis of the result; the GPU reads its first "
        "slice only",
    ),
    GpuLimit(
        "constant of more axes",
        _BROADCASTING,
        _greater_constant,
        Effect.WRONG,
        "a constant of more axes than the computed tensor, whose first is longer than one; or a constant of four axes, "
        "and longer along the first",
    ),
    GpuLimit(
        "power of a number",
        ("POW",),
        lambda operator: _is_number(operator.inputs[0]),
        Effect.WRONG,
        "a constant number to a computed power; the GPU computes the power of the constant",
    ),
    GpuLimit(
        "rows of another width",
        ("FULLY_CONNECTED",),
        _reads_last_axis,
        Effect.WRONG,
        "an input of one axis, or whose last axis is not the weight's width; the GPU reads the last axis only",
    ),
    GpuLimit(
        "constant left side",
        ("BATCH_MATMUL",),
        _constant_left,
        Effect.REFUSED,
        "the left side is a constant",
    ),
    GpuLimit(
        "turned constant",
        ("BATCH_MATMUL",),
        _turned_constant,
        Effect.WRONG,
        "the right side is a constant of two axes, and a side is transposed",
    ),
    GpuLimit(
        "unlike batches",
        ("BATCH_MATMUL",),
        _unlike_batches,
        Effect.WRONG,
        "the batches of the sides are not the same",
    ),
    GpuLimit(
        "wide right side",
        ("BATCH_MATMUL",),
        _wide_right,
        Effect.WRONG,
        "the right side has more than 32768 rows or columns",
    ),
    GpuLimit(
        "nothing computed",
        ("RESHAPE", "TRANSPOSE", "SLICE", "STRIDED_SLICE", "GATHER", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
        _nothing_computed,
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
        _narrow_groups,
        Effect.WRONG,
        "groups of channels that are no multiple of four, in or out",
    ),
    GpuLimit(
        "odd groups",
        ("CONV_2D",),
        _odd_groups,
        Effect.ENDS,
        "groups of more than four channels that are no multiple of four, in or out",
    ),
    GpuLimit(
        "multiplied channels",
        ("DEPTHWISE_CONV_2D",),
        _multiplied_points,
        Effect.WRONG,
        "a window of one pixel with several filters a channel",
    ),
    GpuLimit(
        "transposed convolution, SAME",
        ("TRANSPOSE_CONV",),
        _same_of_transposed,
        Effect.WRONG,
        "padding SAME with a stride along the width and a kernel wider than two",
    ),
    GpuLimit(
        "blocks of a batch",
        ("DEPTH_TO_SPACE", "SPACE_TO_DEPTH"),
        _image_batch,
        Effect.WRONG,
        "a batch of more than one image",
    ),
    GpuLimit(
        "borders of few axes",
        ("PAD", "PADV2", "MIRROR_PAD"),
        _few_axes,
        Effect.REFUSED,
        "a tensor of fewer than three axes",
    ),
    GpuLimit(
        "borders of the first axis",
        ("PAD", "PADV2", "MIRROR_PAD"),
        _padded_batch,
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
        _slopes_elsewhere,
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
    GpuLimit("backwards", ("STRIDED_SLICE",), _backwards, Effect.REFUSED, "a step below zero"),
    GREATEST_OF_SUM,
    POOLED_BORDER,
    BORDER_OF_NUMBERS,
    PADDING,
    SUMMED_PADDING,
)
"""In the order in which they are looked for."""
