"""Cross-layer equalisation (Nagel et al., ICCV 2019, arXiv:1906.04721): factors of channels, from the columns of layers
into the rows of the layers before, where only linear operators, products and ReLUs are between.

    W2 f(W1 x)  =  (W2 D) f((D^-1 W1) x)          D diagonal, positive;  d = sqrt(a / b)

a_c is the largest |value| of channel c that is read, b_c the largest |weight| that it is multiplied with.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_export.quantisation import rounded_layers
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.program import is_call

aten = torch.ops.aten

ONE_INPUT = (aten.relu.default, aten.permute.default, aten.repeat.default)
LEAST = 1e-3
"""Of the largest value or weight, so that a channel that is never used has a factor."""


@dataclass(frozen=True)
class Group:
    """Layers that write the same channels, and those that read them. Where channels are repeated, readers have more."""

    writers: tuple[Layer, ...]
    readers: tuple[Layer, ...]

    @property
    def channels(self) -> int:
        return len(self.writers[0].weight)


class _UnlikeError(Exception):
    """Channels that something else reads, or whose factors an operator between does not let through."""


def equalised(program: Program, inputs: Sequence[tuple[Tensor, ...]]) -> tuple[Program, int]:
    """An equal program in float32, and the number of groups whose channels have other factors."""
    changed = to_dtype(program, torch.float32)
    seen: set[fx.Node] = set()
    count = 0
    for node in rounded_layers(changed):
        source = _layer(node).input
        if source in seen:
            continue
        try:
            members, group = _group(source)
        except _UnlikeError:
            continue
        seen |= members
        _apply(group, _factors(changed, group, inputs))
        count += 1
    changed.graph_module.recompile()
    return changed, count


def _group(start: fx.Node) -> tuple[set[fx.Node], Group]:
    members, todo = {start}, [start]
    writers: dict[fx.Node, Layer] = {}
    readers: dict[fx.Node, Layer] = {}
    while todo:
        node = todo.pop()
        if is_layer(node):
            writers[node] = _layer(node)
        joined = [*_sources(node, members), *(user for user in node.users if not is_layer(user))]
        for user in node.users:
            if is_layer(user):
                readers[user] = _reader(user, node)
            elif not is_call(user, aten.add.Tensor, aten.mul.Tensor, *ONE_INPUT) or _broadcasts(user):
                raise _UnlikeError
        todo += [one for one in dict.fromkeys(joined) if one not in members]
        members.update(joined)
    if len({len(one.weight) for one in writers.values()}) != 1:
        raise _UnlikeError
    return members, Group(tuple(writers.values()), tuple(readers.values()))


def _sources(node: fx.Node, members: set[fx.Node]) -> list[fx.Node]:
    """What has the same factors before an operator: of a product one of the two."""
    before = node.all_input_nodes
    if is_layer(node):
        return []
    if is_call(node, *ONE_INPUT):
        return before
    if _broadcasts(node):
        raise _UnlikeError
    if is_call(node, aten.add.Tensor) and len(before) == 2:
        return before
    if is_call(node, aten.mul.Tensor):
        chosen = [one for one in before if one in members]
        candidates = [one for one in before if len(one.users) == 1 and (is_layer(one) or is_call(one, *ONE_INPUT))]
        if len(chosen) == 1 or (not chosen and candidates):
            return chosen or candidates[-1:]
    raise _UnlikeError


def _broadcasts(node: fx.Node) -> bool:
    if not is_call(node, aten.add.Tensor, aten.mul.Tensor):
        return False
    return any(one.op == "get_attr" or _shape(one) != _shape(node) for one in node.all_input_nodes)


def _shape(node: fx.Node) -> tuple[int, ...]:
    return tuple(node.meta["val"].shape)


def _layer(node: fx.Node) -> Layer:
    layer = layer_of(node)
    if not isinstance(layer, Layer) or layer.kind == "transposed":
        raise _UnlikeError
    return layer


def _reader(node: fx.Node, source: fx.Node) -> Layer:
    layer = _layer(node)
    if layer.input is not source or (layer.groups != 1 and layer.weight.shape[1] != 1):
        raise _UnlikeError
    return layer


def _factors(program: Program, group: Group, inputs: Sequence[tuple[Tensor, ...]]) -> Tensor:
    values, weights = torch.zeros(group.channels), torch.zeros(group.channels)
    for layer in group.readers:
        for largest in _largest_read(program, layer, inputs):
            values = torch.maximum(values, largest.reshape(-1, group.channels).amax(0))
        weights = torch.maximum(weights, _by_column(layer).reshape(-1, group.channels).amax(0))
    values, weights = (one.clamp(min=LEAST * float(one.max())) for one in (values, weights))
    factors = (values / weights).sqrt()
    return factors / factors.log().mean().exp()


def _by_column(layer: Layer) -> Tensor:
    weight = layer.weight.abs()
    return (weight if layer.groups > 1 else weight.transpose(0, 1)).flatten(1).amax(1)


def _largest_read(program: Program, layer: Layer, inputs: Sequence[tuple[Tensor, ...]]) -> Iterator[Tensor]:
    """Of each channel, for each of the inputs."""
    seen: list[Tensor] = []

    class Watching(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            value = super().run_node(n)
            if n is layer.input:
                axis = value.ndim - 1 if layer.kind == "linear" else 1
                seen.append(value.movedim(axis, -1).flatten(0, -2).abs().amax(0))
            return value

    with torch.no_grad():
        for given in inputs:
            Watching(program.graph_module).run(*given)
    yield from seen


def _apply(group: Group, factors: Tensor) -> None:
    for layer in group.writers:
        rows = (1 / factors).reshape(-1, *(1,) * (layer.weight.ndim - 1))
        layer.write(layer.weight * rows, None if layer.bias is None else layer.bias / factors)
    for layer in group.readers:
        depthwise = layer.groups > 1
        columns = factors.repeat(layer.weight.shape[0 if depthwise else 1] // group.channels)
        shape = (-1, 1) if depthwise else (1, -1)
        layer.write(layer.weight * columns.reshape(*shape, *(1,) * (layer.weight.ndim - 2)), layer.bias)
