"""One configuration: an artifact on a runtime, a unit, in a compute precision, on a number of threads."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from efficientmod_export.bundle.contract import BundlePath, Sha256, Text, Word
from efficientmod_export.parity import Record
from efficientmod_export.report.contract._replay import Replay
from efficientmod_export.report.contract._statistics import Percentiles
from efficientmod_export.report.contract._timing import Load, MemoryUse, Phase, Wait
from efficientmod_export.report.contract._vocabulary import Count

ConfigState = Literal["measured", "proven", "failed", "refused", "void"]
NO_REASON: frozenset[ConfigState] = frozenset({"measured", "proven"})


class Reason(Record):
    """Why a configuration failed, was refused or is void: a code that `docs/phone_report.md` lists, and a sentence."""

    code: Word
    text: Text


class Placement(Record):
    """How many operations Core ML prefers to run where: what it plans, not what it did."""

    cpu: Count
    gpu: Count
    neural_engine: Count


class ReportedConfiguration(Record):
    """What was found of one configuration.

    `processor` is the unit's name as the driver gives it; `software` says that the CPU imitates the unit, so that its
    times are void. `backends` names what ran it, such as XNNPACK; `outside` the operators that they leave, None where
    that is not known. `options` are the runtime's other settings.

    - measured: proven before and after, and timed.
    - proven: proven, and not timed.
    - failed: it does not compute what the reference computes, or an open or a run failed.
    - refused: the runtime does not run it on this unit.
    - void: it is proven, but what was timed does not count.

    `latency` is of the runs of all bursts together, None without one.
    """

    artifact: BundlePath
    artifact_sha256: Sha256
    target: Word
    precision: Word
    runtime: Text
    runtime_version: Text
    unit: Word
    compute_precision: Word
    threads: int | None = Field(ge=1)
    options: dict[str, str]
    processor: Text | None
    software: bool
    backends: tuple[Text, ...]
    outside: tuple[Text, ...] | None
    placement: Placement | None
    state: ConfigState
    reason: Reason | None
    replay: Replay | None
    load: Load | None
    waits: tuple[Wait, ...]
    phases: tuple[Phase, ...]
    latency: Percentiles | None
    memory: MemoryUse | None

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"state": {"enum": ["measured", "proven"]}}},
            "then": {"properties": {"reason": {"type": "null"}}},
            "else": {"properties": {"reason": {"type": "object"}}},
        }
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.reason is None) != (self.state in NO_REASON):
            raise ValueError("a configuration has a reason exactly when it is neither measured nor proven")
        if self.state in ("measured", "proven", "void") and self.replay is None:
            raise ValueError(f"a configuration cannot be {self.state} without a replay")
        if self.state == "refused" and self.replay is not None:
            raise ValueError("a refused configuration has no replay")
        if self.state not in ("measured", "void") and self.phases:
            raise ValueError(f"a configuration that is {self.state} has no phases")
        if (self.latency is None) != (not self.bursts):
            raise ValueError("the latency is required with a burst, and not allowed without one")
        return self

    @property
    def name(self) -> str:
        """As on the command line: target-precision:unit:compute precision, and :threads where there is a number."""
        threads = "" if self.threads is None else f":{self.threads}"
        return f"{self.target}-{self.precision}:{self.unit}:{self.compute_precision}{threads}"

    @property
    def bursts(self) -> tuple[Phase, ...]:
        """The phases whose runs are the latency."""
        return tuple(phase for phase in self.phases if phase.kind == "burst")
