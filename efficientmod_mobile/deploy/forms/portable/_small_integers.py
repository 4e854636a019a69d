"""Integers of 8 and 16 bits, which some runtime has only in quantised layers, in 32 bits.

    uint8(x)  =  int32(x)                              where x lies in [0, 255] whatever the input is
    uint8(x)  =  int32(x) mod 256
    int8(x)   =  (int32(x) + 128) mod 256 - 128

Their readers give another dtype: what is computed in small integers themselves might leave their range.
"""

from collections.abc import Iterator

import torch
from torch import fx

from efficientmod_mobile.deploy.analysis import value_ranges
from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, emit, is_call, node_dtype

aten = torch.ops.aten

_SMALL = (torch.uint8, torch.int8, torch.int16)

_MOVES = (
    *(aten.reshape.default, aten.flatten.using_ints, aten.permute.default, aten.transpose.int, aten.unsqueeze.default),
    *(aten.squeeze.default, aten.squeeze.dim, aten.squeeze.dims, aten.slice.Tensor, aten.select.int),
    *(aten.expand.default, aten.flip.default, aten.clone.default, aten.contiguous.default, aten.alias.default),
)
_READERS = (
    *(aten.to.dtype, aten.add.Tensor, aten.sub.Tensor, aten.rsub.Scalar, aten.mul.Tensor, aten.div.Tensor),
    *(aten.eq.Scalar, aten.ne.Scalar, aten.gt.Scalar, aten.ge.Scalar, aten.lt.Scalar, aten.le.Scalar),
    *(aten.sum.default, aten.sum.dim_IntList),
)


def _conversion(node: fx.Node) -> Write | None:
    """A conversion to small integers, all of whose readers give another dtype."""
    dtype = node_dtype(node)
    if dtype not in _SMALL:
        return None
    moved = list(_moved(node))
    readers = [user for one in (node, *moved) for user in one.users if user not in moved]
    if not all(is_call(reader, *_READERS) and node_dtype(reader) not in _SMALL for reader in readers):
        return None

    def write() -> fx.Node:
        x = arguments(node)["self"]
        whole = emit(node, aten.to.dtype, (x, torch.int32))
        limits = torch.iinfo(dtype)
        least, largest = value_ranges(node.graph).get(x, (-torch.inf, torch.inf))
        if not limits.min <= least <= largest <= limits.max:
            whole = _wrapped(node, whole, limits)
        for one in moved:
            one.meta["val"] = one.meta["val"].to(torch.int32)
        return whole

    return write


def _moved(node: fx.Node) -> Iterator[fx.Node]:
    """The nodes that give the same integers elsewhere."""
    for user in node.users:
        if is_call(user, *_MOVES):
            yield user
            yield from _moved(user)


def _wrapped(node: fx.Node, whole: fx.Node, limits: torch.iinfo) -> fx.Node:
    if limits.min:
        whole = emit(node, aten.add.Tensor, (whole, -limits.min))
    whole = emit(node, aten.remainder.Scalar, (whole, limits.max - limits.min + 1))
    return emit(node, aten.add.Tensor, (whole, limits.min)) if limits.min else whole


FORMS: dict[object, Form] = {aten.to.dtype: _conversion}
