"""What was held against the reference, and how it came out."""

from typing import Literal

from efficientmod_export._stages import ComputePrecision, Unit
from efficientmod_export.parity._records import Record
from efficientmod_export.parity._verdict import Verdict

Gate = Literal["runtime", "graph", "numerics"]


class Check(Record):
    """One proof of an artifact.

    `gate`: the artifact's own runtime ran it on a unit; or an interpreter ran, for want of that, a float32 conversion
    of the same program (`graph`) and the artifact itself, rounded as it says (`numerics`), on no unit.
    """

    gate: Gate
    unit: Unit | None
    compute_precision: ComputePrecision
    verdict: Verdict
