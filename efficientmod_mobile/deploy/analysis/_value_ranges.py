"""The interval in which a node's values lie whatever the input is, as far as the operators before it tell.

sigmoid(x) in [0, 1]      clamp(x, a, b) in [a, b]      x in [a, b], y in [c, d]:  x + y in [a + c, b + d]

Interval arithmetic (Moore, Interval Analysis, 1966); an operator that is not known may give any value.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program import arguments, get_tensor

aten = torch.ops.aten

Range = tuple[float, float]
"""The least and the largest value."""

ANY: Range = (-math.inf, math.inf)

Bound = Callable[[Mapping[str, Any], Callable[[Any], Range]], Range]
"""A node's range, from its arguments by name and the function that gives the range of one."""

_CONVEX = (
    *(aten.reshape.default, aten.view.default, aten.flatten.using_ints, aten.unflatten.int, aten.permute.default),
    *(aten.transpose.int, aten.squeeze.default, aten.squeeze.dim, aten.squeeze.dims, aten.unsqueeze.default),
    *(aten.expand.default, aten.slice.Tensor, aten.select.int, aten.index.Tensor, aten.index_select.default),
    *(aten.flip.default, aten.gather.default, aten.contiguous.default, aten.clone.default, aten.alias.default),
    *(aten.detach.default, aten.to.dtype, aten._to_copy.default, aten.dropout.default, aten.mean.default),
    *(aten.mean.dim, aten.amax.default, aten.amin.default, aten.max_pool2d.default, aten.max.default, aten.min.default),
    *(aten.adaptive_avg_pool2d.default, aten.upsample_nearest2d.vec, aten.upsample_bilinear2d.vec),
    *(aten.lift_fresh_copy.default, aten.detach_.default),
)
"""Every value is one of the first argument's, or a mean of some."""


def value_ranges(graph: fx.Graph) -> dict[fx.Node, Range]:
    """The range of every node of a program's graph that gives a tensor."""
    module = graph.owning_module
    assert module is not None
    found: dict[fx.Node, Range] = {}

    def range_of(value: Any) -> Range:
        if isinstance(value, fx.Node):
            return found.get(value, ANY)
        if isinstance(value, int | float):
            return float(value), float(value)
        return ANY

    for node in graph.nodes:
        if node.op == "get_attr":
            found[node] = _of_constant(get_tensor(module, str(node.target)))
        elif node.op == "call_function" and node.target in _BOUNDS:
            found[node] = _sound(_BOUNDS[node.target](arguments(node), range_of))
    return found


def _of_constant(tensor: Tensor) -> Range:
    if tensor.numel() == 0 or tensor.is_complex():
        return ANY
    return float(tensor.min()), float(tensor.max())


def _sound(found: Range) -> Range:
    """Infinity less infinity is no bound."""
    return ANY if any(map(math.isnan, found)) else found


def _source(bound: Mapping[str, Any]) -> Any:
    """What the operator reads, one tensor or a list of them."""
    return next(bound[name] for name in ("self", "input", "tensors") if name in bound)


def _within(least: float, largest: float) -> Bound:
    return lambda bound, of: (least, largest)  # noqa: ARG005


def _monotonic(function: Callable[[float], float]) -> Bound:
    def bounds(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
        least, largest = of(_source(bound))
        return function(least), function(largest)

    return bounds


def _clipped(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
    names = ("min", "max") if "min" in bound else ("min_val", "max_val")
    low, high = (bound[name] for name in names)
    least, largest = of(_source(bound))
    if low is not None:
        least, largest = max(least, low), max(largest, low)
    if high is not None:
        least, largest = min(least, high), min(largest, high)
    return least, largest


def _sum(sign: int) -> Bound:
    def bounds(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
        alpha = sign * bound.get("alpha", 1)
        (a, b), (c, d) = of(bound["self"]), sorted(alpha * end for end in of(bound["other"]))
        return a + c, b + d

    return bounds


def _from_number(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
    """other - alpha * self."""
    (a, b), (c, d) = sorted(-bound.get("alpha", 1) * end for end in of(bound["self"])), of(bound["other"])
    return a + c, b + d


def _ends(first: Range, second: Range, function: Callable[[float, float], float]) -> Range:
    values = [function(x, y) for x in first for y in second]
    return ANY if any(map(math.isnan, values)) else (min(values), max(values))


def _product(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
    return _ends(of(bound["self"]), of(bound["other"]), lambda x, y: x * y)


def _quotient(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
    divisor = of(bound["other"])
    if divisor[0] <= 0.0 <= divisor[1]:
        return ANY
    return _ends(of(bound["self"]), divisor, lambda x, y: x / y)


def _any_of(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
    ranges = [of(one) for one in _source(bound)]
    return min(least for least, _ in ranges), max(largest for _, largest in ranges)


def _chosen(bound: Mapping[str, Any], of: Callable[[Any], Range]) -> Range:
    (a, b), (c, d) = of(bound["self"]), of(bound["other"])
    return min(a, c), max(b, d)


def _exponential(x: float) -> float:
    return math.exp(x) if x < 700.0 else math.inf


_BOUNDS: dict[Any, Bound] = {
    **dict.fromkeys(_CONVEX, _monotonic(lambda x: x)),
    **dict.fromkeys((aten.sigmoid.default, aten.hardsigmoid.default, aten.softmax.int), _within(0.0, 1.0)),
    **dict.fromkeys((aten.round.default, aten.floor.default), _monotonic(lambda x: x if math.isinf(x) else round(x))),
    aten.tanh.default: _within(-1.0, 1.0),
    aten.log_softmax.int: _within(-math.inf, 0.0),
    aten.softplus.default: _within(0.0, math.inf),
    aten.relu.default: _monotonic(lambda x: max(x, 0.0)),
    aten.relu6.default: _monotonic(lambda x: min(max(x, 0.0), 6.0)),
    aten.exp.default: _monotonic(_exponential),
    aten.neg.default: lambda bound, of: (-of(bound["self"])[1], -of(bound["self"])[0]),
    **dict.fromkeys((aten.clamp.default, aten.hardtanh.default), _clipped),
    **dict.fromkeys((aten.add.Tensor, aten.add.Scalar), _sum(1)),
    **dict.fromkeys((aten.sub.Tensor, aten.sub.Scalar), _sum(-1)),
    aten.rsub.Scalar: _from_number,
    **dict.fromkeys((aten.mul.Tensor, aten.mul.Scalar), _product),
    **dict.fromkeys((aten.div.Tensor, aten.div.Scalar), _quotient),
    **dict.fromkeys((aten.cat.default, aten.stack.default), _any_of),
    **dict.fromkeys((aten.where.self, aten.maximum.default, aten.minimum.default), _chosen),
}
