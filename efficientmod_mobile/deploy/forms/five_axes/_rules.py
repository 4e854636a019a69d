"""How each operator is written with at most five axes: on tensors of which axes that stay together are merged.

op(x, y)          = split(op(merge(x), merge(y)))       elementwise; operands may have to be repeated first
op(x, axis)       = split(op(x as (before, axis, after), 1))
reduce(x, axes)   = split(reduce(permute(x) as (kept, reduced), 1))
linear(x), norm(x), x @ y                               axes before the last ones, or the products, merged
"""

import operator
from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor, fx
from torch._ops import OpOverload

from efficientmod_mobile.deploy.analysis import slice_of
from efficientmod_mobile.deploy.forms._definition import decomposed
from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.five_axes._merged_axes import (
    around,
    as_shape,
    broadcast_together,
    called,
    expanded,
)
from efficientmod_mobile.deploy.program import arguments, emit, replace, shape

aten = torch.ops.aten

_LIKE_ELEMENTWISE = (
    *(aten.alias.default, aten.clone.default, aten.contiguous.default, aten.detach.default, aten.dropout.default),
    *(aten.to.dtype, aten._to_copy.default, aten.type_as.default),
)


def rule_of(node: fx.Node) -> Write | None:
    """How to write an operator that is no move; without a rule, in those that define it; None where it has neither."""
    part = slice_of(node)
    if part is not None:
        stop = part.start + part.length
        return lambda: emit(
            node, aten.slice.Tensor, (around(node, part.source, part.axis), 1, part.start, stop), like=node
        )
    target = node.target
    if target in _FORMS:
        return _FORMS[target](node)
    if isinstance(target, OpOverload) and (torch.Tag.pointwise in target.tags or target in _LIKE_ELEMENTWISE):
        return _elementwise(node)
    return decomposed(node) if isinstance(target, OpOverload) else None


def _elementwise(node: fx.Node) -> Write | None:
    tensors = [one for one in node.all_input_nodes if isinstance(one.meta["val"], Tensor) and shape(one)]

    def write() -> fx.Node:
        merged = dict(zip(tensors, broadcast_together(node, tensors, shape(node)), strict=True))
        return called(node, fx.map_arg(arguments(node), lambda one: merged.get(one, one)))

    return write


def _expand(node: fx.Node) -> Write | None:
    return lambda: expanded(node, arguments(node)["self"], shape(node))


def _along(node: fx.Node) -> Write | None:
    """An operator with an argument `dim`; one of several results gives each of them its own axes back."""
    bound = arguments(node)
    x = bound["self"]
    if bound["dim"] is None:
        return None
    axis = bound["dim"] % len(shape(x))

    def write() -> fx.Node:
        y = called(node, {**bound, "self": around(node, x, axis), "dim": 1})
        for part in list(node.users) if isinstance(node.meta["val"], (tuple, list)) else ():
            replace(part, as_shape(part, emit(part, operator.getitem, (y, part.args[1])), shape(part)))
        return y

    return write


def _axis_by_axis(steps: Callable[[fx.Node], list[tuple[int, tuple[Any, ...]]]]) -> Form:
    """An operator on several axes, one after the other: `steps` gives each axis and the arguments for axis 1 of 3."""

    def form(node: fx.Node) -> Write | None:
        def write() -> fx.Node:
            y: fx.Node = arguments(node)["self"]
            size = [1] * (len(shape(node)) - len(shape(y))) + list(shape(y))
            for axis, given in steps(node):
                y = as_shape(node, y, (prod(size[:axis]), size[axis], prod(size[axis + 1 :])))
                y = emit(node, node.target, (y, *given))
                size[axis] = shape(y)[1]
            return y

        return write

    return form


def _flips(node: fx.Node) -> list[tuple[int, tuple[Any, ...]]]:
    return [(axis % len(shape(node)), ([1],)) for axis in arguments(node)["dims"]]


def _rolls(node: fx.Node) -> list[tuple[int, tuple[Any, ...]]]:
    bound = arguments(node)
    pairs = zip(bound["dims"], bound["shifts"], strict=True)
    return [(axis % len(shape(node)), ([shift], [1])) for axis, shift in pairs]


def _repeats(node: fx.Node) -> list[tuple[int, tuple[Any, ...]]]:
    return [(axis, ([1, times, 1],)) for axis, times in enumerate(arguments(node)["repeats"]) if times != 1]


def _pads(node: fx.Node) -> list[tuple[int, tuple[Any, ...]]]:
    bound = arguments(node)
    pads = bound["pad"]
    last = len(shape(node)) - 1
    sides = [(last - place // 2, pads[place : place + 2]) for place in range(0, len(pads), 2)]
    return [(axis, ([0, 0, *side], bound["value"])) for axis, side in sides if any(side)]


def _join(node: fx.Node) -> Write | None:
    bound = arguments(node)
    axis = bound["dim"] % len(shape(node))
    before, after = prod(shape(node)[:axis]), prod(shape(node)[axis + 1 :])

    def write() -> fx.Node:
        parts = [as_shape(node, one, (before, prod(shape(one)) // (before * after), after)) for one in bound["tensors"]]
        return emit(node, aten.cat.default, (parts, 1))

    return write


def _reduction(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x = bound["self"]
    rank = len(shape(x))
    given = bound["dim"]
    several = not isinstance(given, int)
    reduced = (
        sorted({axis % rank for axis in (given if several else [given])}) if given not in (None, []) else [*range(rank)]
    )
    kept = [axis for axis in range(rank) if axis not in reduced]
    adjacent = reduced == list(range(reduced[0], reduced[-1] + 1))

    def write() -> fx.Node:
        if adjacent:
            size = (
                prod(shape(x)[: reduced[0]]),
                prod(shape(x)[axis] for axis in reduced),
                prod(shape(x)[reduced[-1] + 1 :]),
            )
            y = as_shape(node, x, size)
        else:
            y = emit(node, aten.permute.default, (x, [*kept, *reduced]))
            y = as_shape(node, y, (prod(shape(x)[axis] for axis in kept), prod(shape(x)[axis] for axis in reduced)))
        return called(node, {**bound, "self": y, "dim": [1] if several else 1, "keepdim": False})

    return write


def _last_axes(name: str, count: Callable[[dict[str, Any]], int]) -> Form:
    """An operator on the last `count` axes of its argument `name`."""

    def form(node: fx.Node) -> Write | None:
        bound = arguments(node)
        x = bound[name]
        last = shape(x)[len(shape(x)) - count(bound) :]
        if len(last) > 4:
            return None
        rows = prod(shape(x)) // prod(last)
        return lambda: called(node, {**bound, name: as_shape(node, x, (rows, *last))})

    return form


def _product(node: fx.Node) -> Write | None:
    left, right = arguments(node)["self"], arguments(node)["other"]
    if min(len(shape(left)), len(shape(right))) < 2:
        return None
    batch = shape(node)[:-2]

    def rows(x: fx.Node) -> fx.Node:
        size = shape(x)[-2:]
        return as_shape(node, expanded(node, x, (*batch, *size)), (prod(batch), *size))

    def write() -> fx.Node:
        if len(shape(right)) == 2:
            flat = as_shape(node, left, (prod(shape(left)[:-1]), shape(left)[-1]))
            return emit(node, aten.matmul.default, (flat, right))
        return emit(node, aten.bmm.default, (rows(left), rows(right)))

    return write


def _lookup(node: fx.Node) -> Write | None:
    indices = arguments(node)["indices"]
    bound = arguments(node)
    return lambda: called(node, {**bound, "indices": as_shape(node, indices, (prod(shape(indices)),))})


_FORMS: dict[object, Form] = {
    **dict.fromkeys(
        (
            *(
                aten.argmax.default,
                aten.argmin.default,
                aten.cumsum.default,
                aten.glu.default,
                aten.index_select.default,
            ),
            *(aten.log_softmax.int, aten.max.dim, aten.min.dim, aten.select.int, aten.slice.Tensor, aten.softmax.int),
            *(aten.sort.default, aten.topk.default),
        ),
        _along,
    ),
    **dict.fromkeys(
        (
            *(aten.all.dim, aten.amax.default, aten.amin.default, aten.any.dim, aten.logsumexp.default),
            *(aten.mean.dim, aten.prod.dim_int, aten.std.correction, aten.sum.dim_IntList, aten.var.correction),
            aten.linalg_vector_norm.default,
        ),
        _reduction,
    ),
    aten.cat.default: _join,
    aten.stack.default: _join,
    aten.constant_pad_nd.default: _axis_by_axis(_pads),
    aten.expand.default: _expand,
    aten.flip.default: _axis_by_axis(_flips),
    aten.repeat.default: _axis_by_axis(_repeats),
    aten.roll.default: _axis_by_axis(_rolls),
    aten.embedding.default: _lookup,
    aten.linear.default: _last_axes("input", lambda _: 1),
    aten.layer_norm.default: _last_axes("input", lambda bound: len(bound["normalized_shape"])),
    aten.rms_norm.default: _last_axes("input", lambda bound: len(bound["normalized_shape"])),
    aten.matmul.default: _product,
}
