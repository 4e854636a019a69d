"""How far an artifact's results may be from the reference's."""

from collections.abc import Sequence
from math import log10
from typing import Self

from efficientmod_export.parity._metrics import OutputMetrics
from efficientmod_export.parity._records import Record

NOISE_FACTOR = 3.0
"""How many times the network's own rounding noise an artifact may cost.

An artifact rounds in other places than the network that the noise is measured on, and a fault costs many times more:
docs/measurements/coreml_models.md has both for many networks.
"""


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

    def widened(self, noise: Sequence[OutputMetrics]) -> Self:
        """These limits, or NOISE_FACTOR times what rounding alone costs the network, whichever allows more.

        `noise` has the worst metrics of each output. A cosine c is that of an angle, so 1 - c grows with its square.
        """
        if not noise:
            return self
        mean = NOISE_FACTOR * max(one.mean_relative_error for one in noise)
        return self.model_copy(
            update={
                "max_relative_error": max(
                    self.max_relative_error, NOISE_FACTOR * max(one.max_relative_error for one in noise)
                ),
                "mean_relative_error": max(self.mean_relative_error, mean),
                "cosine": min(self.cosine, 1.0 - NOISE_FACTOR**2 * (1.0 - min(one.cosine for one in noise))),
                "sqnr_db": min(self.sqnr_db, min(one.sqnr_db for one in noise) - 20.0 * log10(NOISE_FACTOR)),
                "displacement": max(self.displacement, 2.0 * mean),
            }
        )
