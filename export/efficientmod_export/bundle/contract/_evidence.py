"""The content of `proof.json`: how each artifact was made and proven. For people and reports; no app needs it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from efficientmod_export.bundle.contract._artifact import Limits, State, UnitProof
from efficientmod_export.bundle.contract._document import document_text
from efficientmod_export.bundle.contract._stored import StoredFile
from efficientmod_export.bundle.contract._vocabulary import FORMAT_VERSION, BundlePath, FormatVersion, Text, Word
from efficientmod_export.parity import Noise, NoiseKind, OutputMetrics, Record, Tolerance, Verdict
from efficientmod_mobile.deploy import Certificate

PROOF_NAME: Final = "proof.json"

Gate = Literal["runtime", "graph", "numerics", "replay"]


class Refused(Record):
    """A node where a transform was not applied: module path, node, and why."""

    where: str
    reason: str


class TransformStep(Record):
    """One exact transform: how often it applied, and where it did not."""

    transform: Text
    applied: int = Field(ge=0)
    refused: tuple[Refused, ...]


class Transforms(Record):
    """The certificate of the exact transforms.

    Errors are the largest absolute difference over the largest absolute value of the reference, which is the original
    network in float64: `float64_error`, at most `tolerance`, of the transformed network in float64, `float32_error` of
    it as deployed.
    """

    steps: tuple[TransformStep, ...]
    nodes_before: int = Field(ge=0)
    nodes_after: int = Field(ge=0)
    float64_error: float = Field(ge=0)
    float32_error: float = Field(ge=0)
    tolerance: float = Field(ge=0)

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        """From a certificate."""
        return cls.model_validate(certificate, from_attributes=True)


class Check(Record):
    """One run over all golden samples.

    - runtime: the artifact's own runtime ran it, on `unit`.
    - graph: a float32 conversion of the same program, or the artifact's own int8 weights in float32 arithmetic against
      the program with the same weights; it shows what the noise of the precision would hide.
    - numerics: the artifact itself, interpreted, every value rounded as the file declares.
    - replay: the artifact itself in float32 arithmetic, against `float32_outputs`, which it gave when exported.

    `unit` is None for an interpreter, whose result holds for every unit. `threads` is the number that the runtime used,
    None where it does not report it.
    """

    gate: Gate
    unit: Word | None
    compute_precision: Word
    threads: int | None = Field(ge=1)
    verdict: Verdict

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.gate == "runtime") != (self.unit is not None):
            raise ValueError("the unit is required for a runtime, and not allowed for an interpreter")
        return self


class RoundedLayer(Record):
    """A layer whose weights were rounded: its module's path, the number of weights, and the mean square error that this
    adds to its outputs on the pictures, as a fraction of their mean square.
    """

    path: Text
    weights: int = Field(ge=1)
    relative_error: float = Field(ge=0)


class Rounding(Record):
    """How an artifact's weights were rounded before the conversion: for which pictures, and each layer.

    `stored_as_int8` is the number of weights that the artifact holds as int8; the converter stores another one as
    before.
    """

    pictures: Text
    stored_as_int8: int = Field(ge=0)
    layers: tuple[RoundedLayer, ...]


class ArtifactEvidence(Record):
    """How the artifact `file` was made and proven.

    `transforms` are those of the program, `rewrites` those of the converter, where it is this toolkit's own.
    `delegates` counts the parts that the runtime's delegate runs, `outside` names the operators outside them; None and
    empty where the runtime decides on the device. `rank` is the highest rank of any tensor in the file, None where the
    file does not tell. `rounding` is None where the weights are as the program has them. `float32_outputs` are the
    outputs in float32 arithmetic of an artifact that is interpreted or not in float32, for each golden sample and
    output, in the format of golden tensors; empty for other artifacts.
    """

    file: BundlePath
    transforms: Transforms
    rewrites: tuple[TransformStep, ...]
    delegates: int | None = Field(ge=0)
    outside: tuple[str, ...]
    rank: int | None = Field(ge=0)
    rounding: Rounding | None
    checks: tuple[Check, ...]
    float32_outputs: tuple[tuple[StoredFile, ...], ...]


class Evidence(Record):
    """The whole of `proof.json`.

    `tools` maps each package that was used to its version. `noise` is the network's error by rounding alone, by kind
    (`float32`, `float16_weights`, `float16`), for each output: limits are no tighter than a multiple of it.
    """

    format_version: FormatVersion
    artifacts: tuple[ArtifactEvidence, ...] = Field(min_length=1)
    noise: dict[NoiseKind, tuple[OutputMetrics, ...]]
    tools: dict[str, str]

    @classmethod
    def of(cls, artifacts: Sequence[ArtifactEvidence], tools: Mapping[str, str], noise: Noise) -> Self:
        """In the version that this toolkit writes."""
        return cls(format_version=FORMAT_VERSION, artifacts=tuple(artifacts), noise=dict(noise), tools=dict(tools))

    def to_json(self) -> str:
        """The text of `proof.json`; the same evidence always gives the same text."""
        return document_text(self.model_dump(mode="json")) + "\n"


def write_evidence(folder: Path, evidence: Evidence) -> StoredFile:
    """Write `proof.json` into the bundle's `folder`, and return its entry for the manifest."""
    (folder / PROOF_NAME).write_text(evidence.to_json(), encoding="utf-8")
    return StoredFile.of(folder, PROOF_NAME)


def conclude(unit: str, compute_precision: str, checks: Sequence[Check], tolerance: Tolerance) -> UnitProof:
    """The manifest's conclusion from an artifact's `checks` for one unit and compute precision.

    `tolerance` has the artifact's limits there.
    """
    concerned = [check for check in checks if check.unit in (None, unit) and _is_about(check, compute_precision)]
    state, reason = _state(concerned)
    return UnitProof(
        unit=unit,
        compute_precision=compute_precision,
        threads=next((check.threads for check in concerned if check.gate == "runtime"), None),
        state=state,
        reason=reason,
        limits=Limits.of(tolerance),
    )


def _is_about(check: Check, compute_precision: str) -> bool:
    """Checks of the graph, and of its recorded outputs, count for every compute precision."""
    return check.gate in ("graph", "replay") or check.compute_precision == compute_precision


def _state(checks: Sequence[Check]) -> tuple[State, str | None]:
    failed = [check for check in checks if check.verdict.outcome == "failed"]
    passed = {check.gate for check in checks if check.verdict.outcome == "passed"}
    not_run = _reasons(check for check in checks if check.verdict.outcome == "not run here")
    if failed:
        return "failed", _reasons(failed)
    if "runtime" in passed:
        return "proven", None
    refused = [check for check in checks if check.verdict.outcome == "refused"]
    if refused:
        return "refused", _reasons(refused)
    if "numerics" in passed:
        return "interpreted", not_run or "an interpreter of the file's format ran it, not its own runtime"
    return "not_run_here", not_run


def _reasons(checks: Iterable[Check]) -> str:
    return "; ".join(reason for check in checks for reason in check.verdict.reasons)
