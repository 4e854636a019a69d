"""Quantised activations. Formulas: MIL operator reference, "quantization_ops" (iOS 17)."""

import torch
from torch import Tensor

from efficientmod_export.mil._ops._constexpr import along_axis
from efficientmod_export.mil._registry import operator
from efficientmod_export.mil._types import BY_NAME


@operator("quantize", since=17)
def quantize(
    input: Tensor,  # noqa: A002 - MIL's own name
    scale: Tensor,
    output_dtype: str,
    zero_point: Tensor | None = None,
    axis: int | None = None,
) -> Tensor:
    """`round(input / scale) + zero_point`, clamped to the range of int8 or uint8; halves round to even."""
    along, rank = axis or 0, input.dim()
    steps = torch.round(input / along_axis(scale, along, rank))
    if zero_point is not None:
        steps = steps + along_axis(zero_point, along, rank)
    compute_dtype = BY_NAME[output_dtype].compute_dtype
    limits = torch.iinfo(compute_dtype)
    return steps.clamp(limits.min, limits.max).to(compute_dtype)


@operator("dequantize", since=17)
def dequantize(
    input: Tensor,  # noqa: A002 - MIL's own name
    scale: Tensor,
    zero_point: Tensor | None = None,
    axis: int | None = None,
) -> Tensor:
    """`scale * (input - zero_point)`."""
    along, rank = axis or 0, input.dim()
    shifted = input.to(torch.float32)
    if zero_point is not None:
        shifted = shifted - along_axis(zero_point, along, rank).to(torch.float32)
    return shifted * along_axis(scale, along, rank)
