"""Accuracy of artifacts on labelled pictures, from a file: what latency is drawn against."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator

from efficientmod_export._intervals import wilson_interval
from efficientmod_export.bundle.contract import BundlePath, Sha256, Text, problems_of
from efficientmod_export.parity import Record
from efficientmod_mobile.errors import InputError


class ArtifactAccuracy(Record):
    """The fraction of `n` pictures whose best class is right."""

    artifact: BundlePath
    top1: Annotated[float, Field(ge=0, le=1)]
    n: Annotated[int, Field(ge=1)]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the fraction."""
        return wilson_interval(self.top1, self.n)


class Accuracy(Record):
    """Of the artifacts of one bundle, named by its digest. `dataset` says on which pictures."""

    format_version: Literal["1.0"]
    bundle: Sha256
    dataset: Text
    results: tuple[ArtifactAccuracy, ...]

    @field_validator("results", mode="before")
    @classmethod
    def _measured(cls, results: object) -> object:
        """Without those that were evaluated on pictures without labels, whose `top1` is null."""
        if not isinstance(results, list | tuple):
            return results
        return tuple(one for one in results if not (isinstance(one, dict) and one.get("top1", 0) is None))


def read_accuracy(path: Path) -> Accuracy:
    """Read a file; unknown fields are ignored. Raises InputError."""
    try:
        return Accuracy.model_validate_json(path.read_bytes(), strict=True, extra="ignore")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}); name a file with accuracies.",
            code="unreadable_accuracy",
        ) from error
    except ValidationError as error:
        problems = "; ".join(map(str, problems_of(error, path.name)))
        raise InputError(
            f"{path} has no accuracies that can be read: {problems}; docs/phone_report.md has the form.",
            code="damaged_accuracy",
        ) from error
