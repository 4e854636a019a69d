"""The base class of transforms, their registry, and the function that applies a recipe of them to a program."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from torch import fx

from efficientmod_mobile.deploy._certificate import Refusal, Step
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import Program, clean, where
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import first_line

Match = TypeVar("Match")


class Transform(ABC, Generic[Match]):
    """One exact rewriting of a program; the docstring of its module states the equation."""

    name: ClassVar[str]

    def of(self, program: Program) -> "Transform[Match]":  # noqa: ARG002
        """The transform for this program, where it depends on what the program computes."""
        return self

    @abstractmethod
    def check(self, node: fx.Node) -> Match | Refuse | None:
        """Return what to rewrite at this node, why it cannot be, or None if nothing matches. Changes nothing."""

    @abstractmethod
    def rewrite(self, match: Match) -> None:
        """Rewrite what `check` found."""


@dataclass(frozen=True)
class Repeat:
    """Transforms whose results other ones in the group may match: they run in order until none applies.

    Every application removes an operation, so there are at most as many passes as operations.
    """

    transforms: tuple[Transform[Any], ...]


Recipe = tuple[Transform[Any] | Repeat, ...]

TRANSFORMS: dict[str, type[Transform[Any]]] = {}
"""Every registered transform by its name."""


def register(transform: type[Transform[Any]]) -> type[Transform[Any]]:
    """Class decorator: add a transform to `TRANSFORMS` under its name."""
    if transform.name in TRANSFORMS:
        raise ValueError(f"two transforms are named {transform.name!r}")
    TRANSFORMS[transform.name] = transform
    return transform


def apply(recipe: Recipe, program: Program) -> tuple[Step, ...]:
    """Apply a recipe to the program in place; return one step per transform, in the recipe's order.

    Raises:
        ConversionError: repeated transforms still apply after as many passes as there are operations.
    """
    steps: list[Step] = []
    for part in recipe:
        steps += [_once(part, program)] if isinstance(part, Transform) else _repeat(part, program)
    return tuple(steps)


def _repeat(repeat: Repeat, program: Program) -> Sequence[Step]:
    applied = [0] * len(repeat.transforms)
    passes = program.node_count + 1
    for _ in range(passes):
        steps = [_once(transform, program) for transform in repeat.transforms]
        applied = [count + step.applied for count, step in zip(applied, steps, strict=True)]
        if not any(step.applied for step in steps):
            return [Step(s.transform, count, s.refused) for s, count in zip(steps, applied, strict=True)]
    names = ", ".join(step.transform for step in steps if step.applied)
    raise ConversionError(
        f"{names} still apply after {passes} passes; leave them out of the recipe", code="endless_transform"
    )


def _once(transform: Transform[Any], program: Program) -> Step:
    applied, refused = 0, []
    transform = transform.of(program)
    for node in list(program.graph.nodes):
        if node._erased:
            continue
        place = where(node)
        try:
            found = transform.check(node)
            if isinstance(found, Refuse):
                refused.append(Refusal(place, found.reason))
            elif found is not None:
                transform.rewrite(found)
                applied += 1
        except ConversionError:
            raise
        except Exception as error:  # a network can hold what no transform was written for
            raise ConversionError(
                f"{transform.name} fails on {place}, {node.target} ({first_line(error)}); leave it out of the recipe, "
                "or write that part of the network in other operators",
                code="transform_failed",
            ) from error
    if applied:
        clean(program.graph_module)
    return Step(transform.name, applied, tuple(refused))
