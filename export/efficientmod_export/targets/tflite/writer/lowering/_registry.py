"""The table of lowerings, and the arguments of a lowering.

A lowering is a function of the node's inputs, in ONNX's order, and of its attributes, by ONNX's names:

    @lowers("Softmax")
    def softmax(context: Context, x: Operand, *, axis: int = -1) -> Value: ...

so that an unsupported attribute is an error and not ignored. An input is a `Value` where the network computes it, an
array where it is constant, None where it is absent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._builder import Builder
from .._errors import CannotLowerError
from .._graph import Array, Graph, Node, Shape
from .._layout import Value

Operand = Value | Array

Lowering = Callable[..., Value | tuple[Value, ...]]

LOWERINGS: dict[str, Lowering] = {}

DTYPES = ("float32", "int32", "int64", "bool")
"""Of values."""

ANY_DTYPE = {
    *("Add", "Sub", "Mul", "Div", "Neg", "Abs", "Clip", "Max", "Min", "Mod", "Pow"),
    *("ReduceMax", "ReduceMin", "ReduceSum", "IsInf", "IsNaN"),
    *("And", "Or", "Not", "Xor", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"),
    *("ArgMax", "ArgMin", "Cast", "TopK", "Where"),
    *("Concat", "Cut", "Expand", "Gather", "GatherElements", "GatherND", "Identity", "Reshape", "Tile", "Transpose"),
}
"""The operators whose results need not be float32."""


def lowers(*operators: str) -> Callable[[Lowering], Lowering]:
    """Register a function as the lowering of ONNX operators, or of those that the rewrites introduce.

    Raises:
        ValueError: an operator has a lowering already.
    """

    def register(function: Lowering) -> Lowering:
        for operator in operators:
            if operator in LOWERINGS:
                raise ValueError(f"{operator} is lowered by {LOWERINGS[operator].__name__} already.")
            LOWERINGS[operator] = function
        return function

    return register


@dataclass(frozen=True)
class Context:
    """The builder in which a lowering writes, the node that it lowers, and the values so far, by name."""

    builder: Builder
    graph: Graph
    node: Node
    values: Mapping[str, Value]

    @property
    def shape(self) -> Shape:
        """Logical shape of the node's first output."""
        return self.graph.shape(self.node.outputs[0])

    def emit(self, code: str, inputs: Sequence[int], shape: Shape, options: Any = None) -> int:
        """Write an operator with one output, of the dtype of its data."""
        return self.builder.emit(code, inputs, shape, options)

    def value(self, operand: Operand) -> Value:
        """The operand as a value, stored as a constant where it is one."""
        if isinstance(operand, Value):
            return operand
        return self.builder.value(self._checked(operand), f"{self.node.outputs[0]}/constant")

    def constant(self, array: Array, role: str) -> int:
        """The tensor of a constant that belongs to this node."""
        return self.builder.constant(self._checked(array), f"{self.node.outputs[0]}/{role}")

    def _checked(self, array: Array) -> Array:
        """The constant, checked to be float32 unless the node's result is not or its operator compares."""
        plain = self.graph.dtype(self.node.outputs[0]) == np.float32
        if array.dtype != np.float32 and (plain or array.dtype.name not in DTYPES):
            raise CannotLowerError(f"a constant of {array.dtype.name} takes part in float arithmetic")
        return array


def constant_ints(operand: Operand | None, what: str) -> tuple[int, ...]:
    """The integers of an input that must be constant."""
    if operand is None:
        return ()
    if isinstance(operand, Value):
        raise CannotLowerError(f"{what} that the network computes; it must be constant")
    return tuple(int(item) for item in operand.reshape(-1))
