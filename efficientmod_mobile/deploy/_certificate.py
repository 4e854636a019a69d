"""The record of an applied recipe: its steps, its refusals, and the errors that were measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A node that a transform matches but does not rewrite, because that would not be exact or not be cheaper.

    `where` is the module's path and the node's name.
    """

    where: str
    reason: str


@dataclass(frozen=True)
class Step:
    """How often one transform applied, and where it refused."""

    transform: str
    applied: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Certificate:
    """The evidence that a transformed program equals its original.

    Errors are the largest absolute difference over the largest absolute value of the reference, the worst over
    outputs and inputs; the reference is the original in float64. `float64_error` is that of the transformed program
    in float64 and must not exceed `tolerance`; `float32_error` is that of the program as deployed.
    """

    steps: tuple[Step, ...]
    nodes_before: int
    nodes_after: int
    float64_error: float
    float32_error: float
    tolerance: float
