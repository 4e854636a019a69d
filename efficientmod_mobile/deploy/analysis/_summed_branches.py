"""The terms of a sum as linear layers of the tensors that they are computed from.

A term is a linear layer of its source, an affine operation on it, or the source itself.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.analysis._affine_operations import Affine, batch_norm, constant_operation
from efficientmod_mobile.deploy.analysis._kernel_geometry import (
    Geometry,
    diagonal_geometry,
    geometry_of,
    joined,
    placed,
)
from efficientmod_mobile.deploy.analysis._linear_layers import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.analysis._refusal import Refuse
from efficientmod_mobile.deploy.program import is_call, only_user, shape

aten = torch.ops.aten

_SUMS = (aten.add.Tensor, aten.sub.Tensor)

Members = dict[fx.Node, Layer | Affine | None]
"""Terms computed from one tensor: a layer of it, an affine operation on it, or (None) that tensor itself."""


@dataclass(frozen=True)
class Branch:
    """One or more terms of a sum as one linear layer of their common source; the weight includes the coefficients."""

    terms: tuple[fx.Node, ...]
    geometry: Geometry
    weight: Tensor
    bias: Tensor | None
    macs: int
    layer: Layer | None


def is_sum(node: fx.Node) -> bool:
    """Whether the node adds or subtracts two computed tensors of one shape."""
    if not is_call(node, *_SUMS):
        return False
    operands = node.args[:2]
    return all(
        isinstance(operand, fx.Node)
        and operand.op != "get_attr"
        and operand.meta["val"].shape == node.meta["val"].shape
        for operand in operands
    )


def terms_of(node: fx.Node) -> dict[fx.Node, float]:
    """Flatten nested sums without other users into terms and their coefficients."""
    terms: dict[fx.Node, float] = defaultdict(float)

    def collect(part: fx.Node, coefficient: float) -> None:
        sign = -1.0 if is_call(part, aten.sub.Tensor) else 1.0
        second = coefficient * sign * float(part.kwargs.get("alpha", 1))  # type: ignore[arg-type]
        for operand, factor in zip(part.args[:2], (coefficient, second), strict=True):
            if isinstance(operand, fx.Node):
                if is_sum(operand) and only_user(operand) is not None:
                    collect(operand, factor)
                else:
                    terms[operand] += factor

    collect(node, 1.0)
    return dict(terms)


def by_source(terms: dict[fx.Node, float], reasons: list[str]) -> dict[fx.Node, Members]:
    """Group the terms by the tensor that they are computed from.

    A layer that cannot be changed is its own source; if other terms could have been merged with it, the reason is
    appended to `reasons`.
    """
    groups: dict[fx.Node, Members] = defaultdict(dict)
    fixed: list[tuple[fx.Node, str]] = []
    for node in terms:
        what = _kind_of(node)
        if isinstance(what, Refuse):
            fixed.append((node.all_input_nodes[0], what.reason))
            groups[node][node] = None
        elif isinstance(what, Layer):
            groups[what.input][node] = what
        else:
            groups[what.source if isinstance(what, Affine) else node][node] = what
    for source, reason in fixed:
        if any(isinstance(what, Layer) for what in groups.get(source, {}).values()):
            reasons.append(reason)
    return groups


def _kind_of(node: fx.Node) -> Layer | Affine | Refuse | None:
    if is_layer(node):
        return layer_of(node) if only_user(node) is not None else Refuse(f"{node.name} has other users")
    return (batch_norm(node) or constant_operation(node)) if only_user(node) is not None else None


def branches_of(members: Members, terms: dict[fx.Node, float], reasons: list[str]) -> list[Branch]:
    """Return the terms of one source as linear layers of it; append to `reasons` why others are not."""
    layers = [what for what in members.values() if isinstance(what, Layer)]
    branches = [branch for layer in layers if (branch := _layer_branch(layer, terms[layer.node], reasons))]
    alike = branches[0].geometry if branches else _depthwise(members)
    if alike is None:
        return []
    axis = branches[0].layer.axis if branches and branches[0].layer else 1
    for node, what in members.items():
        if not isinstance(what, Layer):
            diagonal = _diagonal_branch(node, what, terms[node], diagonal_geometry(alike), axis)
            if isinstance(diagonal, Branch):
                branches.append(diagonal)
            else:
                reasons.append(diagonal)
    return branches


def join(a: Branch, b: Branch) -> tuple[int, Geometry] | str:
    """Return the multiplications that merging two branches saves and the merged geometry, or why not to merge them."""
    geometry = joined(a.geometry, b.geometry)
    names = " and ".join(branch.terms[0].name for branch in (a, b))
    if isinstance(geometry, str):
        return f"{names}: {geometry}"
    saved = a.macs + b.macs + geometry.positions * geometry.out_channels - geometry.macs
    if saved < 0:
        return f"{names} need {a.macs + b.macs} multiplications, as one layer {geometry.macs}"
    return saved, geometry


def joint(a: Branch, b: Branch, geometry: Geometry) -> Branch:
    """Merge two branches in a geometry that contains both."""
    weight = placed(a.weight, a.geometry, geometry) + placed(b.weight, b.geometry, geometry)
    biases = [branch.bias for branch in (a, b) if branch.bias is not None]
    layers = [branch.layer for branch in (a, b) if branch.layer is not None]
    return Branch(
        a.terms + b.terms,
        geometry,
        weight,
        sum(biases[1:], biases[0]) if biases else None,
        geometry.macs,
        max(layers, key=lambda layer: layer.weight.numel()) if layers else None,
    )


def _layer_branch(layer: Layer, coefficient: float, reasons: list[str]) -> Branch | None:
    geometry = geometry_of(layer)
    if isinstance(geometry, str):
        reasons.append(geometry)
        return None
    bias = None if layer.bias is None else coefficient * layer.bias
    return Branch((layer.node,), geometry, coefficient * layer.weight, bias, geometry.macs, layer)


def _diagonal_branch(
    node: fx.Node, what: Affine | Layer | None, coefficient: float, geometry: Geometry, axis: int
) -> Branch | str:
    channels = geometry.out_channels
    scale, shift, macs = torch.ones(1, dtype=node.meta["val"].dtype), None, 0
    if isinstance(what, Affine):
        constants = what.per_channel()
        if constants is None or constants[0] not in (None, axis):
            return f"the constant of {node.name} is not one value per channel"
        scale, shift, macs = constants[1], constants[2], math.prod(shape(node))
    diagonal = coefficient * scale.expand(channels)
    weight = torch.diag(diagonal) if geometry.kind == "linear" else diagonal.reshape(geometry.weight_shape)
    bias = None if shift is None else coefficient * shift.expand(channels)
    return Branch((node,), geometry, weight, bias, macs, None)


def _depthwise(members: Members) -> Geometry | None:
    """Return the depthwise geometry for a BatchNorm branch of an image, where the sum has no layer of that image."""
    norms = [node for node in members if is_call(node, aten.batch_norm.default)]
    if not norms or len(shape(norms[0])) != 4:
        return None
    count, channels, *size = shape(norms[0])
    one, zero, space = (1, 1), (0, 0), tuple(size)
    positions = count * math.prod(size)
    return Geometry("convolution", channels, channels, channels, one, one, zero, one, space, space, positions)
