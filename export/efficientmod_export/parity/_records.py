"""The base of every value that is written to a bundle's manifest."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable, and strict about what it is built from.

    An unknown key or a number that JSON cannot hold (NaN, infinity) is an error, so that a manifest
    means the same to the Python, Kotlin and Swift that read it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())
