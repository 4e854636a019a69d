"""A program as plain values, which the interpreter, the audit and the lint rules read instead of protobuf."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Shape = tuple[int | None, ...]
"""One length per axis; None where the program leaves it open."""

Constant = Any
"""A constant's value: `torch.Tensor`, or a string, or a tuple of strings or integers."""


@dataclass(frozen=True)
class Variable:
    """A named value. `dtype` is MIL's name ("fp16", "int32", "string", "dictionary").

    `any_rank` is true where the program leaves the number of axes open too; `shape` is () then.
    """

    name: str
    dtype: str
    shape: Shape
    any_rank: bool = False


@dataclass(frozen=True)
class Literal:
    """A constant without a name, stored in an operator's input."""

    value: Constant


@dataclass(frozen=True)
class Operation:
    """One operator of a program, in the order of execution.

    `inputs` maps MIL's parameter names to value names and literals (several for `values` of concat). `module` is the
    path of the PyTorch module that the operator came from, where the package says so: see `module_table`.
    """

    name: str
    kind: str
    inputs: Mapping[str, tuple[str | Literal, ...]]
    outputs: tuple[Variable, ...]
    module: str | None


@dataclass(frozen=True)
class Function:
    """One function of a program. `ios` is the opset as the iOS version that brought it (15, 16, 17, 18, 26)."""

    name: str
    ios: int
    inputs: tuple[Variable, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Constant]
    operations: tuple[Operation, ...]
