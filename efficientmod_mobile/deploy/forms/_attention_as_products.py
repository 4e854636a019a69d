"""Attention is written as batched products of three-dimensional tensors.

    scaled_dot_product_attention(q, k, v, scale=c) = softmax(c * (q @ k^T)) @ v           (Vaswani et al. 2017)
    a @ b  for (B1, ..., M, K) and (B1, ..., K, N)  =  reshape(bmm(reshape(a), reshape(b)))     (B1 * ..., M, K)

`channels_first` merges the reshapes with the permutes around them.
"""

import math
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import arguments, emit, is_call, replace, shape

aten = torch.ops.aten


@register
class AttentionInProducts(Transform[fx.Node]):
    """Write the attention operator as two products and a softmax."""

    name: ClassVar[str] = "attention_in_products"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match an attention operator; refuse a mask, dropout and heads with shared keys."""
        if not is_call(node, aten.scaled_dot_product_attention.default):
            return None
        bound = arguments(node)
        if bound["attn_mask"] is not None or bound["is_causal"]:
            return Refuse("it has a mask")
        if bound["dropout_p"] or bound["enable_gqa"]:
            return Refuse("it draws random numbers, or its heads share keys")
        return node

    def rewrite(self, match: fx.Node) -> None:
        """Write the products and the softmax; a scale other than 1 multiplies the queries."""
        bound = arguments(match)
        query, key, value = bound["query"], bound["key"], bound["value"]
        scale = 1 / math.sqrt(shape(query)[-1]) if bound["scale"] is None else float(bound["scale"])
        if scale != 1.0:
            query = emit(match, aten.mul.Tensor, (query, scale))
        scores = emit(match, aten.matmul.default, (query, emit(match, aten.transpose.int, (key, -2, -1))))
        weights = emit(match, aten.softmax.int, (scores, -1))
        replace(match, emit(match, aten.matmul.default, (weights, value)))


@register
class ProductsInBatches(Transform[fx.Node]):
    """Write a product of two activations with equal batch axes as one of three-dimensional tensors."""

    name: ClassVar[str] = "products_in_batches"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match a matmul of two activations with three axes or more."""
        if not is_call(node, aten.matmul.default):
            return None
        left, right = (factor for factor in node.args[:2])
        if not isinstance(left, fx.Node) or not isinstance(right, fx.Node):
            return None
        if len(shape(left)) < 3 or shape(left)[:-2] != shape(right)[:-2]:
            return Refuse("its batch axes differ, or it has none")
        return node

    def rewrite(self, match: fx.Node) -> None:
        """Reshape the batch axes to one, and the result's back."""
        size = shape(match)
        left, right = (
            emit(match, aten.reshape.default, (factor, [math.prod(size[:-2]), *shape(factor)[-2:]]))
            for factor in match.args[:2]
            if isinstance(factor, fx.Node)
        )
        product = emit(match, aten.bmm.default, (left, right))
        replace(match, emit(match, aten.reshape.default, (product, list(size))))
