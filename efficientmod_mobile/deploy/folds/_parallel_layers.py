"""Parallel layers of one input whose results are summed become one layer (RepVGG; Ding et al. 2021).

    sum_i c_i (W_i * x + b_i) + d x  =  (sum_i c_i W_i + d I) * x + sum_i c_i b_i

where * is a convolution or a matrix product, each W_i is padded with zeros to the largest kernel (its taps stay at the
same offsets from the output's position), and the identity I is a kernel with a one at offset 0. A BatchNorm or a
product with a constant on x is a d per channel. The convolutions share stride and output size.

The merged layer has gcd(groups) groups, so a grouped kernel may have to be expanded with zeros. Two terms are merged
only if the merged layer needs no more multiplications than both, their sum counted as one per element; the pair that
saves most is merged first.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    Branch,
    Refuse,
    branches_of,
    by_source,
    is_sum,
    join,
    joint,
    set_geometry,
    terms_of,
)
from efficientmod_mobile.deploy.program import add_parameter, emit, module_path, only_user, replace

aten = torch.ops.aten


@dataclass(frozen=True)
class Sum:
    """A sum of which some terms become `joined` layers, each with its source; `kept` are the others, with factors."""

    root: fx.Node
    joined: tuple[tuple[fx.Node, Branch], ...]
    kept: dict[fx.Node, float]


@register
class ParallelLayers(Transform[Sum]):
    """Merge summed linear layers or convolutions of one input, with identity and BatchNorm branches, into one."""

    name: ClassVar[str] = "parallel_layers"

    def check(self, node: fx.Node) -> Sum | Refuse | None:
        """Match the last node of a sum that has several terms of one input; refuse if no two can be merged."""
        user = only_user(node)
        if not is_sum(node) or (user is not None and is_sum(user)):
            return None
        terms = terms_of(node)
        reasons: list[str] = []
        found = []
        for source, members in by_source(terms, reasons).items():
            if len(members) > 1:
                branches = _join_all(branches_of(members, terms, reasons), reasons)
                found += [(source, branch) for branch in branches if len(branch.terms) > 1]
        if found:
            gone = {term for _, branch in found for term in branch.terms}
            return Sum(node, tuple(found), {term: factor for term, factor in terms.items() if term not in gone})
        return Refuse("; ".join(dict.fromkeys(reasons))) if reasons else None

    def rewrite(self, match: Sum) -> None:
        """Write the merged layers and sum the remaining terms."""
        layers = [_write(match.root, source, branch) for source, branch in match.joined]
        total = layers[0]
        for layer in layers[1:]:
            total = emit(match.root, aten.add.Tensor, (total, layer))
        for term, factor in match.kept.items():
            operator = aten.sub.Tensor if factor == -1.0 else aten.add.Tensor
            total = emit(match.root, operator, (total, term), {} if abs(factor) == 1.0 else {"alpha": factor})
        replace(match.root, total)


def _join_all(branches: list[Branch], reasons: list[str]) -> list[Branch]:
    """Merge the pair that saves most, until no pair can be merged."""
    while True:
        best = None
        for a, b in combinations(branches, 2):
            found = join(a, b)
            if isinstance(found, str):
                reasons.append(found)
            elif best is None or found[0] > best[0]:
                best = (*found, a, b)
        if best is None:
            return branches
        _, geometry, a, b = best
        branches = [branch for branch in branches if branch is not a and branch is not b]
        branches.append(joint(a, b, geometry))


def _write(root: fx.Node, source: fx.Node, branch: Branch) -> fx.Node:
    """Change the branch's largest layer to the merged one; if the branch has no layer, insert one before the sum."""
    geometry, layer = branch.geometry, branch.layer
    if layer is None:
        norm = next(term for term in branch.terms if term is not source)
        name = module_path(norm) or norm.name
        weight = add_parameter(root, f"{name}.weight", branch.weight)
        bias = None if branch.bias is None else add_parameter(root, f"{name}.bias", branch.bias)
        one, zero = [1, 1], [0, 0]
        return emit(root, aten.conv2d.default, (source, weight, bias, one, zero, one, geometry.groups), like=norm)
    layer.write(branch.weight, branch.bias)
    set_geometry(layer.node, geometry)
    return layer.node
