"""Writing into a part of a tensor at constant places, as copies of parts.

zero(x), fill(x, v)    =  v, broadcast                                         new_full, ones_like and the like too
empty(sizes)           =  0, broadcast                                         which is as good as any number
copy(x, y)             =  y, broadcast
slice_scatter(x, y)    =  cat(x[:start], y, x[end:])
... with a step        =  elements of cat(x, y), taken in the order of the result
select_scatter(x, y)   =  slice_scatter(x, unsqueeze(y))
index_put(x, i, y)     =  elements of cat(x, y) along the indexed axes, taken together as one
index_put(x, mask, y)  =  where(mask, y, x)                                    y of one element
... that adds up       =  index_put(x, j, y), j the places along these axes, taken together as one
index_fill(x, i, v)    =  where(i, v, x)
index_add, scatter_add along an axis = x + A y                                 A of zeros and ones
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import taken
from efficientmod_mobile.deploy.program import (
    add_parameter,
    along,
    arguments,
    emit,
    is_call,
    node_dtype,
    shape,
    tensor_of,
)

aten = torch.ops.aten


def _slice_scatter(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, part = bound["self"], bound["src"]
    axis = bound["dim"] % len(shape(x))
    places = range(*slice(bound["start"], bound["end"], bound["step"]).indices(shape(x)[axis]))
    return lambda: written(node, x, part, axis, places)


def _select_scatter(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, part = bound["self"], bound["src"]
    axis = bound["dim"] % len(shape(x))
    place = bound["index"] % shape(x)[axis]

    def write() -> fx.Node:
        return written(node, x, emit(node, aten.unsqueeze.default, (part, axis)), axis, [place])

    return write


def written(node: fx.Node, x: fx.Node, part: fx.Node, axis: int, places: Sequence[int]) -> fx.Node:
    """Insert x with its elements at constant places along an axis replaced by those of `part`; the last one counts."""
    size = shape(x)[axis]
    if list(places) == list(range(size)):
        return part
    first, count = places[0], len(places)
    if list(places) == list(range(first, first + count)):
        pieces = [emit(node, aten.slice.Tensor, (x, axis, 0, first))] if first else []
        pieces.append(part)
        if first + count < size:
            pieces.append(emit(node, aten.slice.Tensor, (x, axis, first + count, size)))
        return emit(node, aten.cat.default, (pieces, axis))
    order = list(range(size))
    for index, place in enumerate(places):
        order[place] = size + index
    return taken(node, emit(node, aten.cat.default, ([x, part], axis)), axis, order)


def _index_put(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, indices, values = bound["self"], bound["indices"], bound["values"]
    mask = indices[0] if len(indices) == 1 else None
    if isinstance(mask, fx.Node) and tensor_of(mask) is None:
        return _by_mask(node, x, mask, values, bound)
    given = [axis for axis, index in enumerate(indices) if index is not None]
    held = [tensor_of(indices[axis]) for axis in given]
    if any(index is None for index in held):
        return None
    if given != list(range(given[0], given[0] + len(given))):
        return _at_axes_apart(node, bound, given)
    places, ranks = _flat_places([index for index in held if index is not None], shape(x)[given[0] :])
    first, end = given[0], given[0] + ranks
    sizes = shape(x)
    if not places.numel():
        return None
    if bound["accumulate"]:
        return _added(node, x, values, places, given, ranks)
    whole = (*sizes[:first], prod(sizes[first:end]), *sizes[end:])
    part = (*sizes[:first], *places.shape, *sizes[end:])

    def write() -> fx.Node:
        wide = emit(node, aten.reshape.default, (x, list(whole))) if whole != sizes else x
        source = values if shape(values) == part else emit(node, aten.expand.default, (values, list(part)))
        flat = [*sizes[:first], places.numel(), *sizes[end:]]
        source = emit(node, aten.reshape.default, (source, flat)) if places.ndim != 1 else source
        y = written(node, wide, source, first, places.flatten().tolist())
        return emit(node, aten.reshape.default, (y, list(sizes))) if whole != sizes else y

    return write


def _added(node: fx.Node, x: fx.Node, values: fx.Node, places: Tensor, given: list[int], ranks: int) -> Write | None:
    """On rows, at one list of them; None where it is that already."""
    sizes, first = shape(x), given[0]
    if first:
        return _at_axes_apart(node, arguments(node), given)
    if len(sizes) == 2 and ranks == 1 and places.ndim == 1 and shape(values) == (len(places), sizes[1]):
        return None
    rows, width = prod(sizes[:ranks]), prod(sizes[ranks:])

    def write() -> fx.Node:
        table = emit(node, aten.reshape.default, (x, [rows, width]))
        part = (*places.shape, *sizes[ranks:])
        source = values if shape(values) == part else emit(node, aten.expand.default, (values, list(part)))
        source = emit(node, aten.reshape.default, (source, [places.numel(), width]))
        held = add_parameter(node, f"{node.name}_places", places.flatten())
        put = emit(node, aten.index_put.default, (table, [held], source, True))
        return emit(node, aten.reshape.default, (put, list(sizes)))

    return write


def _at_axes_apart(node: fx.Node, bound: dict[str, Any], given: list[int]) -> Write:
    """With the axes that are indexed first, as PyTorch has them in the values as well."""
    x: fx.Node = bound["self"]
    order = [*given, *(axis for axis in range(len(shape(x))) if axis not in given)]
    back = [order.index(axis) for axis in range(len(order))]
    indices = [bound["indices"][axis] for axis in given]

    def write() -> fx.Node:
        first = emit(node, aten.permute.default, (x, order))
        put = emit(node, aten.index_put.default, (first, indices, bound["values"], bound["accumulate"]))
        return emit(node, aten.permute.default, (put, back))

    return write


def _flat_places(indices: list[Tensor], sizes: tuple[int, ...]) -> tuple[Tensor, int]:
    """Where the indices point along the axes that they index, taken together as one; and how many axes these are."""
    if indices[0].dtype == torch.bool:
        indices = [column for index in indices for column in index.nonzero(as_tuple=True)]
    extents = sizes[: len(indices)]
    spread = [index + sum(torch.zeros_like(other) for other in indices) for index in indices]
    places = torch.zeros_like(spread[0])
    for index, extent in zip(spread, extents, strict=True):
        places = places * extent + index % extent
    return places, len(indices)


def _by_mask(node: fx.Node, x: fx.Node, mask: fx.Node, values: fx.Node, bound: dict[str, object]) -> Write | None:
    if mask.meta["val"].dtype != torch.bool or bound["accumulate"] or prod(shape(values)) != 1:
        return None
    axes = len(shape(x)) - len(shape(mask))

    def write() -> fx.Node:
        wide = emit(node, aten.reshape.default, (mask, [*shape(mask), *[1] * axes])) if axes else mask
        return emit(node, aten.where.self, (wide, emit(node, aten.reshape.default, (values, [])), x))

    return write


def _index_fill(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, places, value = bound["self"], tensor_of(bound["index"]), bound["value"]
    if places is None or isinstance(value, fx.Node):
        return None
    axis = bound["dim"] % len(shape(x))
    mask = torch.zeros(shape(x)[axis], dtype=torch.bool)
    mask[places] = True
    sizes = [-1 if other == axis else 1 for other in range(len(shape(x)))]

    def write() -> fx.Node:
        held = add_parameter(node, f"{node.name}_mask", mask.reshape(sizes))
        number = add_parameter(node, f"{node.name}_value", torch.tensor(value, dtype=node_dtype(x)))
        return emit(node, aten.where.self, (held, number, x))

    return write


def _index_add(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x, places, source = bound["self"], tensor_of(bound["index"]), bound["source"]
    if places is None or not node.meta["val"].is_floating_point():
        return None
    axis = bound["dim"] % len(shape(x))
    matrix = torch.zeros(shape(x)[axis], places.numel(), dtype=torch.float64)
    matrix[places, torch.arange(places.numel())] = float(bound["alpha"])
    return lambda: emit(node, aten.add.Tensor, (x, along(node, source, axis, matrix)))


def _scatter_add(node: fx.Node) -> Write | None:
    """At places that are the same in every line along the axis: a product with a matrix."""
    bound = arguments(node)
    x, places, source = bound["self"], tensor_of(bound["index"]), bound["src"]
    if places is None or not node.meta["val"].is_floating_point() or places.ndim != len(shape(x)) or places.ndim == 0:
        return None
    axis = bound["dim"] % len(shape(x))
    line = places.movedim(axis, 0).flatten(1)
    others = [other for other in range(places.ndim) if other != axis]
    whole = places.shape == shape(source) and all(places.shape[other] == shape(x)[other] for other in others)
    if not whole or not bool((line == line[:, :1]).all()):
        return None
    matrix = torch.zeros(shape(x)[axis], len(line), dtype=torch.float64)
    matrix[line[:, 0], torch.arange(len(line))] = 1.0
    return lambda: emit(node, aten.add.Tensor, (x, along(node, source, axis, matrix)))


def _take(node: fx.Node) -> Write | None:
    bound = arguments(node)
    places = tensor_of(bound["index"])
    if places is None:
        return None

    def write() -> fx.Node:
        line = emit(node, aten.reshape.default, (bound["self"], [-1]))
        held = add_parameter(node, f"{node.name}_places", places.flatten() % shape(line)[0])
        y = emit(node, aten.index_select.default, (line, 0, held))
        return emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _select_computed(node: fx.Node) -> Write | None:
    """At a place that the network computes."""
    bound = arguments(node)
    place = bound["index"]
    if not is_call(place, aten.item.default):
        return None
    axis = bound["dim"] % len(shape(bound["self"]))

    def write() -> fx.Node:
        index = emit(node, aten.reshape.default, (place.args[0], [1]))
        y = emit(node, aten.index_select.default, (bound["self"], axis, index))
        return emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _copy(node: fx.Node) -> Write | None:
    """What is copied into a whole tensor, broadcast to its shape."""
    bound = arguments(node)
    x, source = bound["self"], bound["src"]

    def write() -> fx.Node:
        same = node_dtype(x) == node_dtype(source)
        y = source if same else emit(node, aten.to.dtype, (source, node_dtype(x)))
        return y if shape(x) == shape(y) else emit(node, aten.expand.default, (y, list(shape(x))))

    return write


def _scatter(node: fx.Node) -> Write | None:
    """At places that are the same in every line along the axis, and in all lines; else a number in x's dtype."""
    bound = arguments(node)
    x, places, source = bound["self"], tensor_of(bound["index"]), bound.get("src", bound.get("value"))
    if isinstance(source, int) and node_dtype(x).is_floating_point:
        return lambda: emit(node, node.target, (x, bound["dim"], bound["index"], float(source)))
    axis = bound["dim"] % len(shape(x))
    if places is None or places.ndim != len(shape(x)) or bound.get("reduce") is not None:
        return None
    line = places.movedim(axis, 0).flatten(1)
    others = [axis_ for axis_ in range(places.ndim) if axis_ != axis]
    if any(places.shape[other] != shape(x)[other] for other in others) or not bool((line == line[:, :1]).all()):
        return None

    def write() -> fx.Node:
        part = source
        if not isinstance(part, fx.Node):
            part = add_parameter(
                node, f"{node.name}_value", torch.full(places.shape, float(source or 0), dtype=node_dtype(x))
            )
        for other, size in enumerate(places.shape):
            if shape(part)[other] != size:
                part = emit(node, aten.slice.Tensor, (part, other, 0, size))
        return written(node, x, part, axis, line[:, 0].tolist())

    return write


def _filled(node: fx.Node) -> Write:
    """A whole tensor of one number."""
    bound = arguments(node)
    ones = node.target in (aten.new_ones.default, aten.ones_like.default)
    value = bound.get("value", bound.get("fill_value", 1.0 if ones else 0.0))

    def write() -> fx.Node:
        if isinstance(value, fx.Node):
            same = node_dtype(value) == node_dtype(node)
            held = value if same else emit(node, aten.to.dtype, (value, node_dtype(node)))
        else:
            number = torch.full((), value, dtype=node_dtype(node))
            held = add_parameter(node, f"{node.name}_value", number)
        return emit(node, aten.expand.default, (held, list(shape(node))))

    return write


FORMS: dict[object, Form] = {
    aten.copy.default: _copy,
    **dict.fromkeys(
        (
            *(aten.empty.memory_format, aten.empty_like.default, aten.empty_permuted.default),
            *(aten.empty_strided.default, aten.new_empty.default, aten.new_empty_strided.default),
            *(aten.new_ones.default, aten.new_full.default, aten.ones_like.default, aten.full_like.default),
        ),
        _filled,
    ),
    aten.zero.default: _filled,
    aten.fill.Scalar: _filled,
    aten.fill.Tensor: _filled,
    aten.scatter.src: _scatter,
    aten.scatter.value: _scatter,
    aten.slice_scatter.default: _slice_scatter,
    aten.select_scatter.default: _select_scatter,
    aten.index_put.default: _index_put,
    aten.index_fill.int_Scalar: _index_fill,
    aten.index_add.default: _index_add,
    aten.scatter_add.default: _scatter_add,
    aten.select.int: _select_computed,
    aten.take.default: _take,
}
