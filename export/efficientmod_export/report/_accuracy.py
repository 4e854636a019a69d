"""Accuracy of artifacts on labelled pictures, from a file: what latency is drawn against."""

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from efficientmod_export.bundle.contract import BundlePath, Sha256, Text, problems_of
from efficientmod_export.parity import Record
from efficientmod_mobile.errors import InputError

Z95 = 1.959963984540054


class ArtifactAccuracy(Record):
    """The fraction of `n` pictures whose best class is right."""

    artifact: BundlePath
    top1: Annotated[float, Field(ge=0, le=1)]
    n: Annotated[int, Field(ge=1)]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the fraction (Wilson 1927)."""
        shrink = 1 + Z95**2 / self.n
        centre = (self.top1 + Z95**2 / (2 * self.n)) / shrink
        half = Z95 / shrink * math.sqrt(self.top1 * (1 - self.top1) / self.n + Z95**2 / (4 * self.n**2))
        return max(0.0, centre - half), min(1.0, centre + half)


class Accuracy(Record):
    """Of the artifacts of one bundle, named by its digest. `dataset` says on which pictures."""

    format_version: Literal["1.0"]
    bundle: Sha256
    dataset: Text
    results: tuple[ArtifactAccuracy, ...]


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
