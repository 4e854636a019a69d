"""A file, anyone's, run on every unit of a target and held to the processor's results: for `verify FILE`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from efficientmod_export._plain import PlainRecord
from efficientmod_export._stages import ComputePrecision, Unit
from efficientmod_mobile.errors import ParityError

UnitOutcome = Literal["reference", "right", "wrong", "refused", "not run here"]


@dataclass(frozen=True)
class UnitResult(PlainRecord):
    """One unit in one arithmetic.

    `error` is the largest difference to the processor as a fraction of an output's range, of the worst output; None
    where nothing ran, and where a wrong one is not finite. It is wrong beyond `limit`. `reason` says why nothing ran.
    `first` names the first operator that differs.
    """

    unit: Unit
    compute_precision: ComputePrecision
    outcome: UnitOutcome
    error: float | None = None
    limit: float | None = None
    reason: str | None = None
    first: str | None = None


@dataclass(frozen=True)
class UnitComparison(PlainRecord):
    """A file's results on every unit, the processor's first; `inputs` says what was fed, `left_out` names the
    signatures that were not run.
    """

    JSON_PROPERTIES = ("exit_code",)

    path: Path
    runtime: str
    inputs: tuple[str, ...]
    results: tuple[UnitResult, ...]
    left_out: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of a wrong artifact where a unit gives other results without saying so, else 0."""
        return ParityError.exit_code if any(result.outcome == "wrong" for result in self.results) else 0
