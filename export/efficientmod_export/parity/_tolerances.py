"""How far an artifact's results may be from the reference's."""

from efficientmod_export.parity._records import Record


class Tolerance(Record):
    """The limits that every sample and output must keep; `_metrics` defines the quantities.

    `displacement` bounds how large a difference between the reference's scores (as a fraction of the range) the
    artifact may turn around in its top-1 or top-5 before that is a fault. `origin` says where the numbers come from.
    """

    max_relative_error: float
    mean_relative_error: float
    cosine: float
    sqnr_db: float
    displacement: float
    origin: str
