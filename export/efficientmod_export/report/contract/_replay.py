"""What an artifact gave for the golden samples on the device, and what was found in it.

The same definitions as in the bundle's format, without sentences: those are each app's own, in the user's language.
"""

import base64
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from efficientmod_export.bundle.contract import ArtifactDtype, Limits, Name, Shape
from efficientmod_export.parity import FaultCode, OutputMetrics, Quantity, Record
from efficientmod_export.report.contract._vocabulary import Count

Outcome = Literal["passed", "failed"]

RAW_LIMIT_BYTES = 16 * 1024 * 1024
"""Of all golden outputs of a configuration together; a report leaves out the values of larger ones."""


class DifferingValues(Record):
    """How many values of a sample's preprocessed `input` differ from the golden tensor, compared as bits."""

    sample: Name
    input: Name
    differing: Count


class OutputFault(Record):
    """Why a sample has no metrics; `output` is None where the count of outputs is wrong."""

    output: int | None = Field(ge=0)
    fault: FaultCode


class JudgedSample(Record):
    """The metrics of every output of one sample, or its faults; never both."""

    sample: Name
    outputs: tuple[OutputMetrics, ...]
    faults: tuple[OutputFault, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.outputs) == bool(self.faults):
            raise ValueError(f"the sample {self.sample} must have metrics or faults, and not both")
        return self


class Violation(Record):
    """A quantity of an output (by its index) that is beyond its limit on at least one sample."""

    output: int = Field(ge=0)
    quantity: Quantity


class ReplayVerdict(Record):
    """Whether the outputs are within `limits`; `violations` are sorted, `worst` has an entry for each output."""

    outcome: Outcome
    limits: Limits
    samples: tuple[JudgedSample, ...] = Field(min_length=1)
    worst: tuple[OutputMetrics, ...]
    violations: tuple[Violation, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        faults = any(sample.faults for sample in self.samples)
        if (self.outcome == "failed") != bool(faults or self.violations):
            raise ValueError("the outcome must be failed exactly with a fault or a violation")
        return self


class RawOutput(Record):
    """An output in the network's declared layout, as a golden tensor lies in a file, in base64.

    None where the golden outputs of all samples together are over 16 MiB.
    """

    shape: Shape
    dtype: ArtifactDtype
    base64: str | None

    @classmethod
    def of(cls, values: NDArray[np.generic]) -> Self:
        """With its values."""
        little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        text = base64.b64encode(little.tobytes()).decode()
        return cls.model_validate({"shape": values.shape, "dtype": values.dtype.name, "base64": text})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.values()  # a ValueError where they do not fit the shape
        return self

    def values(self) -> NDArray[np.generic] | None:
        """The values; None where they were left out."""
        if self.base64 is None:
            return None
        stored = np.dtype(self.dtype).newbyteorder("<")
        raw = base64.b64decode(self.base64, validate=True)
        return np.frombuffer(raw, stored).astype(self.dtype).reshape(self.shape)


class SampleOutputs(Record):
    """What the artifact gave for one sample, in the order of the network's outputs."""

    sample: Name
    outputs: tuple[RawOutput, ...]


class Replay(Record):
    """The golden samples on the device, before anything is timed.

    `repeatable` is whether a second round, with the samples in reverse order, gave the same bits. `again` is the
    outcome of a replay after the timing, None where none took place.
    """

    preprocessing: tuple[DifferingValues, ...]
    verdict: ReplayVerdict
    repeatable: bool
    outputs: tuple[SampleOutputs, ...]
    again: Outcome | None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if [one.sample for one in self.outputs] != [one.sample for one in self.verdict.samples]:
            raise ValueError("the outputs must be those of the verdict's samples, in the same order")
        return self

    @property
    def passed(self) -> bool:
        """Whether the pictures became the golden tensors, and the outputs are within the limits."""
        return self.verdict.outcome == "passed" and not any(one.differing for one in self.preprocessing)
