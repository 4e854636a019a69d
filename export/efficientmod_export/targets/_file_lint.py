"""What is known to go wrong with a file on a target's accelerator, read from the file alone: for `lint`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from efficientmod_export._plain import PlainRecord

FaultTier = Literal["measured here", "reported"]


@dataclass(frozen=True)
class FaultPlace(PlainRecord):
    """An operator of a file: the name of its first output, and its kind with the shapes that it reads and writes."""

    name: str
    operator: str


@dataclass(frozen=True)
class KnownFault(PlainRecord):
    """A kind of operator that an accelerator computes wrongly or refuses, and where the file has it.

    `effect` is what happens, `sentence` says which operators are of this kind, `versions` are those of the runtime in
    which it was seen: by this project ("measured here"), or by others whose report is at `source`.
    """

    JSON_PROPERTIES = ("count",)

    id: str
    effect: str
    sentence: str
    versions: tuple[str, ...]
    places: tuple[FaultPlace, ...]
    tier: FaultTier = "measured here"
    source: str | None = None

    @property
    def count(self) -> int:
        """How many operators of the file are of this kind."""
        return len(self.places)


@dataclass(frozen=True)
class FileLint(PlainRecord):
    """The known faults of a file, first those measured here, of these first those that are computed wrongly;
    `operators` were held against `rules` measured here.
    """

    JSON_PROPERTIES = ("count",)

    path: Path
    accelerator: str
    operators: int
    rules: int
    faults: tuple[KnownFault, ...]

    @property
    def measured(self) -> tuple[KnownFault, ...]:
        """The faults that this project saw."""
        return tuple(fault for fault in self.faults if fault.tier == "measured here")

    @property
    def reported(self) -> tuple[KnownFault, ...]:
        """The faults that others report, and no software driver shows."""
        return tuple(fault for fault in self.faults if fault.tier == "reported")

    @property
    def count(self) -> int:
        """How many operators are of a kind that was measured to go wrong."""
        return sum(fault.count for fault in self.measured)
