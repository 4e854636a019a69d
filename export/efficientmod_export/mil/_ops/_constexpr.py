"""Compressed weights, decompressed once when a program is loaded.

Formulas: MIL operator reference, "constexpr_ops" (iOS 16) and "compression" (iOS 18).
"""

import math

import torch
from torch import Tensor

from efficientmod_export.mil._registry import Ints, operator
from efficientmod_export.mil._types import BY_NAME, unpack

# The lengths that a palette may have in iOS 16, each with the number of bits of its indices.
_PALETTE_BITS = {2: 1, 4: 2, 16: 4, 64: 6, 256: 8}


def along_axis(values: Tensor, axis: int, rank: int) -> Tensor:
    """A scalar unchanged; a vector reshaped to broadcast along `axis` of a tensor of `rank`."""
    return values.reshape([-1 if index == axis % rank else 1 for index in range(rank)]) if values.dim() else values


def _blocks(values: Tensor, shape: torch.Size) -> Tensor:
    """`values` with every element repeated along each axis until it has `shape`."""
    for axis, length in enumerate(shape):
        if values.shape[axis] != length:
            values = values.repeat_interleave(length // values.shape[axis], axis)
    return values


def _unpacked(packed: Tensor, dtype: str, shape: Ints) -> Tensor:
    """Numbers narrower than a byte, each in a byte of its own."""
    count, kind = math.prod(shape), BY_NAME[dtype]
    if packed.numel() != kind.size_of(count):
        raise ValueError(f"{packed.numel()} bytes for {count} elements of {kind.bits} bits")
    return torch.from_numpy(unpack(packed.numpy(), kind, count)).reshape(shape)


def _dense(nonzero: Tensor, mask: Tensor) -> Tensor:
    dense = torch.zeros(mask.shape, dtype=nonzero.dtype)
    dense[mask != 0] = nonzero
    return dense


@operator("constexpr_affine_dequantize", since=16)
def constexpr_affine_dequantize(quantized_data: Tensor, zero_point: Tensor, scale: Tensor, axis: int) -> Tensor:
    """`scale * (quantized_data - zero_point)`, both given once or for each index along `axis`."""
    rank = quantized_data.dim()
    shifted = quantized_data.to(torch.float32) - along_axis(zero_point, axis, rank).to(torch.float32)
    return shifted * along_axis(scale, axis, rank)


@operator("constexpr_cast", since=16)
def constexpr_cast(source_val: Tensor, output_dtype: str) -> Tensor:
    """A float16 constant in float32."""
    return source_val.to(BY_NAME[output_dtype].compute_dtype)


@operator("constexpr_lut_to_dense", since=16)
def constexpr_lut_to_dense(indices: Tensor, lut: Tensor, shape: Ints) -> Tensor:
    """A palette's entries, by indices of log2(palette size) bits, packed."""
    if lut.numel() not in _PALETTE_BITS:
        raise ValueError(f"a palette of {lut.numel()} entries; it has 2, 4, 16, 64 or 256")
    numbers = _unpacked(indices, f"uint{_PALETTE_BITS[lut.numel()]}", shape)
    return lut[numbers.to(torch.int64)]


@operator("constexpr_sparse_to_dense", since=16)
def constexpr_sparse_to_dense(nonzero_data: Tensor, mask: Tensor, shape: Ints) -> Tensor:
    """The given values, in order, where the packed mask is 1; zeros elsewhere."""
    return _dense(nonzero_data, _unpacked(mask, "uint1", shape))


@operator("constexpr_blockwise_shift_scale", since=18)
def constexpr_blockwise_shift_scale(data: Tensor, scale: Tensor, offset: Tensor | None = None) -> Tensor:
    """`scale * (data - offset)`, one scale and offset for each block."""
    shifted = data.to(torch.float32)
    if offset is not None:
        shifted = shifted - _blocks(offset, data.shape).to(torch.float32)
    return shifted * _blocks(scale, data.shape)


@operator("constexpr_lut_to_dense", since=18)
def constexpr_lut_to_dense_blockwise(indices: Tensor, lut: Tensor, vector_axis: int | None = None) -> Tensor:
    """Entries (values, or vectors along `vector_axis`) of the palette of each block of indices."""
    palettes = lut.flatten(0, -3)
    block = _blocks(torch.arange(len(palettes)).reshape(lut.shape[:-2]), indices.shape)
    vectors = palettes[block, indices.to(torch.int64)]
    if vector_axis is None:
        return vectors.squeeze(-1)
    axis = vector_axis % indices.dim()
    return vectors.movedim(-1, axis + 1).flatten(axis, axis + 1)


@operator("constexpr_sparse_to_dense", since=18)
def constexpr_sparse_to_dense_shaped(nonzero_data: Tensor, mask: Tensor) -> Tensor:
    """The given values, in order, where the mask is 1; zeros elsewhere."""
    return _dense(nonzero_data, mask)


@operator("constexpr_lut_to_sparse", since=18)
def constexpr_lut_to_sparse(
    indices_mask: Tensor, indices_nonzero_data: Tensor, lut: Tensor, vector_axis: int | None = None
) -> tuple[Tensor, Tensor]:
    """The mask and the values of a palettised sparse tensor."""
    dense = constexpr_lut_to_dense_blockwise(_dense(indices_nonzero_data, indices_mask), lut, vector_axis)
    mask = indices_mask if vector_axis is None else indices_mask.repeat_interleave(lut.shape[-1], vector_axis)
    return mask, dense[mask != 0]


@operator("constexpr_sparse_blockwise_shift_scale", since=18)
def constexpr_sparse_blockwise_shift_scale(
    data_mask: Tensor, nonzero_data: Tensor, scale: Tensor, offset: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The mask and the values of a quantised sparse tensor."""
    dense = constexpr_blockwise_shift_scale(_dense(nonzero_data, data_mask), scale, offset)
    return data_mask, dense[data_mask != 0]
