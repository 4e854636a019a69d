"""How far from PyTorch a Vulkan program may be in the interpreter."""

from typing import Final

from efficientmod_export.parity import Tolerance

GRAPH: Final = Tolerance(
    max_relative_error=2e-5,
    mean_relative_error=2e-6,
    cosine=0.999999,
    sqnr_db=90.0,
    displacement=4e-6,
    origin=(
        "a Vulkan program interpreted in float32 with PyTorch's own kernels: what is left is the order of sums, and "
        "GELU within 2e-6."
    ),
)
"""For a float32 conversion of the same program: is the graph right? Apart from the file's own float16 numerics."""
