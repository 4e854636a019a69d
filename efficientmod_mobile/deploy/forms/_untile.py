"""A product with a tensor that is repeated along the channels becomes a sum of products with the tensor itself.

    W2 (act(W1 x + b1) * repeat(c, r)) + b2  =  sum_i W2_i (act(W1_i x + b1_i) * repeat(c, r / p)) + b2

W1_i is the i-th of p blocks of rows of W1, W2_i the i-th of p blocks of columns of W2, so the number of multiplications
is the same. p is 2 if r and the channels of c are even, else r. The remaining repetition, r / p times for both halves,
is a concatenation, with h half the number of channels:

    repeat(c, 3) = cat(c, c, c[:h], c[h:])

One c is split in two because ExecuTorch's XNNPACK partitioner rejects a concatenation of a tensor with itself only.
EfficientMod's modulation has this form (Ma et al., ICLR 2024).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import ELEMENTWISE, Layer, Refuse, bias_name, is_layer, layer_of
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, only_user, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class TiledProduct:
    """second(acts(first(x)) * repeat(context, count)); `acts` in the order in which they are applied."""

    context: fx.Node
    axis: int
    count: int
    first: Layer
    acts: tuple[fx.Node, ...]
    second: Layer

    @property
    def parts(self) -> int:
        """The number of blocks into which the layers are split."""
        halves = self.count % 2 == 0 and shape(self.context)[self.axis] % 2 == 0
        return 2 if halves else self.count


@register
class Untile(Transform[TiledProduct]):
    """Split the layers around a product with a repeated tensor, so that no `repeat` remains."""

    name: ClassVar[str] = "untile"

    def check(self, node: fx.Node) -> TiledProduct | Refuse | None:
        """Match a repetition along one axis whose product with a layer's result is read by one layer."""
        if not is_call(node, aten.repeat.default):
            return None
        context, counts = node.all_input_nodes[0], list(arguments(node)["repeats"])
        axes = [axis for axis, count in enumerate(counts) if count != 1]
        product = only_user(node)
        if (
            len(counts) != len(shape(context))
            or len(axes) != 1
            or product is None
            or not is_call(product, aten.mul.Tensor)
        ):
            return Refuse("it is not a repetition along one axis whose only user is a product")
        (value,) = [factor for factor in product.all_input_nodes if factor is not node] or [node]
        if shape(value) != shape(node):
            return Refuse(f"the other factor of {product.name} is broadcast")
        acts = list[fx.Node]()
        while is_call(value, *ELEMENTWISE) and only_user(value) is not None:
            acts.insert(0, value)
            value = value.all_input_nodes[0]
        first = _layer(value, axes[0])
        reader = only_user(product)
        second = _layer(reader, axes[0]) if reader is not None else Refuse(f"{product.name} has several users")
        for layer in (first, second):
            if isinstance(layer, Refuse):
                return layer
        if not isinstance(first, Layer) or not isinstance(second, Layer):
            raise AssertionError("both are layers")
        if only_user(value) is None:
            return Refuse(f"{value.name} has several users")
        return TiledProduct(context, axes[0], counts[axes[0]], first, tuple(acts), second)

    def rewrite(self, match: TiledProduct) -> None:
        """Write the products and their sum."""
        context = tiled(match.second.node, match.context, match.axis, match.count // match.parts)
        total: fx.Node | None = None
        for index in range(match.parts):
            part = _rows(match, index)
            for act in match.acts:
                part = emit(match.second.node, act.target, (part, *act.args[1:]), act.kwargs, like=act)
            product = next(iter((match.acts[-1] if match.acts else match.first.node).users))
            part = emit(match.second.node, aten.mul.Tensor, (part, context), like=product)
            part = _columns(match, index, part)
            total = part if total is None else emit(match.second.node, aten.add.Tensor, (total, part))
        if total is not None:
            replace(match.second.node, total)


def tiled(before: fx.Node, x: fx.Node, axis: int, times: int) -> fx.Node:
    """Insert the concatenation of `times` copies of x along an axis, the last one as two halves."""
    if times == 1:
        return x
    size = shape(x)[axis]
    bounds = ((0, size // 2), (size // 2, size))
    halves = [emit(before, aten.slice.Tensor, (x, axis, *bound), like=x) for bound in bounds]
    return emit(before, aten.cat.default, ([x] * (times - 1) + halves, axis), like=x)


def _layer(node: fx.Node, axis: int) -> Layer | Refuse:
    if not is_layer(node):
        return Refuse(f"{node.name} is not a linear layer")
    layer = layer_of(node)
    if isinstance(layer, Refuse):
        return layer
    if layer.kind == "transposed" or layer.groups != 1 or layer.axis != axis:
        return Refuse(f"{node.name} is transposed, grouped, or has its channels on another axis")
    return layer


def _rows(match: TiledProduct, index: int) -> fx.Node:
    """Insert the index-th block of the first layer's output channels."""
    layer = match.first
    bias = None if layer.bias is None else layer.bias.chunk(match.parts)[index]
    return _part(match, layer, layer.input, layer.weight.chunk(match.parts)[index], bias)


def _columns(match: TiledProduct, index: int, x: fx.Node) -> fx.Node:
    """Insert the second layer for the index-th block of its input channels; that of the first block has the bias."""
    layer = match.second
    bias = layer.bias if index == 0 else None
    return _part(match, layer, x, layer.weight.chunk(match.parts, 1)[index], bias)


def _part(match: TiledProduct, layer: Layer, x: fx.Node, weight: Tensor, bias: Tensor | None) -> fx.Node:
    before = match.second.node
    name = str(arguments(layer.node)["weight"].target)
    held = add_parameter(before, name, weight)
    shift = None if bias is None else add_parameter(before, bias_name(name), bias)
    return emit(before, layer.node.target, (x, held, shift, *layer.node.args[3:]), layer.node.kwargs, like=layer.node)
