"""What LiteRT's GPU accelerator does not take, or computes wrongly, in files of other writers: operators and types that
the writer here never emits.
"""

from math import prod

from ._file import CUSTOM, INT16, Operator
from ._gpu_limit import Effect, GpuLimit

_NO_KERNEL = (
    "ASSIGN_VARIABLE", "BATCH_TO_SPACE_ND", "BITWISE_XOR", "BROADCAST_ARGS", "BROADCAST_TO", "BUCKETIZE", "CALL_ONCE",
    "COMPLEX_ABS", "CONV_3D", "CONV_3D_TRANSPOSE", "DENSIFY", "EXPAND_DIMS", "FILL", "IF", "L2_NORMALIZATION",
    "L2_POOL_2D", "LOCAL_RESPONSE_NORMALIZATION", "LOG_SOFTMAX", "MATRIX_DIAG", "MATRIX_SET_DIAG",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "RANK",
    "READ_VARIABLE", "RELU_0_TO_1", "REVERSE_SEQUENCE", "RFFT2D", "SHAPE", "SPACE_TO_BATCH_ND", "SPARSE_TO_DENSE",
    "SQUEEZE", "UNSORTED_SEGMENT_SUM", "VAR_HANDLE", "WHILE", "ZEROS_LIKE",
)  # fmt: skip
"""Each was refused, with "Operation is not supported" or "Not supported op"."""

_UNKNOWN_TYPES = {5, 8, 10, 11, 12, 13, 14}
"""The schema's numbers of texts, complex numbers, float64, uint64, resources and variants."""


def _is_own(operator: Operator) -> bool:
    return operator.code.startswith(CUSTOM)


def _unknown_type(operator: Operator) -> bool:
    return any(tensor.type in _UNKNOWN_TYPES for tensor in (*operator.inputs, *operator.outputs))


def _sixteen_bits(operator: Operator) -> bool:
    return operator.code != "CAST" and any(
        tensor.type == INT16 for tensor in (*operator.inputs, *operator.outputs) if not tensor.constant
    )


def _no_elements(operator: Operator) -> bool:
    """A constant has none where it is the shape of a number without axes."""
    read = [tensor for tensor in operator.inputs if tensor.given or tensor.writer is not None]
    return any(prod(tensor.shape) == 0 for tensor in (*read, *operator.outputs))


def _scaled_softmax(operator: Operator) -> bool:
    return bool(operator.option("beta", 1.0) != 1.0)


def _many_terms(operator: Operator) -> bool:
    return len(operator.inputs) != 2


def _constant_place(operator: Operator) -> bool:
    return operator.inputs[2].constant


def _shown_twice(operator: Operator) -> bool:
    return any(tensor.shown > 1 for tensor in operator.outputs)


def _handed_through(operator: Operator) -> bool:
    return any(tensor.given and tensor.shown for tensor in operator.inputs)


OF_OTHER_WRITERS: tuple[GpuLimit, ...] = (
    GpuLimit("no kernel", _NO_KERNEL, lambda _: True, Effect.REFUSED, "the accelerator has no kernel for it"),
    GpuLimit("an app's own operator", (), _is_own, Effect.REFUSED, "the accelerator does not know it"),
    GpuLimit(
        "types without kernels",
        (),
        _unknown_type,
        Effect.REFUSED,
        "a tensor of float64, uint64, complex numbers, texts or variables",
    ),
    GpuLimit("integers of 16 bits", (), _sixteen_bits, Effect.REFUSED, "a computed tensor of int16"),
    GpuLimit("no elements", (), _no_elements, Effect.ENDS, "a tensor without elements"),
    GpuLimit("softmax of a multiple", ("SOFTMAX",), _scaled_softmax, Effect.REFUSED, "a beta other than 1"),
    GpuLimit("sum of several", ("ADD_N",), _many_terms, Effect.REFUSED, "other than two terms"),
    GpuLimit("constant place", ("DYNAMIC_UPDATE_SLICE",), _constant_place, Effect.REFUSED, "the place is a constant"),
    GpuLimit(
        "result shown twice",
        (),
        _shown_twice,
        Effect.WRONG,
        "a result that is several outputs of the graph; one of them is not written",
    ),
    GpuLimit(
        "input handed through",
        (),
        _handed_through,
        Effect.WRONG,
        "it reads an input of the graph that is an output as well; no output of the graph is right",
    ),
)
