"""Products whose factors have other axes than some converter expects.

attention(q, k, v) of three axes         =  the same of one head
attention with fewer heads of k, v       =  the same with each of them repeated
bilinear(x, y, W)_o                      =  sum_j (W_o^T x)_j y_j
x @ v, v a vector                        =  x @ (v as a column), its last axis dropped
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, emit, shape

aten = torch.ops.aten


def _attention(node: fx.Node) -> Write | None:
    bound = arguments(node)
    tensors = [bound["query"], bound["key"], bound["value"]]
    repeats = bound["enable_gqa"]
    if len({len(shape(one)) for one in tensors}) > 1 or not (repeats or len(shape(node)) == 3):
        return None
    options = (bound["dropout_p"], bound["is_causal"])

    def write() -> fx.Node:
        mask = bound["attn_mask"]
        query, *kept = tensors
        if len(shape(node)) == 3:
            query, *kept = (emit(node, aten.unsqueeze.default, (one, 1)) for one in tensors)
            mask = mask if mask is None or len(shape(mask)) < 3 else emit(node, aten.unsqueeze.default, (mask, 1))
        if repeats:
            kept = [_repeated(node, one, shape(query)[-3]) for one in kept]
        y = emit(node, node.target, (query, *kept, mask, *options), {"scale": bound["scale"]})
        return y if shape(y) == shape(node) else emit(node, aten.squeeze.dim, (y, 1))

    return write


def _repeated(node: fx.Node, x: fx.Node, heads: int) -> fx.Node:
    """Insert x with each head repeated side by side, so that there are `heads`."""
    *batch, have, length, width = shape(x)
    y = emit(node, aten.reshape.default, (x, [*batch, have, 1, length, width]))
    y = emit(node, aten.expand.default, (y, [*batch, have, heads // have, length, width]))
    return emit(node, aten.reshape.default, (y, [*batch, heads, length, width]))


def _with_vector(node: fx.Node) -> Write | None:
    x, vector = arguments(node)["self"], arguments(node)["other"]
    if len(shape(x)) < 3 or len(shape(vector)) != 1:
        return None

    def write() -> fx.Node:
        column = emit(node, aten.reshape.default, (vector, [shape(vector)[0], 1]))
        return emit(node, aten.squeeze.dim, (emit(node, aten.matmul.default, (x, column)), -1))

    return write


def _bilinear(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, y, weight = bound["input1"], bound["input2"], bound["weight"]
    outputs, inputs, others = shape(weight)

    def write() -> fx.Node:
        rows = emit(node, aten.permute.default, (weight, [0, 2, 1]))
        rows = emit(node, aten.reshape.default, (rows, [outputs * others, inputs]))
        z = emit(node, aten.linear.default, (x, rows))
        z = emit(node, aten.reshape.default, (z, [*shape(x)[:-1], outputs, others]))
        z = emit(node, aten.mul.Tensor, (z, emit(node, aten.unsqueeze.default, (y, -2))))
        z = emit(node, aten.sum.dim_IntList, (z, [-1]))
        return z if bound["bias"] is None else emit(node, aten.add.Tensor, (z, bound["bias"]))

    return write


FORMS: dict[object, Form] = {
    aten.bilinear.default: _bilinear,
    aten.matmul.default: _with_vector,
    aten.scaled_dot_product_attention.default: _attention,
}
