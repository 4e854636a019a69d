"""The allowed differences between an artifact's results and the reference's."""

from collections.abc import Sequence
from math import log10
from typing import Self

from efficientmod_export.parity._metrics import OutputMetrics
from efficientmod_export.parity._records import Record

NOISE_FACTOR = 3.0
"""The allowed error of an artifact, as a multiple of the network's rounding noise.

An artifact rounds at other operations than the program on which the noise is measured, and a fault causes a much larger
error: docs/measurements/coreml_models.md has both for many networks.
"""


class Tolerance(Record):
    """The limits for every sample and output; `_metrics` defines the quantities.

    `displacement` limits the difference between two reference scores (as a fraction of the range) whose order the
    artifact may reverse in its top-1 or top-5. `origin` states where the numbers come from.
    """

    max_relative_error: float
    mean_relative_error: float
    cosine: float
    sqnr_db: float
    displacement: float
    origin: str

    def widened(self, noise: Sequence[OutputMetrics]) -> Self:
        """These limits, or NOISE_FACTOR times the network's rounding noise, whichever is larger.

        `noise` has the worst metrics of each output. For a small angle, 1 - cosine grows with the angle's square.
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
