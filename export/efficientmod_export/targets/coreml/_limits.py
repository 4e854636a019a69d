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
