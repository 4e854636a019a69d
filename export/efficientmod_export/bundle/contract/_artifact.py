"""A converted model, and on which units it was proven to compute what PyTorch computes."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from efficientmod_export.bundle.contract._interface import ArtifactInput, ArtifactOutput
from efficientmod_export.bundle.contract._stored import StoredFile
from efficientmod_export.bundle.contract._vocabulary import Text, Word
from efficientmod_export.parity import Record, Tolerance

MAIN: Final = "main"
State = Literal["proven", "interpreted", "failed", "refused", "not_run_here"]


class Limits(Record):
    """How far a result may be from the reference before it fails; `docs/bundle_format.md` defines the quantities."""

    max_relative_error: float = Field(ge=0)
    mean_relative_error: float = Field(ge=0)
    cosine: float
    sqnr_db: float
    displacement: float = Field(ge=0)

    @classmethod
    def of(cls, tolerance: Tolerance) -> Self:
        """A tolerance's numbers; their origin is in `proof.json`."""
        return cls(**tolerance.model_dump(include=set(cls.model_fields)))


class UnitProof(Record):
    """The result of one artifact on one unit of a device, in one compute precision.

    - proven: its own runtime ran it, and its outputs agree with the reference's.
    - interpreted: its outputs agree in an interpreter of the file's format; the phone's runtime was not available.
    - failed: it ran, and its outputs do not agree.
    - refused: the runtime does not run it on this unit.
    - not_run_here: nothing is known; an app proves it with the golden samples and `limits`.

    `reason` is None exactly when it is proven. `threads` is the number that it was proven with, None where it cannot be
    chosen.
    """

    unit: Word
    compute_precision: Word
    threads: int | None = Field(ge=1)
    state: State
    reason: Text | None
    limits: Limits

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"state": {"const": "proven"}}},
            "then": {"properties": {"reason": {"type": "null"}}},
            "else": {"properties": {"reason": {"type": "string"}}},
        }
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.state == "proven") != (self.reason is None):
            raise ValueError("a proof has a reason exactly when it is not proven")
        return self

    @property
    def configuration(self) -> tuple[str, str, int | None]:
        """Unit, compute precision and threads."""
        return self.unit, self.compute_precision, self.threads


class Calibration(Record):
    """The pictures for which an artifact's weights were rounded: in a sentence, and each by its name: that of a file in
    the folder that was given, or of a golden sample.
    """

    statement: Text
    pictures: tuple[Text, ...] = Field(min_length=1)


class ArtifactEntry(StoredFile):
    """A converted model and the `runtime` that runs it, from version `least_runtime` on.

    `part` is "main" for a file that is the whole network. `precision` is what the file stores. `calibration` is None
    where its weights are as the network has them, or only rounded one by one.
    """

    kind: Literal["file", "folder"]
    part: Word
    target: Word
    precision: Word
    runtime: Text
    least_runtime: Text
    inputs: tuple[ArtifactInput, ...] = Field(min_length=1)
    outputs: tuple[ArtifactOutput, ...] = Field(min_length=1)
    proofs: tuple[UnitProof, ...] = Field(min_length=1)
    calibration: Calibration | None

    @classmethod
    def at(
        cls,
        folder: Path,
        file: str,
        *,
        target: str,
        precision: str,
        runtime: str,
        least_runtime: str,
        inputs: Sequence[ArtifactInput],
        outputs: Sequence[ArtifactOutput],
        proofs: Sequence[UnitProof],
        part: str = MAIN,
        calibration: Calibration | None = None,
    ) -> Self:
        """The entry of the file or folder at `folder / file`."""
        return cls(
            **StoredFile.of(folder, file).model_dump(),
            kind="folder" if (folder / file).is_dir() else "file",
            part=part,
            target=target,
            precision=precision,
            runtime=runtime,
            least_runtime=least_runtime,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            proofs=tuple(proofs),
            calibration=calibration,
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        repeated = [item for item, count in Counter(proof.configuration for proof in self.proofs).items() if count > 1]
        if repeated:
            raise ValueError(f"{self.file} has two proofs for {repeated[0]}")
        return self

    @property
    def failed(self) -> bool:
        """Whether a proof failed, and none on another unit succeeded."""
        states = {proof.state for proof in self.proofs}
        return "failed" in states and states.isdisjoint(("proven", "interpreted"))


class FailedVariant(Record):
    """A target and precision that were asked for and could not be made."""

    target: Word
    precision: Word
    reason: Text
