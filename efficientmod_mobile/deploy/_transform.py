"""What a transform is: it looks at one node at a time, says whether it applies there, and rewrites."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from torch import fx

from efficientmod_mobile.deploy._certificate import Refusal, Step
from efficientmod_mobile.deploy._graph import clean, where
from efficientmod_mobile.deploy._program import Program
from efficientmod_mobile.errors import ConversionError

Match = TypeVar("Match")


@dataclass(frozen=True)
class Refuse:
    """Why a transform does not apply at a node where it would have something to do."""

    reason: str


class Transform(ABC, Generic[Match]):
    """One exact rewriting of a program; its module's docstring states the equation.

    `rounds` is the most passes over the graph: 1 for a transform that its own result cannot give new work, more for
    one that runs until nothing applies (finding work in the last round is an error, since every pass must shrink the
    graph).
    """

    name: ClassVar[str]
    rounds: ClassVar[int] = 1

    @abstractmethod
    def check(self, node: fx.Node) -> Match | Refuse | None:
        """Say what to rewrite at this node, why not, or None when there is nothing to do here. Changes nothing."""

    @abstractmethod
    def rewrite(self, match: Match) -> None:
        """Rewrite what `check` found."""


TRANSFORMS: dict[str, type[Transform[Any]]] = {}
"""Every registered transform by its name."""


def register(transform: type[Transform[Any]]) -> type[Transform[Any]]:
    """Class decorator: make a transform known by its name."""
    if transform.name in TRANSFORMS:
        raise ValueError(f"two transforms are named {transform.name!r}")
    TRANSFORMS[transform.name] = transform
    return transform


def apply(transform: Transform[Any], program: Program) -> Step:
    """Run one transform over the program, which it changes.

    Raises:
        ConversionError: the transform still finds work after its last round.
    """
    applied = 0
    for _ in range(transform.rounds):
        found, refused = _pass(transform, program)
        applied += found
        if found == 0 or transform.rounds == 1:
            return Step(transform.name, applied, refused)
    raise ConversionError(
        f"transform {transform.name} still finds work after {transform.rounds} passes; report the network"
    )


def _pass(transform: Transform[Any], program: Program) -> tuple[int, tuple[Refusal, ...]]:
    applied, refused = 0, []
    for node in list(program.graph.nodes):
        if node._erased:
            continue
        found = transform.check(node)
        if isinstance(found, Refuse):
            refused.append(Refusal(where(node), found.reason))
        elif found is not None:
            transform.rewrite(found)
            applied += 1
    clean(program.graph_module)
    return applied, tuple(refused)
