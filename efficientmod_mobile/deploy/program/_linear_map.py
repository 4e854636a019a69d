"""A linear map along one axis of a tensor, as a product with a constant matrix.

y[..., i, ...] = sum_j A[i, j] x[..., j, ...]          A (after, before)
"""

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program._graph import add_parameter, emit, node_dtype, shape

aten = torch.ops.aten


def along(node: fx.Node, x: fx.Node, axis: int, matrix: Tensor) -> fx.Node:
    """Insert the product of x with a matrix (after, before) along an axis."""
    rank = len(shape(x))
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    weight = add_parameter(node, f"{node.name}_matrix", matrix.to(node_dtype(x)))
    last = axis == rank - 1
    x = x if last else emit(node, aten.permute.default, (x, order))
    y = emit(node, aten.linear.default, (x, weight))
    return y if last else emit(node, aten.permute.default, (y, order))
