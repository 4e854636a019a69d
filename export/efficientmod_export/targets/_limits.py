"""Limits that several targets share, by compute precision, and where each number comes from."""

from typing import Final

from efficientmod_export.parity import Tolerance

FLOAT32: Final = Tolerance(
    max_relative_error=1e-4,
    mean_relative_error=1e-5,
    cosine=0.999999,
    sqnr_db=80.0,
    displacement=2e-5,
    origin=(
        "float32 on both sides, so that only the order of sums and the approximations of erf and exp differ. The "
        "four EfficientMods in float32 are within 4e-7 of the range and 119 dB of themselves in float64; 1e-4 "
        "leaves room for deeper networks and other processors' kernels. 80 dB is the same 1e-4, of the signal's "
        "RMS rather than its range, so that a few large channels hide nothing. displacement is twice the mean "
        "error."
    ),
)

FLOAT16: Final = Tolerance(
    max_relative_error=1e-2,
    mean_relative_error=2e-3,
    cosine=0.9999,
    sqnr_db=40.0,
    displacement=4e-3,
    origin=(
        "weights and activations in float16, 2^-11 = 4.9e-4 at each rounding. The four EfficientMods with every "
        "result rounded to float16 measure at most 1.1e-3 of the range, 2.1e-4 on average, 55 dB, with sums kept "
        "in float32; a processor that also sums in float16 loses more, so the limits leave a factor of nine at the "
        "maximum. displacement is twice the mean error."
    ),
)

INT8: Final = Tolerance(
    max_relative_error=6e-2,
    mean_relative_error=1e-2,
    cosine=0.995,
    sqnr_db=22.0,
    displacement=3e-2,
    origin=(
        "kernels and matrices in 255 steps a row, and what they are multiplied with in 256. The four EfficientMods, "
        "rounded for the samples themselves, measure at most 2.1e-2 of the range, 5.1e-3 on average, 25 dB. Rounded "
        "for other pictures they lose more, so the limits leave a factor of three at the maximum. displacement is "
        "what an app's user would not notice. Faults are not left to these limits: the stored values, computed in "
        "float32, are held to float32's."
    ),
)

REPLAYED: Final = Tolerance(
    max_relative_error=2e-6,
    mean_relative_error=2e-7,
    cosine=0.999999,
    sqnr_db=110.0,
    displacement=4e-7,
    origin=(
        "the same file in the same float32 arithmetic as at its export, so that nothing differs on one machine, and "
        "the order of sums on another. The four EfficientMods in float32 are within 4e-7 of the range and 119 dB of "
        "themselves in float64; a norm whose epsilon is 1e-6 in place of 1e-5 is over 2e-6."
    ),
)
