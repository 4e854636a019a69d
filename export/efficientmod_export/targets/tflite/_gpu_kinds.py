"""The conditions of `_gpu_limits.GPU_LIMITS`: which forms of an operator a GPU computes wrongly or refuses."""

from math import prod

import numpy as np

from ._file import INT8, INT64, Operator, Tensor
from ._gpu_lanes import LANES, spreads

MOST_AXES = 4


def many_axes(operator: Operator) -> bool:
    return any(len(tensor.shape) > MOST_AXES for tensor in (*operator.inputs, *operator.outputs))


def wide_integers(operator: Operator) -> bool:
    return any(tensor.type == INT64 for tensor in (*operator.inputs, *operator.outputs))


def widens_bytes(operator: Operator) -> bool:
    return operator.inputs[0].constant and operator.inputs[0].type == INT8


def first_slice(operator: Operator) -> bool:
    rank = len(operator.shape)
    constants = [tensor.shape for tensor in operator.inputs if tensor.constant]
    return rank < MOST_AXES and any(len(shape) == rank and rank and shape[0] > 1 for shape in constants)


def greater_constant(operator: Operator) -> bool:
    constants = [tensor.shape for tensor in operator.inputs if tensor.constant]
    computed = [tensor.shape for tensor in operator.inputs if not tensor.constant]
    if not constants or not computed or not constants[0] or not computed[0]:
        return False
    constant, other = constants[0], computed[0]
    first = other[0] if len(other) == MOST_AXES else 1
    longer = len(constant) == MOST_AXES and constant[0] > first
    return longer or (len(constant) > len(other) and other[0] > 1 and prod(constant) > 1)


def is_number(tensor: Tensor) -> bool:
    return tensor.constant and prod(tensor.shape) == 1


def reads_last_axis(operator: Operator) -> bool:
    shape, weight = (tensor.shape for tensor in operator.inputs[:2])
    return len(shape) < 2 or shape[-1] != weight[-1]


def constant_left(operator: Operator) -> bool:
    return operator.inputs[0].constant


def _flat_right(operator: Operator) -> bool:
    return operator.inputs[1].constant and len(operator.inputs[1].shape) == 2


def turned_constant(operator: Operator) -> bool:
    return _flat_right(operator) and bool(operator.option("adjX") or operator.option("adjY"))


def unlike_batches(operator: Operator) -> bool:
    left, right = (tensor.shape[:-2] for tensor in operator.inputs)
    return left != right and not _flat_right(operator)


def wide_right(operator: Operator) -> bool:
    return any(extent > _WIDEST for extent in operator.inputs[1].shape[-2:])


_WIDEST = 1 << 15


def _groups(operator: Operator) -> tuple[int, int, int]:
    """Groups, and channels of each, in and out."""
    inputs, weight = operator.inputs[0].shape[-1], operator.inputs[1].shape
    groups = max(inputs // weight[-1], 1)
    return groups, weight[-1], weight[0] // groups


def narrow_groups(operator: Operator) -> bool:
    groups, inputs, outputs = _groups(operator)
    odd = inputs % LANES != 0 or outputs % LANES != 0
    return groups > 1 and odd and (inputs, outputs) != (1, 1) and inputs <= LANES


def odd_groups(operator: Operator) -> bool:
    groups, inputs, outputs = _groups(operator)
    return groups > 1 and (inputs % LANES != 0 or outputs % LANES != 0) and inputs > LANES


def grouped_points(operator: Operator) -> bool:
    weight = operator.inputs[1]
    return weight.type == INT8 and weight.shape[1:3] == (1, 1) and _groups(operator)[0] > 1


def multiplied_points(operator: Operator) -> bool:
    kernel = operator.inputs[1].shape[1:3]
    return kernel == (1, 1) and operator.option("depthMultiplier") > 1


def same_of_transposed(operator: Operator) -> bool:
    width = operator.inputs[1].shape[2]
    return operator.option("padding") == 0 and operator.option("strideW") > 1 and width > 2


def image_batch(operator: Operator) -> bool:
    return operator.inputs[0].shape[0] > 1


def _pads(operator: Operator) -> list[list[int]]:
    data = operator.inputs[1].data
    return data.tolist() if data is not None else []


def padded_batch(operator: Operator) -> bool:
    shape, pads = operator.inputs[0].shape, _pads(operator)
    padded = bool(pads) and any(pads[0])
    return (len(shape) == 3 and (shape[0] > 1 or padded)) or (len(shape) == 4 and shape[0] == 1 and padded)


def few_axes(operator: Operator) -> bool:
    return len(operator.inputs[0].shape) < 3


def slopes_elsewhere(operator: Operator) -> bool:
    shape, slope = (tensor.shape for tensor in operator.inputs[:2])
    if len(shape) == 1:
        return prod(slope) > 1
    along_channels = prod(slope) == shape[-1] and slope[-1:] == shape[-1:]
    whole = len(shape) > 2 and shape[0] == 1 and prod(slope) == prod(shape) and len(slope) > 2
    return not (along_channels or whole)


def repeated_choices(operator: Operator) -> bool:
    numbers = [is_number(choice) and len(choice.shape) < 2 for choice in operator.inputs[1:3]]
    whole = [choice.shape == operator.shape for choice in operator.inputs[1:3]]
    return not all(map(max, numbers, whole))


def greatest_of_padded(operator: Operator) -> bool:
    shape = operator.inputs[0].shape
    axes = [-1] if operator.code == "TOPK_V2" else operator.inputs[1].data
    last = axes is not None and any(int(axis) % len(shape) == len(shape) - 1 for axis in np.ravel(axes))
    return bool(shape) and last and shape[-1] % LANES != 0


def backwards(operator: Operator) -> bool:
    steps = operator.inputs[3].data
    return steps is not None and bool((steps < 0).any())


def greatest_of_sum(operator: Operator) -> bool:
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


def joined_result(operator: Operator) -> bool:
    result = operator.outputs[0]
    if not result.shown or len(result.readers) != 1:
        return False
    (reader,) = result.readers
    if reader.code in _REDUCTIONS:
        computed = not any(tensor.constant for tensor in operator.inputs)
        return operator.code == "ADD" and computed and operator.inputs[0].shape == operator.inputs[1].shape
    if reader.code in _LAYERS:
        return _scales(operator) and (operator.code, reader.code) != ("ADD", "DEPTHWISE_CONV_2D")
    return operator.code in _LAYERS and _scales(reader)


def _scales(operator: Operator) -> bool:
    """Whether it is a sum or product with a constant."""
    return operator.code in ("ADD", "MUL") and any(tensor.constant for tensor in operator.inputs)


_REDUCTIONS = {"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"}


_LAYERS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}


def _joined_border(operator: Operator) -> Operator | None:
    """The border of a number that the GPU joins to a window behind it."""
    writer = operator.inputs[0].writer
    if writer is None or writer.code not in ("PAD", "PADV2") or len(writer.outputs[0].readers) > 1:
        return None
    return writer


def pools_border(operator: Operator) -> bool:
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


def reads_number(operator: Operator) -> bool:
    border = _joined_border(operator)
    return border is not None and border.code == "PADV2"


def nothing_computed(operator: Operator) -> bool:
    return all(tensor.constant for tensor in operator.inputs)


def _over_channels(operator: Operator) -> bool:
    axes = operator.inputs[1].data
    rank = len(operator.inputs[0].shape)
    return axes is not None and rank > 0 and rank - 1 in {int(axis) % rank for axis in axes.reshape(-1)}


def reads_padding(operator: Operator) -> bool:
    few = operator.code == "BATCH_MATMUL" and len(operator.shape) < MOST_AXES
    return not few and spreads(operator)


def sums_padding(operator: Operator) -> bool:
    return _over_channels(operator) and spreads(operator)
