"""The whole report of a run on one device."""

from collections import Counter
from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from efficientmod_export.parity import Record
from efficientmod_export.report.contract._configuration import ReportedConfiguration
from efficientmod_export.report.contract._device import App, Condition, Device, ReportedBundle
from efficientmod_export.report.contract._plan import Plan
from efficientmod_export.report.contract._statistics import Spread
from efficientmod_export.report.contract._vocabulary import (
    REPORT_VERSION,
    Count,
    Moment,
    Nanoseconds,
    ReportVersion,
    Uuid,
)


class Camera(Record):
    """The live picture: `config` is the index of the configuration that ran.

    `end_to_end_ns` is from the frame's arrival to the result. `dropped` counts the frames that came while one was at
    work.
    """

    config: int = Field(ge=0)
    seconds: float = Field(gt=0)
    frames: int = Field(ge=1)
    dropped: Count
    preprocess_ns: tuple[Nanoseconds, ...] = Field(min_length=1)
    end_to_end_ns: tuple[Nanoseconds, ...] = Field(min_length=1)
    preprocess: Spread
    end_to_end: Spread


class Report(Record):
    """What an app found on one device with one bundle: `docs/phone_report.md` explains every field."""

    format_version: ReportVersion = Field(description=f"major.minor; this version is {REPORT_VERSION}.")
    run_id: Uuid
    started_at: Moment
    app: App
    plan: Plan
    bundle: ReportedBundle
    device: Device
    conditions: tuple[Condition, ...] = Field(min_length=1)
    configs: tuple[ReportedConfiguration, ...] = Field(min_length=1)
    camera: Camera | None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for contradiction in self._contradictions():
            raise ValueError(contradiction)
        return self

    def to_json(self) -> str:
        """The text of a report's file."""
        return self.model_dump_json() + "\n"

    def during(self, started_s: float, ended_s: float) -> tuple[Condition, ...]:
        """The conditions from the last one before a time on to its end."""
        before = [one for one in self.conditions if one.at_s <= started_s]
        return (*before[-1:], *(one for one in self.conditions if started_s < one.at_s <= ended_s))

    def _contradictions(self) -> Iterator[str]:
        times = [one.at_s for one in self.conditions]
        if times != sorted(times):
            yield "the conditions must be in the order of time"
        names = Counter((config.name, config.runtime, tuple(sorted(config.options.items()))) for config in self.configs)
        yield from (f"two configurations are {name[0]}" for name, count in names.items() if count > 1)
        if self.camera is not None and self.camera.config >= len(self.configs):
            yield "the camera names a configuration that is not there"
