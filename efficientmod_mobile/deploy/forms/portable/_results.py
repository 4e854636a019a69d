"""Operators with several results, of which the others have no reader, or each has an operator of its own.

max(x, axis)[0]     =  amax(x, axis)
aminmax(x, axis)    =  amin(x, axis), amax(x, axis)
var_mean(x, axes)   =  var(x, axes), mean(x, axes)
"""

import operator
from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.portable._order import kth_of_axis
from efficientmod_mobile.deploy.forms.portable._pooling import adaptive_maximum
from efficientmod_mobile.deploy.forms.portable._scans import running_extreme
from efficientmod_mobile.deploy.forms.portable._unpooling import pool_without_places
from efficientmod_mobile.deploy.program import arguments, emit, is_call, shape

aten = torch.ops.aten


def _greatest_of_axis(node: fx.Node) -> Write | None:
    """The values of a maximum, or minimum, along an axis; None where its places are read as well."""
    source, index = node.args
    targets = {aten.max.dim: aten.amax.default, aten.min.dim: aten.amin.default}
    if not isinstance(source, fx.Node) or source.target not in targets or index != 0 or len(source.users) > 1:
        return None
    bound, target = arguments(source), targets[source.target]

    def write() -> fx.Node:
        kept = emit(node, target, (bound["self"], [bound["dim"]], True))
        return kept if bound["keepdim"] else emit(node, aten.reshape.default, (kept, list(shape(node))))

    return write


def _extremes(node: fx.Node) -> Write | None:
    source, index = node.args
    if not isinstance(source, fx.Node) or not is_call(source, aten.aminmax.default):
        return None
    bound = arguments(source)
    axes = [] if bound["dim"] is None else [bound["dim"]]
    target = aten.amax.default if index else aten.amin.default
    return lambda: emit(node, target, (bound["self"], axes, bound["keepdim"]))


def _moments(node: fx.Node) -> Write | None:
    source, index = node.args
    overloads: dict[Any, Any] = {aten.var_mean.dim: aten.var.dim, aten.var_mean.correction: aten.var.correction}
    overloads |= {aten.std_mean.dim: aten.std.dim, aten.std_mean.correction: aten.std.correction}
    if not isinstance(source, fx.Node) or source.target not in overloads:
        return None
    bound = arguments(source)
    if index == 0:
        return lambda: emit(node, overloads[source.target], source.args, source.kwargs)
    axes = bound["dim"] if bound["dim"] is not None else list(range(len(shape(bound["self"]))))
    return lambda: emit(node, aten.mean.dim, (bound["self"], axes, bound["keepdim"]))


def _result(node: fx.Node) -> Write | None:
    kinds = (
        adaptive_maximum,
        _greatest_of_axis,
        pool_without_places,
        _extremes,
        _moments,
        kth_of_axis,
        running_extreme,
    )
    return next((write for write in (kind(node) for kind in kinds) if write is not None), None)


FORMS: dict[object, Form] = {operator.getitem: _result}
