"""A depthwise convolution becomes ones that ExecuTorch's Vulkan runtime computes right: 3x3, 5x5, or without padding.

    y = conv(x, w, padding)  =  conv(pad(x), w)
    y[p] = sum_k w[k] x[s p + d k]  =  sum_i sum_k w_i[k] x[s p + d (k + k_i)]       w_i: the block of w from k_i on

The runtime's kernel for any size but 3x3 and 5x5 counts its taps wrongly where the padding on the right clips it, so
the padding becomes an operator of its own. For a stride other than the dilation it has no such kernel: w is cut into
blocks of at most 5x5 taps, each filled up with zeros to 3x3 or 5x5, which read slices of the padded image.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Layer, Refuse, bias_name, layer_of
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace, shape

aten = torch.ops.aten

_OWN_KERNELS = ((3, 3), (5, 5))
_WIDEST = 5
_MOST_BLOCKS = 9

Block = tuple[slice, slice]
"""The rows and the columns of a block's taps."""


@dataclass(frozen=True)
class Depthwise:
    """A depthwise convolution, and the zeros before and after the image along H and W."""

    layer: Layer
    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def in_blocks(self) -> bool:
        """Whether the runtime lacks the kernel, rather than only its padding."""
        return self.layer.stride != self.layer.dilation


@register
class DepthwiseKernels(Transform[Depthwise]):
    """Write depthwise convolutions without padding, or in blocks of 3x3 and 5x5."""

    name: ClassVar[str] = "depthwise_kernels"

    def check(self, node: fx.Node) -> Depthwise | Refuse | None:
        """Match a depthwise convolution over H and W, with one channel for each, that is not 3x3 or 5x5."""
        if not is_call(node, aten.conv2d.default, aten.conv2d.padding) or arguments(node)["groups"] == 1:
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse):
            return layer
        if tuple(layer.weight.shape[:2]) != (layer.groups, 1) or layer.kernel in _OWN_KERNELS:
            return None
        before, after = _zeros(layer)
        found = Depthwise(layer, before, after)
        if not found.in_blocks:
            return found if any((*before, *after)) else None
        if len(_blocks(layer.kernel)) > _MOST_BLOCKS:
            return Refuse(f"its kernel would take more than {_MOST_BLOCKS} blocks of {_WIDEST} x {_WIDEST}")
        return found

    def rewrite(self, match: Depthwise) -> None:
        """Write the padding, then one convolution or those of the blocks."""
        replace(match.layer.node, _in_blocks(match) if match.in_blocks else _padded_first(match))


def _zeros(layer: Layer) -> tuple[tuple[int, int], tuple[int, int]]:
    """Along H and W; "same" puts the odd one after the image."""
    if layer.padding is not None:
        return (layer.padding[0], layer.padding[1]), (layer.padding[0], layer.padding[1])
    total = [spacing * (size - 1) for spacing, size in zip(layer.dilation, layer.kernel, strict=True)]
    return (total[0] // 2, total[1] // 2), (-(-total[0] // 2), -(-total[1] // 2))


def _pad(node: fx.Node, x: fx.Node, before: tuple[int, int], after: tuple[int, int]) -> fx.Node:
    if not any((*before, *after)):
        return x
    return emit(node, aten.constant_pad_nd.default, (x, [before[1], after[1], before[0], after[0]], 0.0))


def _padded_first(match: Depthwise) -> fx.Node:
    layer, bound = match.layer, arguments(match.layer.node)
    x = _pad(layer.node, layer.input, match.before, match.after)
    geometry = (list(layer.stride), [0, 0], list(layer.dilation), layer.groups)
    return emit(layer.node, aten.conv2d.default, (x, bound["weight"], bound["bias"], *geometry))


def _blocks(kernel: tuple[int, ...]) -> list[Block]:
    """Cut a kernel."""
    rows, columns = ([slice(at, min(at + _WIDEST, size)) for at in range(0, size, _WIDEST)] for size in kernel)
    return list(product(rows, columns))


def _in_blocks(match: Depthwise) -> fx.Node:
    layer, node = match.layer, match.layer.node
    name = str(arguments(node)["weight"].target)
    blocks = _blocks(layer.kernel)
    ends = [max(_reach(layer, axis, block)[1] for block in blocks) for axis in (0, 1)]
    missing = [max(0, ends[axis] - match.before[axis] - shape(layer.input)[2 + axis]) for axis in (0, 1)]
    image = _pad(node, layer.input, match.before, (missing[0], missing[1]))
    geometry = (list(layer.stride), [0, 0], list(layer.dilation), layer.groups)
    parts: list[fx.Node] = []
    for block in blocks:
        bias = None if parts or layer.bias is None else add_parameter(node, bias_name(name), layer.bias)
        weight = add_parameter(node, name, _filled_up(layer.weight, block))
        x = _read_by(layer, image, block)
        parts.append(emit(node, aten.conv2d.default, (x, weight, bias, *geometry)))
    return reduce(lambda total, part: emit(node, aten.add.Tensor, (total, part)), parts)


def _side(block: Block) -> int:
    """The sides of the runtime's kernel that holds a block."""
    return 3 if max(taps.stop - taps.start for taps in block) <= 3 else _WIDEST


def _filled_up(weight: Tensor, block: Block) -> Tensor:
    """The block's taps, with zeros after them."""
    rows, columns = block
    held = weight[:, :, rows, columns]
    filled = weight.new_zeros(*weight.shape[:2], _side(block), _side(block))
    filled[:, :, : held.shape[2], : held.shape[3]] = held
    return filled


def _reach(layer: Layer, axis: int, block: Block) -> tuple[int, int]:
    """The pixels of the padded image that the block's kernel reads along H or W, for all outputs: first and end."""
    start, outputs = block[axis].start * layer.dilation[axis], shape(layer.node)[2 + axis]
    return start, start + (outputs - 1) * layer.stride[axis] + (_side(block) - 1) * layer.dilation[axis] + 1


def _read_by(layer: Layer, image: fx.Node, block: Block) -> fx.Node:
    """Insert the slices of the padded image that the block's kernel reads."""
    x = image
    for axis in (0, 1):
        start, end = _reach(layer, axis, block)
        if (start, end) != (0, shape(image)[2 + axis]):
            x = emit(layer.node, aten.slice.Tensor, (x, 2 + axis, start, end))
    return x
