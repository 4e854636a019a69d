"""Operator versions: the lowest that expresses each operator, and the TFLite release that first runs it.

From TFLite's tables (`tools/versioning/op_version.cc` and `runtime_version.cc`), for operators as this writer uses
them: float32 activations, between some layers int8 ones; float32, float16 or int8 weights, these with a scale for each
output channel.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from efficientmod_mobile.errors import InputError

from ._builder import Operator, Tensor
from ._graph import Shape

_RELEASES: dict[tuple[str, int], str] = {
    ("ABS", 1): "1.13.0",
    ("ADD", 1): "1.5.0",
    ("ARG_MAX", 1): "1.9.0",
    ("ARG_MIN", 1): "1.9.0",
    ("ATAN2", 1): "2.10.0",
    ("AVERAGE_POOL_2D", 1): "1.5.0",
    ("BATCH_MATMUL", 1): "2.3.0",
    ("CAST", 1): "1.7.0",
    ("CEIL", 1): "1.14.0",
    ("CONCATENATION", 1): "1.5.0",
    ("CONV_2D", 1): "1.5.0",
    ("CONV_2D", 3): "1.14.0",
    ("CONV_2D", 5): "2.4.0",
    ("CONV_2D", 6): "2.9.0",
    ("COS", 1): "1.14.0",
    ("DEPTHWISE_CONV_2D", 1): "1.5.0",
    ("DEPTHWISE_CONV_2D", 2): "1.12.0",
    ("DEPTH_TO_SPACE", 1): "2.1.0",
    ("DEQUANTIZE", 2): "1.14.0",
    ("DEQUANTIZE", 3): "1.15.0",
    ("DEQUANTIZE", 5): "2.7.0",
    ("DIV", 1): "1.6.0",
    ("DIV", 2): "2.3.0",
    ("ELU", 1): "1.14.0",
    ("EQUAL", 1): "1.14.0",
    ("EXP", 1): "1.7.0",
    ("FLOOR", 1): "1.9.0",
    ("FLOOR_MOD", 1): "1.13.0",
    ("FULLY_CONNECTED", 1): "1.5.0",
    ("FULLY_CONNECTED", 5): "2.0.0",
    ("FULLY_CONNECTED", 12): "2.17.0",
    ("GATHER", 1): "1.6.0",
    ("GATHER_ND", 1): "1.14.0",
    ("GELU", 1): "2.9.0",
    ("GREATER", 1): "1.14.0",
    ("GREATER_EQUAL", 1): "1.14.0",
    ("HARD_SWISH", 1): "1.15.0",
    ("LEAKY_RELU", 1): "1.13.1",
    ("LESS", 1): "1.14.0",
    ("LESS_EQUAL", 1): "1.14.0",
    ("LOG", 1): "1.14.0",
    ("LOGICAL_AND", 1): "1.11.0",
    ("LOGICAL_NOT", 1): "1.11.0",
    ("LOGICAL_OR", 1): "1.11.0",
    ("LOGISTIC", 1): "1.14.0",
    ("MAXIMUM", 1): "1.14.0",
    ("MAXIMUM", 3): "2.3.0",
    ("MAX_POOL_2D", 1): "1.5.0",
    ("MEAN", 1): "1.6.0",
    ("MINIMUM", 1): "1.14.0",
    ("MINIMUM", 3): "2.3.0",
    ("MIRROR_PAD", 1): "1.13.1",
    ("MUL", 1): "1.5.0",
    ("NEG", 1): "1.9.0",
    ("NOT_EQUAL", 1): "1.14.0",
    ("PAD", 1): "1.5.0",
    ("PAD", 2): "1.14.0",
    ("PADV2", 1): "1.9.0",
    ("POW", 1): "1.10.0",
    ("PRELU", 1): "1.8.0",
    ("QUANTIZE", 1): "1.14.0",
    ("REDUCE_MAX", 1): "1.11.0",
    ("REDUCE_MIN", 1): "1.11.0",
    ("RELU", 1): "1.5.0",
    ("RELU6", 1): "1.5.0",
    ("RELU_N1_TO_1", 1): "1.5.0",
    ("RESHAPE", 1): "1.5.0",
    ("RESIZE_BILINEAR", 1): "1.7.0",
    ("RESIZE_BILINEAR", 3): "2.2.0",
    ("RESIZE_NEAREST_NEIGHBOR", 1): "1.13.1",
    ("ROUND", 1): "1.14.0",
    ("RSQRT", 1): "1.10.0",
    ("SCATTER_ND", 1): "2.1.0",
    ("SELECT", 1): "1.14.0",
    ("SELECT_V2", 1): "2.2.0",
    ("SIN", 1): "1.9.0",
    ("SLICE", 1): "1.14.0",
    ("SLICE", 5): "2.5.0",
    ("SOFTMAX", 1): "1.5.0",
    ("SPACE_TO_DEPTH", 1): "1.5.0",
    ("SQRT", 1): "1.10.0",
    ("SQUARE", 1): "1.12.0",
    ("STRIDED_SLICE", 1): "1.6.0",
    ("STRIDED_SLICE", 4): "2.2.0",
    ("SUB", 1): "1.6.0",
    ("SUB", 3): "2.3.0",
    ("SUM", 1): "1.10.0",
    ("TANH", 1): "1.14.0",
    ("TILE", 1): "1.10.1",
    ("TOPK_V2", 1): "1.7.0",
    ("TRANSPOSE", 1): "1.6.0",
    ("TRANSPOSE", 2): "1.14.0",
    ("TRANSPOSE", 4): "2.3.0",
    ("TRANSPOSE", 6): "2.12.0",
    ("TRANSPOSE_CONV", 3): "2.3.0",
}
"""The release of TFLite that first had (operator, version)."""


@dataclass(frozen=True)
class _Use:
    """How an operator is used: the shapes of its inputs, whether one of them is int8, whether that is the first, or has
    a scale for each row, and its options.
    """

    shapes: tuple[Shape, ...]
    reads_int8: bool
    first_is_int8: bool
    by_row: bool
    options: Any

    @property
    def rank(self) -> int:
        return max(map(len, self.shapes))

    @property
    def broadcasts_many_axes(self) -> bool:
        return self.rank > _AXES_OF_OLD and self.shapes[0] != self.shapes[1]


_AXES_OF_OLD = 4

_LATER: dict[str, tuple[tuple[int, Callable[[_Use], bool]], ...]] = {
    "CONV_2D": (
        (6, lambda use: use.shapes[1][3] != use.shapes[0][3]),
        (3, lambda use: use.first_is_int8),
        (5, lambda use: use.reads_int8),
    ),
    "DEPTHWISE_CONV_2D": ((2, lambda use: (use.options.dilationHFactor, use.options.dilationWFactor) != (1, 1)),),
    "DEQUANTIZE": ((5, lambda use: use.by_row), (2, lambda use: use.reads_int8), (3, lambda _: True)),
    "DIV": ((2, lambda use: use.broadcasts_many_axes),),
    "FULLY_CONNECTED": ((12, lambda use: use.reads_int8), (5, lambda use: bool(use.options.keepNumDims))),
    "MAXIMUM": ((3, lambda use: use.broadcasts_many_axes),),
    "MINIMUM": ((3, lambda use: use.broadcasts_many_axes),),
    "PAD": ((2, lambda use: use.reads_int8),),
    "RESIZE_BILINEAR": ((3, lambda use: bool(use.options.halfPixelCenters)),),
    "SLICE": ((5, lambda use: use.rank > _AXES_OF_OLD),),
    "STRIDED_SLICE": ((4, lambda use: use.rank > _AXES_OF_OLD),),
    "SUB": ((3, lambda use: use.broadcasts_many_axes),),
    "TRANSPOSE": (
        (6, lambda use: use.rank > _AXES_OF_OLD + 1),
        (4, lambda use: use.rank > _AXES_OF_OLD),
        (2, lambda use: use.reads_int8),
    ),
    "TRANSPOSE_CONV": ((3, lambda _: True),),
}
"""The versions after the first that this writer uses, each with the use that needs it, the first that fits."""


def version_of(operator: Operator, tensors: Sequence[Tensor]) -> int:
    """The lowest version of an operator that expresses how it is used."""
    read = [tensors[index] for index in operator.inputs]
    int8 = [one for one in read if one.dtype == np.int8]
    use = _Use(
        shapes=tuple(one.shape for one in read),
        reads_int8=bool(int8),
        first_is_int8=bool(read) and read[0].dtype == np.int8,
        by_row=any(one.scales is not None and len(one.scales) > 1 for one in int8),
        options=operator.options,
    )
    return next((version for version, needed in _LATER.get(operator.code, ()) if needed(use)), 1)


_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


def least_version_of(codes: Iterable[tuple[int, int]]) -> str:
    """The first release that runs all of these (operator code, version)."""
    releases = [_RELEASES[_NAMES[code], version] for code, version in codes]
    return max(releases, key=_ordered, default="1.5.0")


def _ordered(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def least_runtime(data: bytes) -> str:
    """The least TFLite release that runs a file from `to_tflite`, as its metadata states it.

    Raises:
        InputError: the bytes are not a TFLite model, or it does not state its least runtime.
    """
    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        for entry in model.metadata or []:
            if entry.name == b"min_runtime_version":
                return bytes(np.asarray(model.buffers[entry.buffer].data, np.uint8)).rstrip(b"\0").decode()
    except Exception as error:  # with a damaged offset the generated reader can raise any exception
        raise InputError(
            "The TFLite model is damaged or cut short; convert the model again.", code="damaged_tflite"
        ) from error
    raise InputError(
        "The TFLite model does not state its least runtime; it was not written by this tool.", code="foreign_tflite"
    )
