"""Limits for a TFLite file where none of the shared ones fits."""

from typing import Final

from efficientmod_export.parity import Tolerance
from efficientmod_export.targets._limits import FLOAT16

FLOAT16_WEIGHTS: Final = Tolerance(
    max_relative_error=5e-3,
    mean_relative_error=1e-3,
    cosine=0.9999,
    sqnr_db=45.0,
    displacement=2e-3,
    origin=(
        "weights rounded to float16, arithmetic in float32. Rounding moves each weight by up to 2^-11 = 4.9e-4 of "
        "itself; the errors are independent, so that the RMS over a sum stays near 2.8e-4 and grows with the root "
        "of the depth. The four EfficientMods measure at most 8.0e-4 of the range, 1.7e-4 on average, 56 dB; the "
        "limits leave a factor of six at the maximum. displacement is twice the mean error."
    ),
)

GPU_FLOAT16: Final = FLOAT16.model_copy(
    update={
        "origin": (
            "weights, activations and sums in float16. The network's own noise is measured with such sums, which the "
            "software driver lavapipe adds term by term, bit for bit the same; docs/measurements/gpu.md has both for "
            "many networks. The four EfficientMods measure at most 4.3e-3 of the range by their own noise and 3.9e-3 "
            "on the driver, so that float16's limits leave a factor of two at the maximum; a noisier network has "
            "limits of its own. displacement is twice the mean error."
        )
    }
)
"""Limits of a GPU in float16."""
