"""A logarithm of a softmax that has no infinite values in float16.

    log_softmax(x)  =  y - log(sum(exp(y))),   y = x - max(x)

coremltools 9.0 writes it as log(softmax(x)), which in float16 is -inf where the softmax is below 6e-8: for a score that
is 17 below the greatest.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import register
from efficientmod_mobile.deploy.forms._form import Form, Forms, Write
from efficientmod_mobile.deploy.program import arguments, emit, node_dtype

aten = torch.ops.aten


def _in_parts(node: fx.Node) -> Write | None:
    x, axis, dtype = (arguments(node)[name] for name in ("self", "dim", "dtype"))
    if dtype not in (None, node_dtype(x)):
        return None

    def write() -> fx.Node:
        y = emit(node, aten.sub.Tensor, (x, emit(node, aten.amax.default, (x, [axis], True))))
        total = emit(node, aten.sum.dim_IntList, (emit(node, aten.exp.default, (y,)), [axis], True))
        return emit(node, aten.sub.Tensor, (y, emit(node, aten.log.default, (total,))))

    return write


@register
class LogSoftmaxInParts(Forms):
    """Write every log-softmax as maximum, differences, exponential, sum and logarithm."""

    name: ClassVar[str] = "log_softmax_in_parts"
    forms: ClassVar[Mapping[object, Form]] = {aten.log_softmax.int: _in_parts}
