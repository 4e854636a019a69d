"""A program as the rules ask about it: which values are computed, of which shape, and what lies between heavy work."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import torch

from efficientmod_export.mil import Function, Literal, Operation, Variable

HEAVY = frozenset({"conv", "conv_transpose", "linear", "matmul", "einsum", "scaled_dot_product_attention"})
"""Operators that carry a network's multiplications."""

_Edges = tuple[Operation, list[str], list[str]]


class Flexibility(StrEnum):
    """How an input's shape may vary."""

    RANGE = "range"
    ENUMERATED = "enumerated"


class Graph:
    """`flexible` maps the inputs whose shape may vary to how: the model's description says it, the program does not.

    `activations` names the values that are known only when the program runs, in contrast to weights, stored compressed
    or not.
    """

    def __init__(self, function: Function, flexible: Mapping[str, Flexibility]) -> None:
        self.function = function
        self.flexible = flexible
        self.operations = function.operations
        produced = [output for operation in self.operations for output in operation.outputs]
        self._variables = {variable.name: variable for variable in (*function.inputs, *produced)}
        self._constant = set(function.constants) | self._folded()
        self.activations = self._variables.keys() - self._constant
        edges = [
            (
                operation,
                [variable.name for variable in self.computed(operation)],
                [held.name for held in operation.outputs],
            )
            for operation in self.operations
        ]
        self._after_heavy = _reached(edges)
        self._before_heavy = _reached((operation, outputs, inputs) for operation, inputs, outputs in reversed(edges))

    def of(self, *kinds: str) -> Iterator[Operation]:
        """The operators of these kinds, in the program's order."""
        return (operation for operation in self.operations if operation.kind in kinds)

    def computed(self, operation: Operation, *parameters: str) -> tuple[Variable, ...]:
        """The inputs that are known only when the program runs; of all parameters unless some are named."""
        held = operation.inputs if not parameters else {key: operation.inputs.get(key, ()) for key in parameters}
        return tuple(
            self._variables[source]
            for sources in held.values()
            for source in sources
            if isinstance(source, str) and source in self.activations
        )

    def shape(self, operation: Operation, parameter: str) -> tuple[int | None, ...] | None:
        """The shape of an input, constant or computed; None where the operator does not have it."""
        for source in operation.inputs.get(parameter, ()):
            if isinstance(source, str) and source in self._variables:
                return self._variables[source].shape
            value = self._value(source)
            return tuple(value.shape) if isinstance(value, torch.Tensor) else ()
        return None

    def numbers(self, operation: Operation, parameter: str) -> tuple[int, ...]:
        """A constant input as integers; empty where it is missing or computed."""
        for source in operation.inputs.get(parameter, ()):
            value = self._value(source)
            if isinstance(value, torch.Tensor):
                return tuple(int(item) for item in value.flatten().tolist())
            return tuple(value) if isinstance(value, tuple) else ()
        return ()

    def text(self, operation: Operation, parameter: str) -> str | None:
        """A constant input that is a string."""
        for source in operation.inputs.get(parameter, ()):
            value = self._value(source)
            return value if isinstance(value, str) else None
        return None

    def between_heavy(self, operation: Operation) -> bool:
        """Whether heavy operators lie both before and after `operation` on its way through the program."""
        return id(operation) in self._after_heavy and id(operation) in self._before_heavy

    def _value(self, source: str | Literal) -> object:
        return source.value if isinstance(source, Literal) else self.function.constants.get(source)

    def _folded(self) -> set[str]:
        """Weights that are stored compressed: computed once, when the model is loaded."""
        return {
            output.name
            for operation in self.operations
            if operation.kind.startswith("constexpr_")
            for output in operation.outputs
        }


def _reached(edges: Iterable[_Edges]) -> set[int]:
    """The operators that a path from a heavy one leads to: each is met with the names it is reached by and leads to."""
    marked: set[str] = set()
    reached: set[int] = set()
    for operation, come, go in edges:
        inside = not marked.isdisjoint(come)
        if inside:
            reached.add(id(operation))
        if inside or operation.kind in HEAVY:
            marked.update(go)
    return reached
