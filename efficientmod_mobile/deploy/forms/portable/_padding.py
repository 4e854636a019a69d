"""Padding that some runtime lacks.

pad(x, circular)         =  the elements of x at places modulo its size, axis by axis
pad(x, negative sides)   =  the rest of x, padded on the other sides
pad(x, -inf)             =  pad(x, the least finite float32)            ExecuTorch's files hold no infinite numbers
"""

from collections.abc import Sequence
from math import isinf

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import taken
from efficientmod_mobile.deploy.program import arguments, emit, shape

aten = torch.ops.aten

_LARGEST = torch.finfo(torch.float32).max


def _sides(node: fx.Node) -> list[tuple[int, int, int]]:
    """(axis, before, after) for each axis that changes; PyTorch lists them from the last axis on."""
    pad: Sequence[int] = arguments(node)["pad"]
    rank = len(shape(node))
    sides = [(rank - 1 - index, pad[2 * index], pad[2 * index + 1]) for index in range(len(pad) // 2)]
    return [side for side in sides if side[1:] != (0, 0)]


def _padded(node: fx.Node) -> Write | None:
    bound = arguments(node)
    mode, value = bound.get("mode", "constant"), bound.get("value") or 0.0
    if mode == "circular":
        return lambda: _wrapped(node, bound["self"])
    negative = any(side < 0 for side in bound["pad"])
    if mode != "constant" or not (negative or isinf(value)):
        return None

    def write() -> fx.Node:
        x = bound["self"]
        for axis, before, after in _sides(node):
            if min(before, after) < 0:
                end = shape(x)[axis] + min(after, 0)
                x = emit(node, aten.slice.Tensor, (x, axis, max(-before, 0), end))
        sides = [max(side, 0) for side in bound["pad"]]
        held = max(-_LARGEST, min(_LARGEST, value))
        return emit(node, aten.constant_pad_nd.default, (x, sides, held)) if any(sides) else x

    return write


def _wrapped(node: fx.Node, x: fx.Node) -> fx.Node:
    for axis, before, after in _sides(node):
        size = shape(x)[axis]
        x = taken(node, x, axis, [place % size for place in range(-before, size + after)])
    return x


FORMS: dict[object, Form] = {aten.pad.default: _padded, aten.constant_pad_nd.default: _padded}
