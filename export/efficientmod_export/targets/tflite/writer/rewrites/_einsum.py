"""An Einsum of two operands is a matrix product, or an element-wise product where no matrix is needed.

The indices of both operands and the result are called b, those of one operand and the result l or r, those that are
summed over s. Each stands for any number of axes.

    Einsum(x, y)  ->  Transpose(Reshape(MatMul(x, y)))      of x as (b, l, s) and y as (b, s, r)
    Einsum(x, y)  ->  ReduceSum(Mul(x, y), s)               of both as (b, l, r, s), where there is no s, or no l and r
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from .._graph import Graph, Node, Shape


@dataclass(frozen=True)
class _Term:
    """An operand: a value, and an index letter for each of its axes."""

    value: str
    letters: str


def spell_out_einsum(graph: Graph) -> int:
    """Apply; return the number of changes."""
    return sum(_spell_out(graph, node) for node in list(graph.nodes) if node.operator == "Einsum")


def _spell_out(graph: Graph, node: Node) -> bool:
    equation = str(node.attributes.get("equation", "")).replace(" ", "")
    letters, _, result = equation.partition("->")
    terms = [_Term(name, part) for name, part in zip(node.inputs, letters.split(","), strict=True)]
    if "->" not in equation:  # then the result has the letters that occur once
        result = "".join(sorted(letter for letter in {*letters} - {","} if letters.count(letter) == 1))
    extents = _extents(graph, terms)
    if extents is None or len({*result}) < len(result):
        return False
    if any(f"{letters},{result}".count(letter) < 2 for letter in {*extents, *result}):
        return False
    if terms[0].value in graph.constants:
        terms.reverse()  # a constant matrix must be on the right
    left, right = terms
    rows, columns = ([letter for letter in result if letter not in other.letters] for other in (right, left))
    summed = [letter for letter in left.letters if letter not in result]
    if summed and (rows or columns):
        _multiply_matrices(graph, node, terms, result, extents, (rows, columns, summed))
    else:
        _multiply_elements(graph, node, terms, [*result, *summed], extents, len(summed))
    return True


def _extents(graph: Graph, terms: list[_Term]) -> dict[str, int] | None:
    """The extent of each letter. None where there are not two operands with one letter for each axis."""
    extents: dict[str, int] = {}
    for term in terms:
        shape = graph.shape(term.value)
        if len(term.letters) != len(shape) or len({*term.letters}) != len(shape) or not term.letters.isalpha():
            return None
        if any(
            extents.setdefault(letter, extent) != extent for letter, extent in zip(term.letters, shape, strict=True)
        ):
            return None
    return extents if len(terms) == 2 else None


def _multiply_matrices(
    graph: Graph,
    node: Node,
    terms: list[_Term],
    result: str,
    extents: Mapping[str, int],
    groups: tuple[list[str], list[str], list[str]],
) -> None:
    rows, columns, summed = groups
    batch = [letter for letter in result if letter not in rows + columns]
    left = _seen(graph, node, terms[0], extents, [*batch, rows, summed])
    right = _seen(graph, node, terms[1], extents, [*batch, summed, columns])
    product = graph.add(node, "MatMul", [left, right], _shape(extents, [*batch, rows, columns]))
    order = [*batch, *rows, *columns]
    apart = graph.add_reshape(node, product, _shape(extents, order))
    graph.become(node, "Transpose", [apart], perm=tuple(order.index(letter) for letter in result))


def _multiply_elements(
    graph: Graph, node: Node, terms: list[_Term], order: list[str], extents: Mapping[str, int], summed: int
) -> None:
    operands = [_seen(graph, node, term, extents, order) for term in terms]
    if not summed:
        graph.become(node, "Mul", operands)
        return
    product = graph.add(node, "Mul", operands, _shape(extents, order))
    axes = graph.add_constant(np.arange(-summed, 0), f"{node.outputs[0]}/axes")
    graph.become(node, "ReduceSum", [product, axes], keepdims=0)


def _seen(graph: Graph, node: Node, term: _Term, extents: Mapping[str, int], groups: Sequence[str | list[str]]) -> str:
    """An operand reshaped to an axis for each group of letters, of one element where it has none of them."""
    own = [[letter for letter in group if letter in term.letters] for group in groups]
    order = [letter for group in own for letter in group]
    perm = tuple(term.letters.index(letter) for letter in order)
    moved = graph.add(node, "Transpose", [term.value], _shape(extents, order), perm=perm)
    return graph.add_reshape(node, moved, _shape(extents, own))


def _shape(extents: Mapping[str, int], groups: Iterable[Iterable[str]]) -> Shape:
    return tuple(prod(extents[letter] for letter in group) for group in groups)
