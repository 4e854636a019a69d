"""Limits for an ML program's outputs in the interpreter."""

from typing import Final

from efficientmod_export.parity import Tolerance

GRAPH: Final = Tolerance(
    max_relative_error=1e-5,
    mean_relative_error=1e-6,
    cosine=0.999999,
    sqnr_db=100.0,
    displacement=2e-6,
    origin=(
        "an ML program interpreted in float32 with PyTorch's own kernels: what is left is the order of sums, and "
        "pixels normalised in another order. The four EfficientMods are within 6e-7 of the range. A GELU of the wrong "
        "kind or a layer off by 1 % is over 1e-4, so 1e-5 tells them apart."
    ),
)
"""For a float32 conversion of the same program, which tests the graph without float16's rounding."""

STORED_VALUES: Final = Tolerance(
    max_relative_error=3e-3,
    mean_relative_error=6e-4,
    cosine=0.9999,
    sqnr_db=48.0,
    displacement=1.2e-3,
    origin=(
        "an ML program's int8 weights, times steps in float16, computed in float32: what is left is the rounding of a "
        "step, at most 2^-12 of itself, and of the biases and other weights to float16. A network that float16 weights "
        "cost more is held to three times that."
    ),
)
"""For the stored values of a program with int8 weights, against the rounded program."""

PALETTE: Final = Tolerance(
    max_relative_error=1e-1,
    mean_relative_error=2e-2,
    cosine=0.98,
    sqnr_db=16.0,
    displacement=6e-2,
    origin=(
        "kernels and matrices of 64 numbers a layer, in steps of their rows. EfficientNet-Lite0, EfficientMod-s and "
        "-xxs, rounded for 16 photographs, are 21, 24 and 30 dB from float on 31 others; two bits less than int8 are "
        "12 dB. They measure at most 4.5e-2 of the range, so that the limits leave a factor of two at the maximum; the "
        "cosine is that of 16 dB. Faults are not left to them: the stored values in float32 are held to 3e-3."
    ),
)
"""For weights in palettes of 64."""
