"""What a row of the table of a GPU's faults is, and what an operator that breaks it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ._file import Operator


class Effect(StrEnum):
    """What happens."""

    WRONG = "wrong"
    REFUSED = "refused"
    ENDS = "ends the process"


@dataclass(frozen=True)
class GpuLimit:
    """A kind of operator: `codes` are its names in the schema, none for any, `holds` says which of them.

    `versions` are those of LiteRT in which it was seen, `source` the address of a report where others saw it.
    """

    id: str
    codes: tuple[str, ...]
    holds: Callable[[Operator], bool]
    effect: Effect
    sentence: str
    versions: tuple[str, ...] = ("2.3.0",)
    source: str | None = None

    def matches(self, operator: Operator) -> bool:
        """Whether the operator is of this kind."""
        return (not self.codes or operator.code in self.codes) and self.holds(operator)


@dataclass(frozen=True)
class GpuFinding:
    """An operator of a file that is wrong or refused: its first output's name, and its shapes."""

    limit: GpuLimit
    name: str
    operator: str

    @property
    def code(self) -> str:
        """The operator's name in the schema."""
        return self.operator.partition("(")[0]

    def __str__(self) -> str:
        return f"{self.limit.effect}: {self.operator} {self.name!r}: {self.limit.sentence}"
