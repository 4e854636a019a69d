"""Attention in Core ML's form: per head, with channels-first queries, keys and values, as convolutions compute them.

    o = softmax(a b) d           over the last axis, the queries in rows
    o_i^T = d_i^T softmax'(b_i^T a_i^T)     for each head i, softmax' over the keys: the axis before the last

a = q^T (L, width), b = k (width, L) and d = v^T (L, width) were permuted from the channels-first q and v, (width, L).
The transposed form reads these without a permute, and its result o^T is channels-first again; only k^T remains, which
is an attribute of Core ML's product. Apple's Neural Engine runs small products of one head faster than one of all heads
("Deploying Transformers on the Apple Neural Engine", Apple 2022, and its code, ml-ane-transformers).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import arguments, emit, is_call, only_user, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class HeadedAttention:
    """result = bmm(softmax(bmm(left, right)), values), all (heads, ., .)."""

    left: fx.Node
    right: fx.Node
    values: fx.Node
    result: fx.Node


@register
class AttentionPerHead(Transform[HeadedAttention]):
    """Write an attention transposed, as separate products for each head."""

    name: ClassVar[str] = "attention_per_head"

    def check(self, node: fx.Node) -> HeadedAttention | Refuse | None:
        """Match a softmax over the last axis between two batched products without other users."""
        if not is_call(node, aten.softmax.int) or not is_call(node.args[0], aten.bmm.default):
            return None
        scores, result = node.args[0], only_user(node)
        if not isinstance(scores, fx.Node) or arguments(node)["dim"] % 3 != 2:
            return Refuse("its softmax is not over the keys")
        if only_user(scores) is not node or not is_call(result, aten.bmm.default):
            return Refuse("its scores or weights have other users")
        if result is None or result.args[0] is not node or result.args[1] is node:
            return Refuse("its weights are not the first factor of the product with the values")
        left, right = scores.all_input_nodes if len(scores.all_input_nodes) == 2 else scores.all_input_nodes * 2
        return HeadedAttention(left, right, result.args[1], result)  # type: ignore[arg-type]

    def rewrite(self, match: HeadedAttention) -> None:
        """Write the heads, concatenate them, and transpose the result."""
        before = match.result

        def transposed(node: fx.Node) -> fx.Node:
            return emit(before, aten.permute.default, (node, [0, 2, 1]))

        def part(node: fx.Node, head: int) -> fx.Node:
            return emit(before, aten.slice.Tensor, (node, 0, head, head + 1))

        left, values = transposed(match.left), transposed(match.values)
        heads = []
        for head in range(shape(match.result)[0]):
            keys, queries = transposed(part(match.right, head)), part(left, head)
            scores = emit(before, aten.bmm.default, (keys, queries))
            weights = emit(before, aten.softmax.int, (scores, 1))
            heads.append(emit(before, aten.bmm.default, (part(values, head), weights)))
        joined = heads[0] if len(heads) == 1 else emit(before, aten.cat.default, (heads, 0))
        replace(before, transposed(joined))
