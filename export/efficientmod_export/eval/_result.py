"""The result of an evaluation: a row for each artifact and for PyTorch, and what stands out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from efficientmod_export._plain import PlainRecord, plain

FORMAT_VERSION = "1.0"
"""Of the file that `efficientmod report --accuracy` reads (docs/accuracy.md)."""

Interval = tuple[float, float]
"""Of 95 % (Wilson)."""


@dataclass(frozen=True)
class Score(PlainRecord):
    """How many of `n` pictures have a right class among the best, with the interval of the fraction."""

    right: int
    n: int
    fraction: float
    interval: Interval


@dataclass(frozen=True)
class Agreement(PlainRecord):
    """How an artifact compares with the reference on `n` pictures that both give scores for.

    `same` have the same best class; at most `differs_at_most` of all such pictures differ (the 95 % interval's
    end).
    `to_wrong` and `to_right` count the flips among labelled pictures: right in the reference alone, in the artifact
    alone; None without labels.
    """

    same: int
    n: int
    fraction: float
    differs_at_most: float
    to_wrong: int | None
    to_right: int | None
    sqnr_db: float


@dataclass(frozen=True)
class Row(PlainRecord):
    """One artifact, or PyTorch, whose `artifact` is None. `runtime` ran it, or interpreted it.

    `top1` and `top5` are None without labels, `top5` also for up to five classes; `agreement` is None for the reference
    itself. `ms` is the median of one inference with one thread. Of `not_finite` pictures a score was NaN or infinite:
    they count as wrong.
    """

    name: str
    artifact: str | None
    target: str | None
    precision: str | None
    runtime: str
    interpreted: bool
    pictures: int
    top1: Score | None
    top5: Score | None
    agreement: Agreement | None
    ms: float
    not_finite: int

    def in_file(self) -> dict[str, Any]:
        """Its fields with `top1` and `n` as `efficientmod report` reads them."""
        one = self.top1
        return {
            **plain(self),
            "top1": one and one.fraction,
            "n": one.n if one else 0,
            "top1_interval": one and list(one.interval),
            "top5": self.top5 and self.top5.fraction,
            "top5_interval": self.top5 and list(self.top5.interval),
        }


@dataclass(frozen=True)
class Confusion(PlainRecord):
    """`count` pictures of the class `truth` for which `said` was said; with the labels, if the bundle has them."""

    truth: int
    truth_label: str | None
    said: int
    said_label: str | None
    count: int


@dataclass(frozen=True)
class Differing(PlainRecord):
    """A picture on which artifacts and the reference name other best classes.

    `displacement` is how much higher the reference scores its own, as a fraction of its scores' range: the largest of
    the artifacts'. `truth` are the acceptable classes.
    """

    picture: str
    truth: tuple[int, ...]
    reference: int
    artifacts: Mapping[str, int]
    displacement: float


@dataclass(frozen=True)
class EvalResult(PlainRecord):
    """Everything that an evaluation found.

    `found` pictures were there, `evaluated` were decoded, `labelled` of these have a class; `unreadable` are the
    others, with the reason. `labels` says where the classes are from, "" where none are known. `decode_ms` is the
    median of decoding and preprocessing a picture. `confusions` are by a row's name, the worst first. `failed`
    says of artifacts that were to be evaluated, or PyTorch, why they gave nothing for some pictures.
    """

    bundle: Path
    sha256: str
    model: str
    weights: str
    dataset: str
    labels: str
    found: int
    evaluated: int
    labelled: int
    unreadable: Mapping[str, str]
    reference: str | None
    reference_told: str
    rows: tuple[Row, ...]
    decode_ms: float
    confusions: Mapping[str, tuple[Confusion, ...]]
    differing: tuple[Differing, ...]
    warnings: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: Mapping[str, str]
    workers: str
    resumed: int
    class_labels: tuple[str, ...] | None = field(metadata={"json": False})
    sheet: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """The file: what `efficientmod report --accuracy` reads, and the rest."""
        rest = super().as_json()
        rows = {row.name: row.in_file() for row in self.rows}
        for name in ("bundle", "sha256", "dataset", "rows", "reference"):
            del rest[name]
        return {
            "format_version": FORMAT_VERSION,
            "bundle": self.sha256,
            "dataset": self.dataset,
            "results": [rows[row.name] for row in self.rows if row.artifact],
            "reference": self.reference,
            "pytorch": next((rows[row.name] for row in self.rows if not row.artifact), None),
            **rest,
        }

    def name_of(self, place: int) -> str:
        """A class's label, or its number."""
        return self.class_labels[place] if self.class_labels else f"class {place}"

    def shortfalls(self, *, min_top1: float | None = None, min_agreement: float | None = None) -> tuple[str, ...]:
        """A sentence for each artifact that failed, or is below a limit; the limits are fractions."""
        artifacts = [row for row in self.rows if row.artifact]
        low = [
            f"{row.name}: top-1 is {row.top1.fraction:.4f}, below --min-top1 {min_top1}"
            for row in artifacts
            if min_top1 is not None and row.top1 and row.top1.fraction < min_top1
        ]
        apart = [
            f"{row.name}: agrees with {self.reference} on {row.agreement.fraction:.4f}, below --min-agreement "
            f"{min_agreement}"
            for row in artifacts
            if min_agreement is not None and row.agreement and row.agreement.fraction < min_agreement
        ]
        return (*(f"{name} failed: {reason}" for name, reason in self.failed.items()), *low, *apart)
