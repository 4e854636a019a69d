"""Moving elements between the channel, spatial and batch axes. All take (N, C, H, W)."""

import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._registry import Ints, operator


@operator("pixel_shuffle", moves=True)
def pixel_shuffle(x: Tensor, upscale_factor: int) -> Tensor:
    """(N, C f f, H, W) as (N, C, H f, W f); the channel varies slowest (Shi et al. 2016)."""
    return F.pixel_shuffle(x, upscale_factor)


@operator("pixel_unshuffle", since=16, moves=True)
def pixel_unshuffle(x: Tensor, downscale_factor: int) -> Tensor:
    """The inverse of `pixel_shuffle`."""
    return F.pixel_unshuffle(x, downscale_factor)


@operator("depth_to_space", moves=True)
def depth_to_space(x: Tensor, block_size: int) -> Tensor:
    """(N, b b C, H, W) as (N, C, H b, W b); the position in the block varies slowest, as in TensorFlow."""
    batch, depth, height, width = x.shape
    channels = depth // block_size**2
    blocks = x.reshape(batch, block_size, block_size, channels, height, width)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(batch, channels, height * block_size, width * block_size)


@operator("space_to_depth", moves=True)
def space_to_depth(x: Tensor, block_size: int) -> Tensor:
    """The inverse of `depth_to_space`."""
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels, height // block_size, block_size, width // block_size, block_size)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(batch, -1, height // block_size, width // block_size)


@operator("space_to_batch", moves=True)
def space_to_batch(x: Tensor, block_shape: Ints, paddings: Ints) -> Tensor:
    """Zero padding, then each position in a block becomes a picture: (b0 b1 N, C, H / b0, W / b1)."""
    top, bottom, left, right = paddings
    padded = F.pad(x, (left, right, top, bottom))
    batch, channels, height, width = padded.shape
    rows, columns = block_shape
    blocks = padded.reshape(batch, channels, height // rows, rows, width // columns, columns)
    return blocks.permute(3, 5, 0, 1, 2, 4).reshape(-1, channels, height // rows, width // columns)


@operator("batch_to_space", moves=True)
def batch_to_space(x: Tensor, block_shape: Ints, crops: Ints) -> Tensor:
    """The inverse of `space_to_batch`: pictures are interleaved into blocks, then the borders are cropped."""
    batch, channels, height, width = x.shape
    rows, columns = block_shape
    top, bottom, left, right = crops
    blocks = x.reshape(rows, columns, batch // (rows * columns), channels, height, width)
    whole = blocks.permute(2, 3, 4, 0, 5, 1).reshape(-1, channels, height * rows, width * columns)
    return whole[..., top : height * rows - bottom, left : width * columns - right]
