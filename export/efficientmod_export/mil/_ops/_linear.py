"""Matrix products."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._registry import Tensors, operator


@operator("linear")
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x` (..., in) times the transpose of weight (out, in), plus bias (out)."""
    return F.linear(x, weight, bias)


@operator("matmul")
def matmul(x: Tensor, y: Tensor, transpose_x: bool = False, transpose_y: bool = False) -> Tensor:
    """Batched matrix product; the last two axes of each side may be swapped first."""
    return torch.matmul(x.transpose(-1, -2) if transpose_x else x, y.transpose(-1, -2) if transpose_y else y)


@operator("einsum")
def einsum(values: Tensors, equation: str) -> Tensor:
    """Einstein summation over two tensors."""
    return torch.einsum(equation, *values)


@operator("scaled_dot_product_attention", since=18)
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None) -> Tensor:
    """softmax(query key^T / sqrt(E) + attn_mask) value; a boolean mask keeps where it is true (Vaswani et al. 2017)."""
    scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.shape[-1])
    if attn_mask is not None:
        mask = attn_mask
        if mask.dtype == torch.bool:
            mask = torch.zeros(mask.shape).masked_fill(~mask, -math.inf)
        scores = scores + mask
    return torch.matmul(torch.softmax(scores, -1), value)
