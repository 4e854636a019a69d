"""What each target may differ by, and where each number comes from."""

from typing import Final

from efficientmod_export._stages import Precision
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


_FLOAT32: Final = Tolerance(
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

_FLOAT16_WEIGHTS: Final = Tolerance(
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

_FLOAT16: Final = Tolerance(
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

GRAPH_TOLERANCE: Final = Tolerance(
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
"""For the graph of a Core ML program alone, apart from its float16 numerics."""

TOLERANCES: Final[dict[tuple[str, Precision], Tolerance]] = {
    ("coreml", "fp16"): _FLOAT16,
    ("coreml", "fp32"): _FLOAT32,
    ("executorch", "fp32"): _FLOAT32,
    ("executorch-coreml", "fp16"): _FLOAT16,
    ("executorch-coreml", "fp32"): _FLOAT32,
    ("executorch-vulkan", "fp32"): _FLOAT32,
    ("onnx", "fp32"): _FLOAT32,
    ("tflite", "fp16"): _FLOAT16_WEIGHTS,
    ("tflite", "fp32"): _FLOAT32,
}
"""By target and precision."""
