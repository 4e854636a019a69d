"""ATen's operators whose own arithmetic is exact, and those that jump, so that no rounding of theirs is at fault."""

import operator
from typing import Final

import torch
from torch import fx

aten = torch.ops.aten

_COMPARISONS = {
    *(aten.relu, aten.relu6, aten.hardtanh, aten.threshold, aten.clamp, aten.clamp_min, aten.clamp_max, aten.clip),
    *(aten.maximum, aten.minimum, aten.fmax, aten.fmin, aten.max, aten.min, aten.amax, aten.amin, aten.aminmax),
    *(aten.cummax, aten.cummin, aten.median, aten.kthvalue, aten.topk, aten.sort, aten.where, aten.masked_fill),
    *(aten.max_pool1d, aten.max_pool2d, aten.max_pool3d, aten.max_pool1d_with_indices, aten.max_pool2d_with_indices),
    *(aten.max_pool3d_with_indices, aten.adaptive_max_pool1d, aten.adaptive_max_pool2d, aten.adaptive_max_pool3d),
    *(aten.neg, aten.abs, aten.nan_to_num),
}
_MOVES = {
    *(operator.getitem, aten.cat, aten.hstack, aten.vstack, aten.dstack, aten.stack, aten.slice, aten.select),
    *(aten.narrow, aten.split, aten.split_with_sizes, aten.chunk, aten.tensor_split, aten.unbind, aten.diagonal),
    *(aten.reshape, aten.view, aten.flatten, aten.unflatten, aten.squeeze, aten.unsqueeze, aten.atleast_1d),
    *(aten.atleast_2d, aten.atleast_3d, aten.permute, aten.transpose, aten.t, aten.numpy_T, aten.mT, aten.movedim),
    *(aten.swapaxes, aten.flip, aten.roll, aten.rot90, aten.expand, aten.expand_as, aten.broadcast_to, aten.repeat),
    *(aten.tile, aten.repeat_interleave, aten.meshgrid, aten.pad, aten.constant_pad_nd, aten.reflection_pad1d),
    *(aten.reflection_pad2d, aten.reflection_pad3d, aten.replication_pad1d, aten.replication_pad2d),
    *(aten.replication_pad3d, aten.pixel_shuffle, aten.pixel_unshuffle, aten.channel_shuffle, aten.im2col),
    *(aten.unfold, aten.max_unpool2d, aten.upsample_nearest1d, aten.upsample_nearest2d, aten.upsample_nearest3d),
    *(aten._upsample_nearest_exact1d, aten._upsample_nearest_exact2d, aten._upsample_nearest_exact3d),
    *(aten.index, aten.index_select, aten.gather, aten.take_along_dim, aten.embedding, aten.scatter, aten.index_put),
    *(aten.select_scatter, aten.slice_scatter, aten.masked_scatter, aten.tril, aten.triu),
    *(aten.clone, aten.contiguous, aten.detach, aten.lift_fresh_copy, aten.dropout, aten.to),
}
_EXACT: Final = _COMPARISONS | _MOVES
_JUMPS: Final = {
    *(aten.round, aten.floor, aten.ceil, aten.trunc, aten.frac, aten.sign, aten.heaviside, aten.hardshrink),
    *(aten.fmod, aten.remainder, aten.floor_divide),
}


def is_exact(node: fx.Node) -> bool:
    """Whether every value that `node` gives is, but for its sign, one that it reads, or a constant."""
    return _operator(node) in _EXACT


def jumps(node: fx.Node) -> bool:
    """Whether the least difference in what `node` reads can be a large one in what it gives."""
    return _operator(node) in _JUMPS


def _operator(node: fx.Node) -> object:
    return getattr(node.target, "overloadpacket", node.target)
