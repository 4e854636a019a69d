"""What a case is: a TFLite file of one operator or a few, made with the writer's own builder.

A computed operand is a shape, a constant one an array. Shapes have unlike extents, and channels that are no multiple of
four, to which a GPU pads them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from efficientmod_export.targets.tflite.gpu import pack
from efficientmod_export.targets.tflite.writer import Builder, WeightForm, build

Shape = tuple[int, ...]


Array = NDArray[Any]


Operand = Shape | Array


SHAPES: tuple[Shape, ...] = (
    (6,),
    (7, 6),
    (1, 6),
    (5, 7, 6),
    (1, 7, 6),
    (1, 8, 7, 6),
    (5, 8, 7, 6),
    (1, 1, 1, 6),
    (1, 3, 8, 7, 6),
    (2, 3, 8, 7, 6),
)


POSITIVE = {"LOG", "SQRT", "RSQRT", "POW", "DIV", "FLOOR_MOD"}


UNARY: dict[str, Callable[[], Any] | None] = {
    "ABS": schema.AbsOptionsT,
    "CEIL": None,
    "COS": schema.CosOptionsT,
    "ELU": None,
    "EXP": schema.ExpOptionsT,
    "FLOOR": None,
    "GELU": schema.GeluOptionsT,
    "HARD_SWISH": schema.HardSwishOptionsT,
    "LEAKY_RELU": lambda: schema.LeakyReluOptionsT(alpha=0.1),
    "LOG": None,
    "LOGISTIC": None,
    "NEG": schema.NegOptionsT,
    "RELU": None,
    "RELU6": None,
    "RELU_N1_TO_1": None,
    "ROUND": None,
    "RSQRT": None,
    "SIN": None,
    "SQRT": None,
    "SQUARE": schema.SquareOptionsT,
    "TANH": None,
}


BINARY: dict[str, Callable[..., Any]] = {
    "ADD": schema.AddOptionsT,
    "SUB": schema.SubOptionsT,
    "MUL": schema.MulOptionsT,
    "DIV": schema.DivOptionsT,
    "MAXIMUM": schema.MaximumMinimumOptionsT,
    "MINIMUM": schema.MaximumMinimumOptionsT,
    "POW": schema.PowOptionsT,
    "FLOOR_MOD": schema.FloorModOptionsT,
}


REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")


_ACTIVATION = schema.ActivationFunctionType


ACTIVATIONS = {name: getattr(_ACTIVATION, name) for name in ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")}


PADDINGS = {"SAME": schema.Padding.SAME, "VALID": schema.Padding.VALID}


@dataclass
class File:
    """A file under construction: operators on inputs that are named in the order in which they come."""

    builder: Builder = field(default_factory=Builder)
    inputs: list[tuple[str, int]] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)

    def tensor(self, operand: Operand) -> int:
        """An input, or a constant."""
        if isinstance(operand, np.ndarray):
            return self.builder.constant(operand)
        index = self.builder.tensor(f"x{len(self.inputs)}", operand)
        self.inputs.append((f"x{len(self.inputs)}", index))
        return index

    def emit(
        self,
        code: str,
        inputs: Sequence[int],
        result: Shape,
        options: Any = None,
        dtype: type[np.generic] | None = None,
    ) -> int:
        """Write an operator, whose result is float32 where no `dtype` says otherwise."""
        return self.builder.emit(code, inputs, result, options, dtype)

    def written(self, output: int, weights: WeightForm = "float32") -> bytes:
        """The file with what is shown and one output more."""
        outputs = [(f"shown{number}", tensor) for number, tensor in enumerate(self.shown)]
        return build(self.builder, self.inputs, [*outputs, ("y", output)], weights=weights)


@dataclass(frozen=True)
class Case:
    """A file to be made: its first operator, what tells it from the others, who makes it, its inputs' deviation, how
    weights are stored, what a GPU may differ from the processor where that is not the usual, and what is changed in the
    file, in the schema's object form, where the builder does not make it so.
    """

    operator: str
    form: str
    make: Callable[[File], int]
    scale: float = 2.0
    weights: WeightForm = "float32"
    tolerance: float | None = None
    change: Callable[[Any], None] | None = None

    @property
    def positive(self) -> bool:
        """Whether its inputs must be greater than zero."""
        return self.operator in POSITIVE

    def written(self) -> bytes:
        """The file."""
        file = File()
        data = file.written(self.make(file), self.weights)
        if self.change is None:
            return data
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        self.change(model)
        return pack(model)


def numbers(*shape: int, positive: bool = False) -> Array:
    """Normal numbers, the same for a shape; the positive ones from 0.5 on."""
    values = np.random.default_rng(prod(shape)).standard_normal(shape)
    return (np.abs(values) + 0.5 if positive else values).astype(np.float32)


def ints(*values: int) -> Array:
    """A list of axes, extents or places."""
    return np.asarray(values, np.int32)


def single(
    code: str, form: str, operands: Sequence[Operand], result: Shape, options: Any = None, scale: float = 2.0
) -> Case:
    """A case of one operator."""

    def make(file: File) -> int:
        return file.emit(code, [file.tensor(item) for item in operands], result, options)

    return Case(code, form, make, scale)


def text(operand: Operand) -> str:
    shape = operand.shape if isinstance(operand, np.ndarray) else operand
    listed = "x".join(map(str, shape)) or "scalar"
    return f"constant {listed}" if isinstance(operand, np.ndarray) else listed


def axes_of(rank: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, rank + 1):
        yield from combinations(range(rank), count)


def plain() -> dict[str, int]:
    return {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
