"""A program as plain values: what the interpreter, the audit and lint rules read instead of protobuf."""

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

    `any_rank` says that the program leaves even the number of axes open; `shape` is () then.
    """

    name: str
    dtype: str
    shape: Shape
    any_rank: bool = False


@dataclass(frozen=True)
class Literal:
    """A constant written into an operator's input, without a name of its own."""

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
