"""What a GPU's kernels hold beside the channels.

They keep four channels together, and pad the last four: an input and a constant with zeros. An operator on each element
computes the padding too, and one over zero is infinite there. An operator that reads the channels together gives the
padding the weight zero, and zero times infinity is no number: that reaches the channels.

A padding is the same number all over a tensor, so that it can be followed through the file.
"""

from collections.abc import Callable, Iterable

import numpy as np

from ._file import Operator, Tensor

LANES = 4

_UNARY: dict[str, Callable[[np.float64], np.float64]] = {
    "ABS": np.abs,
    "COS": np.cos,
    "EXP": np.exp,
    "LOG": np.log,
    "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
    "NEG": np.negative,
    "RELU": lambda x: np.fmax(x, 0),
    "RELU6": lambda x: np.fmin(np.fmax(x, 0), 6),
    "RELU_N1_TO_1": lambda x: np.fmin(np.fmax(x, -1), 1),
    "RSQRT": lambda x: 1 / np.sqrt(x),
    "SQRT": np.sqrt,
    "SQUARE": np.square,
}
"""Of the others, zero's value is zero; they are taken to keep what is no finite number."""
_BINARY: dict[str, Callable[[np.float64, np.float64], np.float64]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "MAXIMUM": np.fmax,
    "MINIMUM": np.fmin,
    "POW": np.power,
    "FLOOR_MOD": np.mod,
}
_KEEPING = {
    "CEIL", "ELU", "FLOOR", "GELU", "HARD_SWISH", "LEAKY_RELU", "PRELU", "ROUND", "SIN", "TANH", "AVERAGE_POOL_2D",
    "MAX_POOL_2D", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "STRIDED_SLICE", "CONCATENATION", "GATHER",
    "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "PAD", "PADV2", "MIRROR_PAD", "TRANSPOSE", "RESHAPE",
}  # fmt: skip
_SOME = np.float64(1.0)
"""What stands for numbers that are in the tensor itself, or that differ."""
_ZERO = np.float64(0.0)


def padded(tensor: Tensor) -> bool:
    """Whether a tensor's channels are no multiple of four."""
    return len(tensor.shape) > 1 and tensor.shape[-1] % LANES != 0


def find_paddings(operators: Iterable[Operator]) -> None:
    """Note in each computed tensor what stands beside its channels; the operators are in order."""
    with np.errstate(all="ignore"):
        for operator in operators:
            for tensor in operator.outputs:
                tensor.padding = float(_padding(operator, tensor)) if padded(tensor) else None


def _padding(operator: Operator, tensor: Tensor) -> np.float64:
    if operator.code in _BINARY:
        left, right = (_operand(item, tensor.shape[-1]) for item in operator.inputs[:2])
        return _BINARY[operator.code](left, right)
    if operator.code in _UNARY:
        return _UNARY[operator.code](_noted(operator.inputs[0]))
    if operator.code == "DEPTHWISE_CONV_2D":
        return _noted(operator.inputs[0]) * _ZERO
    source = _kept(operator) if operator.code in _KEEPING else None
    return _ZERO if source is None else _noted(source)


def _noted(tensor: Tensor) -> np.float64:
    return np.float64(tensor.padding or 0.0)


def is_spread(tensor: Tensor) -> bool:
    """Whether the padding of a tensor's channels is no finite number."""
    return not np.isfinite(_noted(tensor))


def _kept(operator: Operator) -> Tensor | None:
    """The tensor whose channels an operator leaves where they are, and with them the padding."""
    source, shape = operator.inputs[0], operator.shape
    if operator.code == "RESHAPE":  # two in turn that come back to where they began are left out by the GPU
        while source.shape != shape and source.writer is not None and source.writer.code == "RESHAPE":
            source = source.writer.inputs[0]
        return source if source.shape == shape else None
    if operator.code == "TRANSPOSE":
        order = operator.inputs[1].data
        return source if order is not None and int(order.reshape(-1)[-1]) == len(shape) - 1 else None
    return source if source.shape[-1:] == shape[-1:] else None


def _operand(tensor: Tensor, width: int) -> np.float64:
    """The padding of an operand; one channel for all is what stands in the tensor, padding or not."""
    if tensor.shape[-1:] == (width,):
        return _noted(tensor)
    return np.float64(tensor.data.reshape(-1)[0]) if tensor.data is not None and tensor.data.size == 1 else _SOME


def spreads(operator: Operator) -> bool:
    """Whether an operator reads channels together whose padding is no finite number."""
    return any(map(is_spread, operator.inputs))
