"""What a rule is, and the register that `@rule` fills: the rules are data, each with what it rests on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from efficientmod_export._plain import PlainRecord
from efficientmod_export.lint._graph import Graph
from efficientmod_export.mil import Operation


class Tier(StrEnum):
    """How much weight a rule's sources carry."""

    APPLE = "said by Apple"
    MEASURED = "measured by third parties"
    DISPUTED = "old or contradicted"


class Effect(StrEnum):
    """What breaking a rule does, by its sources."""

    FORBIDS = "forbids"
    ALTERS = "alters"
    COSTS = "costs"


@dataclass(frozen=True)
class Source:
    """A page, a file or a thread that anybody can open."""

    title: str
    address: str


@dataclass(frozen=True)
class Citation:
    """What one source says about a rule, in other words than its own."""

    source: Source
    says: str


@dataclass(frozen=True)
class Finding(PlainRecord):
    """One place that breaks a rule: an operator, or an input of the program, whose `kind` is "input".

    `module` is the PyTorch module that the operator came from; None where the package does not keep it.
    """

    operator: str
    kind: str
    module: str | None
    detail: str


Check = Callable[[Graph], Iterator[Finding]]


@dataclass(frozen=True)
class Rule(PlainRecord):
    """`looks_for` is what breaks the rule. `chips` says on which chips, and how, a third party found it; else None."""

    id: str
    looks_for: str
    effect: Effect
    tier: Tier
    chips: str | None
    citations: tuple[Citation, ...]
    advice: str
    check: Check = field(metadata={"json": False})


RULES: dict[str, Rule] = {}
"""Every rule by its id, in the order of the files that hold them."""


def rule(
    id: str,  # noqa: A002 - what a rule's name is called everywhere
    looks_for: str,
    *,
    effect: Effect,
    tier: Tier,
    citations: tuple[Citation, ...],
    advice: str,
    chips: str | None = None,
) -> Callable[[Check], Check]:
    """Register a check.

    Raises `ValueError` for an id that is taken, for a rule without a source, and for a measurement that does not say on
    which chips it was made.
    """

    def register(check: Check) -> Check:
        if id in RULES:
            raise ValueError(f"the rule '{id}' is registered twice")
        if not citations:
            raise ValueError(f"the rule '{id}' has no source")
        if tier is Tier.MEASURED and chips is None:
            raise ValueError(f"the rule '{id}' does not say on which chips it was measured")
        RULES[id] = Rule(id, looks_for, effect, tier, chips, citations, advice, check)
        return check

    return register


def at(operation: Operation, detail: str) -> Finding:
    """The finding that `operation` breaks a rule."""
    return Finding(operation.name, operation.kind, operation.module, detail)
