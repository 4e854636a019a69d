"""Determinants, inverses and solutions of matrices of two and three rows, by cofactors.

C(i, j) = a(i+1, j+1) a(i+2, j+2) - a(i+1, j+2) a(i+2, j+1)       of three rows, indices modulo 3
det A   = sum over j of a(0, j) C(0, j)
A^-1    = C^T / det A,      solve(A, B) = A^-1 B
"""

from functools import reduce

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, reshaped
from efficientmod_mobile.deploy.program import arguments, emit, shape

aten = torch.ops.aten


class _Matrix:
    """The elements of matrices (..., n, n) as (..., 1, 1), inserted before a node."""

    def __init__(self, node: fx.Node, x: fx.Node) -> None:
        self.node, self.size, axes = node, shape(x)[-1], len(shape(x))
        rows = [emit(node, aten.slice.Tensor, (x, axes - 2, i, i + 1)) for i in range(self.size)]
        self.axes = axes
        self.elements = [
            [emit(node, aten.slice.Tensor, (row, axes - 1, j, j + 1)) for j in range(self.size)] for row in rows
        ]

    def at(self, i: int, j: int) -> fx.Node:
        return self.elements[i % self.size][j % self.size]

    def product(self, x: fx.Node, y: fx.Node) -> fx.Node:
        return emit(self.node, aten.mul.Tensor, (x, y))

    def cofactor(self, i: int, j: int) -> fx.Node:
        if self.size == 2:
            other = self.at(i + 1, j + 1)
            return other if i == j else emit(self.node, aten.neg.default, (other,))
        down = self.product(self.at(i + 1, j + 1), self.at(i + 2, j + 2))
        up = self.product(self.at(i + 1, j + 2), self.at(i + 2, j + 1))
        return emit(self.node, aten.sub.Tensor, (down, up))

    def determinant(self) -> fx.Node:
        terms = [self.product(self.at(0, j), self.cofactor(0, j)) for j in range(self.size)]
        return reduce(lambda x, y: emit(self.node, aten.add.Tensor, (x, y)), terms)

    def inverse(self) -> fx.Node:
        rows = [[self.cofactor(i, j) for i in range(self.size)] for j in range(self.size)]
        joined = [emit(self.node, aten.cat.default, (row, self.axes - 1)) for row in rows]
        adjugate = emit(self.node, aten.cat.default, (joined, self.axes - 2))
        return emit(self.node, aten.div.Tensor, (adjugate, self.determinant()))


def _is_small(x: fx.Node) -> bool:
    return shape(x)[-1] in (2, 3)


def _determinant(node: fx.Node) -> Write | None:
    x = arguments(node)["A" if "A" in arguments(node) else "self"]
    return (lambda: reshaped(node, _Matrix(node, x).determinant())) if _is_small(x) else None


def _inverse(node: fx.Node) -> Write | None:
    x = arguments(node)["A" if "A" in arguments(node) else "self"]
    return (lambda: _Matrix(node, x).inverse()) if _is_small(x) else None


def _solution(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, given = bound["A"], bound["B"]
    if not _is_small(x) or not bound["left"] or len(shape(given)) != len(shape(x)):
        return None
    return lambda: emit(node, aten.matmul.default, (_Matrix(node, x).inverse(), given))


FORMS: dict[object, Form] = {
    **dict.fromkeys((aten.linalg_det.default, aten.det.default), _determinant),
    **dict.fromkeys((aten.linalg_inv.default, aten.inverse.default), _inverse),
    aten.linalg_solve.default: _solution,
}
