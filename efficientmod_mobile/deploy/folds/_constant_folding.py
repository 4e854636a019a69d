"""Operations on constants are computed in advance, and a product with a constant matrix becomes a linear layer.

f(c1, c2, ...) = c                  for constants c_i and an operator f that draws no random numbers
x @ M = linear(x, M^T)              b + x @ M = linear(x, M^T, b)          x @ M for M of rank 2
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx
from torch._ops import OpOverload

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import (
    add_parameter,
    arguments,
    emit,
    evaluate,
    is_call,
    replace,
    shape,
    tensor_of,
)

aten = torch.ops.aten

LARGEST_CONSTANT = 2**20
"""Results of up to so many elements are stored (4 MiB in float32); a larger one only if its inputs are as large."""


@register
class FoldConstants(Transform[fx.Node]):
    """Store the result of an operation on constants."""

    name: ClassVar[str] = "fold_constants"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match a deterministic operator with one result, all of whose inputs are constants."""
        if node.op != "call_function" or not isinstance(node.target, OpOverload):
            return None
        if not all(source.op == "get_attr" for source in node.all_input_nodes) or not hasattr(
            node.meta["val"], "shape"
        ):
            return None
        if torch.Tag.nondeterministic_seeded in node.target.tags:
            return Refuse("it draws random numbers")
        size, held = math.prod(shape(node)), sum(math.prod(shape(source)) for source in node.all_input_nodes)
        if size > max(LARGEST_CONSTANT, held):
            return Refuse(f"its {size} elements would be stored in place of {held}")
        return node

    def rewrite(self, match: fx.Node) -> None:
        """Replace the operator by its result."""
        result = evaluate(match, tensor_of)
        name = str(match.all_input_nodes[0].target) if match.all_input_nodes else match.name
        replace(match, add_parameter(match, name, result.clone()))


@dataclass(frozen=True)
class Product:
    """x @ matrix + bias, with `matrix` (I, O)."""

    node: fx.Node
    x: fx.Node
    name: str
    matrix: Tensor
    bias: fx.Node | None


@register
class ProductAsLinear(Transform[Product]):
    """Write a product with a constant matrix as a linear layer."""

    name: ClassVar[str] = "product_as_linear"

    def check(self, node: fx.Node) -> Product | Refuse | None:
        """Match matmul, mm and addmm whose second factor is a constant of rank 2."""
        if is_call(node, aten.matmul.default, aten.mm.default):
            x, matrix, bias = node.args[0], node.args[1], None
        elif is_call(node, aten.addmm.default):
            bias, x, matrix = node.args[:3]
        else:
            return None
        held = tensor_of(matrix)
        if held is None or held.ndim != 2 or not isinstance(x, fx.Node) or not isinstance(matrix, fx.Node):
            return None
        if not isinstance(bias, fx.Node):
            return _unless_shared(Product(node, x, str(matrix.target), held, None), matrix)
        plain = arguments(node)["alpha"] == 1 and arguments(node)["beta"] == 1 and len(shape(bias)) == 1
        return _unless_shared(Product(node, x, str(matrix.target), held, bias), matrix) if plain else None

    def rewrite(self, match: Product) -> None:
        """Store the matrix transposed."""
        weight = add_parameter(match.node, match.name, match.matrix.t())
        replace(match.node, emit(match.node, aten.linear.default, (match.x, weight, match.bias)))


def _unless_shared(product: Product, matrix: fx.Node) -> Product | Refuse:
    if len(matrix.users) > 1:
        return Refuse("the matrix has other users, so its transpose would be a second copy")
    return product
