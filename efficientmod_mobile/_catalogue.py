"""The catalogue of models that the toolkit is tested with: parameters, multiply-accumulates and accuracy."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class CatalogueEntry:
    """One model.

    `params` and `macs` are those of the network as trained (before branches are merged and norms folded),
    `macs` by `count_macs` for a picture of `input_size` (H, W). `top1` is the published ImageNet-1k accuracy in percent
    at that size, None if none was found; `source` is where it was published.
    """

    name: str
    input_size: tuple[int, int]
    params: int
    macs: int
    top1: float | None
    source: str


@cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """The EfficientMods, then timm's models by their `timm/` names."""
    text = resources.files("efficientmod_mobile").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return tuple(_entry(row) for row in csv.DictReader(text.splitlines()))


def _entry(row: dict[str, str]) -> CatalogueEntry:
    return CatalogueEntry(
        name=row["name"],
        input_size=(int(row["height"]), int(row["width"])),
        params=int(row["params"]),
        macs=int(row["macs"]),
        top1=float(row["top1"]) if row["top1"] else None,
        source=row["source"],
    )
