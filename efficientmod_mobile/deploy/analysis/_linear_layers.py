"""Linear layers with constant weights: the operators linear, convolution and transposed convolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.analysis._refusal import Refuse
from efficientmod_mobile.deploy.program import arguments, is_call, is_computed, set_parameter, shape, tensor_of

aten = torch.ops.aten

_CONVOLUTIONS = {
    aten.conv1d.default: 1,
    aten.conv1d.padding: 1,
    aten.conv2d.default: 2,
    aten.conv2d.padding: 2,
    aten.conv3d.default: 3,
    aten.conv3d.padding: 3,
}
_TRANSPOSED = {aten.conv_transpose1d.default: 1, aten.conv_transpose2d.input: 2, aten.conv_transpose3d.input: 3}
_SPATIAL: Mapping[Any, int] = {**_CONVOLUTIONS, **_TRANSPOSED}


@dataclass(frozen=True)
class Layer:
    """One linear layer of the network: y = W x + b, with a convolution's geometry when it has `spatial` axes.

    `weight` is (O, I) for a linear layer, (O, I / groups, *kernel) for a convolution, (I, O / groups, *kernel) for a
    transposed one. `padding` is None when "same" pads the two sides differently.
    """

    node: fx.Node
    kind: Literal["linear", "convolution", "transposed"]
    weight: Tensor
    bias: Tensor | None
    spatial: int = 0
    groups: int = 1
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] | None = ()
    dilation: tuple[int, ...] = ()

    @property
    def input(self) -> fx.Node:
        """The node that the layer reads."""
        node = self.node.args[0]
        if not isinstance(node, fx.Node):
            raise TypeError(f"{self.node.name} reads no tensor")
        return node

    @property
    def axis(self) -> int:
        """The channel axis of the layer's input and output."""
        rank = len(shape(self.node))
        return rank - 1 if self.kind == "linear" else rank - self.spatial - 1

    @property
    def kernel(self) -> tuple[int, ...]:
        """The kernel's size along each spatial axis."""
        return tuple(self.weight.shape[2:])

    @property
    def out_channels(self) -> int:
        """The number of output channels."""
        return shape(self.node)[self.axis]

    @property
    def pads(self) -> bool:
        """Whether the input is padded with zeros."""
        return self.padding is None or any(self.padding)

    def scaled_outputs(self, scale: Tensor, shift: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return weight and bias of y -> scale * y + shift, both (O,)."""
        if self.kind == "transposed":
            grouped = self._by_group()
            weight = (grouped * scale.reshape(self.groups, 1, -1, *(1,) * self.spatial)).flatten(0, 1)
        else:
            weight = self.weight * scale.reshape(-1, *(1,) * (self.weight.ndim - 1))
        bias = None if self.bias is None else self.bias * scale
        return weight, _plus(bias, shift)

    def scaled_inputs(self, scale: Tensor, shift: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return weight and bias of W (scale * x + shift) + b as a layer of x, scale and shift both (I,).

        A shift is exact only if the layer does not pad and is not transposed.
        """
        if self.kind == "transposed":
            return self.weight * scale.reshape(-1, *(1,) * (self.weight.ndim - 1)), self.bias
        grouped = self._by_group()
        per_input = (self.groups, 1, -1, *(1,) * self.spatial)
        weight = (grouped * scale.reshape(per_input)).flatten(0, 1)
        moved = None if shift is None else (grouped * shift.reshape(per_input)).flatten(0, 1).flatten(1).sum(1)
        return weight, _plus(self.bias, moved)

    def _by_group(self) -> Tensor:
        return self.weight.reshape(self.groups, -1, *self.weight.shape[1:])

    @property
    def in_pairs(self) -> bool:
        """Whether it is a depthwise convolution in groups of two channels, with zeros between the two."""
        if self.kind != "convolution" or tuple(self.weight.shape[:2]) != (2 * self.groups, 2):
            return False
        return not (self.weight[::2, 1].any() or self.weight[1::2, 0].any())

    def write(self, weight: Tensor, bias: Tensor | None) -> None:
        """Replace the layer's weights."""
        target = str(arguments(self.node)["weight"].target)
        set_parameter(self.node, "weight", target, weight)
        if bias is not None:
            set_parameter(self.node, "bias", bias_name(target), bias)


def bias_name(weight: str) -> str:
    """Return the name of the bias that belongs to a weight of this name."""
    path, _, leaf = weight.rpartition(".")
    bias = leaf.replace("weight", "bias") if "weight" in leaf else f"{leaf}_bias"
    return f"{path}.{bias}" if path else bias


def is_layer(node: fx.Node) -> bool:
    """Whether the node is a linear layer, with constant or computed weights."""
    return is_call(node, aten.linear.default, *_CONVOLUTIONS, *_TRANSPOSED)


def constants_of(node: fx.Node) -> tuple[Tensor, Tensor | None] | Refuse:
    """Return a linear layer's weight and bias; refuse computed ones and shapes that would be broadcast."""
    bound = arguments(node)
    weight, bias = tensor_of(bound["weight"]), tensor_of(bound["bias"])
    if weight is None or is_computed(bound["bias"]):
        return Refuse(f"the weights of {node.name} are computed at run time")
    outputs = weight.shape[1] * bound["groups"] if node.target in _TRANSPOSED else weight.shape[0]
    if weight.ndim != _SPATIAL.get(node.target, 0) + 2 or (bias is not None and tuple(bias.shape) != (outputs,)):
        return Refuse(f"{node.name} has a weight or bias of an unexpected shape")
    return weight, bias


def layer_of(node: fx.Node) -> Layer | Refuse:
    """Describe a linear layer; refuse if its weights are computed or shared with another layer."""
    bound = arguments(node)
    held = constants_of(node)
    if isinstance(held, Refuse):
        return held
    weight, bias = held
    others = [user.name for user in bound["weight"].users if user is not node]
    if others:
        return Refuse(f"{node.name} shares its weights with {others[0]}")
    if node.target == aten.linear.default:
        return Layer(node, "linear", weight, bias)
    spatial = _SPATIAL[node.target]
    dilation = _each(bound["dilation"], spatial)
    return Layer(
        node,
        "transposed" if node.target in _TRANSPOSED else "convolution",
        weight,
        bias,
        spatial,
        bound["groups"],
        _each(bound["stride"], spatial),
        _padding(bound["padding"], tuple(weight.shape[2:]), dilation),
        dilation,
    )


def _each(value: Any, count: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, Sequence) else (value,)
    return values * count if len(values) == 1 else values


def _padding(value: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...] | None:
    if value == "valid":
        return (0,) * len(kernel)
    if value == "same":
        total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return None if any(size % 2 for size in total) else tuple(size // 2 for size in total)
    return _each(value, len(kernel))


def _plus(bias: Tensor | None, shift: Tensor | None) -> Tensor | None:
    if bias is None or shift is None:
        return bias if shift is None else shift
    return bias + shift
