"""The scale of an attention is folded into the layer that computes the queries.

    softmax(c * (q k^T)) v = softmax((c q) k^T) v,    c q = (c W) x + c b
    scaled_dot_product_attention(q, k, v, scale=c) = the same with scale 1

Only the rows of the layer that compute q are scaled, also if one layer computes q, k and v. If q is not computed by a
layer, the scale is folded into k: (c q) k^T = q (c k)^T. (Vaswani et al. 2017.)
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import ProducerFold, Refuse, constant_operation, into_producer, passes_channels
from efficientmod_mobile.deploy.program import arguments, is_call, only_user, replace, set_argument, shape

aten = torch.ops.aten

_PRODUCTS = (aten.matmul.default, aten.bmm.default)


@dataclass(frozen=True)
class ScaleFold:
    """The node that scales, the fold into a layer, and the node that replaces the first (None: it stays, unscaled)."""

    node: fx.Node
    fold: ProducerFold
    unscaled: fx.Node | None


@register
class AttentionScaleIntoQuery(Transform[ScaleFold]):
    """Fold the scale of a product of two activations, or of an attention, into the layer that computes one factor."""

    name: ClassVar[str] = "attention_scale_into_query"

    def check(self, node: fx.Node) -> ScaleFold | Refuse | None:
        """Match a number times a matrix product, or an attention operator whose scale is not 1."""
        if is_call(node, aten.scaled_dot_product_attention.default):
            scale = _attention_scale(node)
            return None if scale == 1.0 else _into_factor(node, node, scale, None)
        operation = constant_operation(node)
        if operation is None or operation.scale.numel() != 1 or operation.shift is not None:
            return None
        product = operation.source
        while passes_channels(product) and only_user(product) is not None:
            product = product.all_input_nodes[0]
        if not is_call(product, *_PRODUCTS):
            return None
        if only_user(product) is None:
            return Refuse(f"the unscaled {product.name} has other users")
        return _into_factor(node, product, float(operation.scale), operation.source)

    def rewrite(self, match: ScaleFold) -> None:
        """Scale the rows of the layer's weight and remove the scale."""
        match.fold.write()
        if match.unscaled is None:
            set_argument(match.node, "scale", 1.0)
        else:
            replace(match.node, match.unscaled)


def _attention_scale(node: fx.Node) -> float:
    bound = arguments(node)
    return 1.0 / math.sqrt(shape(bound["query"])[-1]) if bound["scale"] is None else float(bound["scale"])


def _into_factor(node: fx.Node, product: fx.Node, scale: float, unscaled: fx.Node | None) -> ScaleFold | Refuse:
    reasons = []
    for factor in product.args[:2]:
        if not isinstance(factor, fx.Node) or list(product.args).count(factor) > 1:
            return Refuse(f"{product.name} multiplies a tensor with itself")
        value = torch.tensor(scale, dtype=factor.meta["val"].dtype)
        fold = into_producer(factor, product, value, None)
        if isinstance(fold, ProducerFold):
            return ScaleFold(node, fold, unscaled)
        reasons.append(fold.reason)
    return Refuse("; ".join(reasons))
