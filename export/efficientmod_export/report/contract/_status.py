"""How far a run is that the laptop started: the content of `status.json`."""

from typing import Literal

from pydantic import Field

from efficientmod_export.bundle.contract import Text, Word
from efficientmod_export.parity import Record
from efficientmod_export.report.contract._vocabulary import ReportVersion, Seconds, Uuid

Step = Literal["import", "replay", "open", "wait", "warmup", "burst", "paced", "sustained", "memory", "report"]
TIMED_STEPS: frozenset[Step] = frozenset({"open", "warmup", "burst", "paced", "sustained"})
"""During these the phone is asked less often."""


class RunStatus(Record):
    """One state of a run. `config` is a configuration's name, None where the step is about none.

    `done` says that the report is there, `failed` that there will be none, with a `code` and the reason as `text`.
    """

    format_version: ReportVersion
    run_id: Uuid
    state: Literal["running", "done", "failed"]
    step: Step
    config: Text | None
    fraction: float = Field(ge=0, le=1)
    at_s: Seconds
    text: Text
    code: Word | None
