"""The base class of all records in a bundle's JSON files."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable, with strict validation.

    An unknown key, or a number that JSON cannot represent (NaN, infinity), is an error, so that readers in Python,
    Kotlin and Swift interpret a manifest alike.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())
