"""What was timed. Every single timing is kept, in nanoseconds."""

from typing import Literal, Self

from pydantic import Field, model_validator

from efficientmod_export.bundle.contract import Size
from efficientmod_export.parity import Record
from efficientmod_export.report.contract._statistics import PhaseStatistics
from efficientmod_export.report.contract._vocabulary import Nanoseconds, Seconds

PhaseKind = Literal["warmup", "burst", "paced", "sustained"]


class Wait(Record):
    """The wait before a configuration's turn; `cooled` is False where it ended at the plan's limit."""

    started_s: Seconds
    waited_s: Seconds
    cooled: bool


class Load(Record):
    """Each cold open, and the first call after it. `compile_ns` is the time to compile the model on the device.

    `first_ever` is whether this system had never loaded the model before; None where that is not known.
    """

    open_ns: tuple[Nanoseconds, ...] = Field(min_length=1)
    first_call_ns: tuple[Nanoseconds, ...] = Field(min_length=1)
    compile_ns: Nanoseconds | None
    first_ever: bool | None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.open_ns) != len(self.first_call_ns):
            raise ValueError("there must be as many first calls as opens")
        return self


class Phase(Record):
    """Runs of one kind. `started_s` counts from the start of the run of the app.

    Of each run: `start_ns`, when the writing of its input began, counted from the start of the phase; `input_ns`, that
    writing; `run_ns`; `output_ns`, reading the outputs, None where `run_ns` includes it. `interval_ms` is the pace,
    None for the other kinds.
    """

    kind: PhaseKind
    round: int = Field(ge=1)
    interval_ms: float | None = Field(gt=0)
    started_s: Seconds
    start_ns: tuple[Nanoseconds, ...] = Field(min_length=1)
    input_ns: tuple[Nanoseconds, ...]
    run_ns: tuple[Nanoseconds, ...]
    output_ns: tuple[Nanoseconds, ...] | None
    statistics: PhaseStatistics

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        lengths = {len(self.start_ns), len(self.input_ns), len(self.run_ns)}
        if len(lengths | ({len(self.output_ns)} if self.output_ns is not None else set())) > 1:
            raise ValueError("start_ns, input_ns, run_ns and output_ns must have one value for each run")
        if any(later <= earlier for earlier, later in zip(self.start_ns, self.start_ns[1:], strict=False)):
            raise ValueError("each run must start later than the one before it")
        if (self.kind == "paced") != (self.interval_ms is not None):
            raise ValueError("interval_ms is required for a paced phase, and not allowed for others")
        return self

    @property
    def ended_s(self) -> float:
        """When the last run had ended, in seconds since the start of the run of the app."""
        output = 0 if self.output_ns is None else self.output_ns[-1]
        return self.started_s + (self.start_ns[-1] + self.input_ns[-1] + self.run_ns[-1] + output) / 1e9


class MemoryUse(Record):
    """Memory of the process, read in a pass in which nothing is timed.

    `kind` says what is counted: `rss` (VmRSS; `anon_bytes` and `file_bytes` are its parts) or Apple's `phys_footprint`.
    """

    kind: Literal["rss", "phys_footprint"]
    before_bytes: Size
    opened_bytes: Size
    peak_bytes: Size
    anon_bytes: Size | None
    file_bytes: Size | None
