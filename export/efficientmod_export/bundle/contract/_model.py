"""The network of a bundle, where its weights come from, and what wrote the bundle."""

from collections.abc import Sequence
from importlib import metadata
from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from efficientmod_export.bundle.contract._vocabulary import Sha256, Text, Word
from efficientmod_export.parity import Record

SEEDED_STATEMENT: Final = "seeded: for latency only"
GENERATOR: Final = "efficientmod-mobile"


class Generator(Record):
    """What wrote the bundle."""

    name: Text
    version: Text

    @classmethod
    def installed(cls) -> Self:
        """The toolkit in its installed version."""
        return cls(name=GENERATOR, version=metadata.version(GENERATOR))


class TaskEntry(Record):
    """What the network is for; a folder of `tasks/` documents each."""

    name: Word


class Weights(Record):
    """Where the weights come from: a checkpoint's file or a user's module, each with its SHA-256, or a seed.

    `statement` is a text for it that apps show.
    """

    kind: Literal["checkpoint", "seeded", "module"]
    sha256: Sha256 | None
    seed: int | None
    statement: Text

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"kind": {"const": "seeded"}}},
            "then": {
                "properties": {
                    "sha256": {"type": "null"},
                    "seed": {"type": "integer"},
                    "statement": {"const": SEEDED_STATEMENT},
                }
            },
            "else": {
                "properties": {
                    "sha256": {"type": "string"},
                    "seed": {"type": "null"},
                    "statement": {"not": {"const": SEEDED_STATEMENT}},
                }
            },
        }
    )

    @classmethod
    def of(
        cls,
        kind: Literal["checkpoint", "seeded", "module"],
        *,
        sha256: str | None,
        seed: int | None,
        notes: Sequence[str] = (),
    ) -> Self:
        """With the statement for this kind; `notes` are clauses that say what of a checkpoint was taken, or what the
        weights of a module are.
        """
        statements = {
            "checkpoint": ", ".join((f"checkpoint, SHA-256 {sha256}", *notes)),
            "seeded": SEEDED_STATEMENT,
            "module": ", ".join(notes) or "as the module holds them",
        }
        return cls(kind=kind, sha256=sha256, seed=seed, statement=statements[kind])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "seeded") != (self.sha256 is None) or (self.kind == "seeded") != (self.seed is not None):
            raise ValueError("seeded weights need a seed, and all others a SHA-256")
        if (self.kind == "seeded") != (self.statement == SEEDED_STATEMENT):
            raise ValueError(f"the statement must be {SEEDED_STATEMENT!r} for seeded weights, and only for them")
        return self


class Model(Record):
    """The network that every artifact of the bundle computes. `num_classes` is None where it is not a classifier."""

    name: Text
    num_classes: int | None = Field(ge=1)
    weights: Weights
