"""Limits for a TFLite file where none of the shared ones fits."""

from typing import Final

from efficientmod_export.parity import Tolerance

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
