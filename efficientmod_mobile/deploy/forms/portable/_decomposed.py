"""Operators that PyTorch defines by simpler ones: its own decomposition in their place.

rot90(x)  =  flip(transpose(x))          roll(x)  =  the two parts of x, joined the other way round
sinc(x)   =  where(x = 0, 1, sin(pi x) / (pi x))           and so on; the proof in float64 holds them all
"""

from typing import Any

import torch
from torch import fx
from torch._decomp import decomposition_table
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import make_fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call

aten = torch.ops.aten

_LACKING = (
    *(
        aten.addcdiv.default,
        aten.addcmul.default,
        aten.addr.default,
        aten.copysign.Tensor,
        aten.cosine_similarity.default,
    ),
    *(aten.diff.default, aten.exp2.default, aten.fft_fftshift.default, aten.fft_ifftshift.default),
    *(aten.heaviside.default, aten.hypot.default, aten.index_copy.default, aten.linalg_cross.default),
    *(aten.logaddexp.default, aten.logit.default, aten.pairwise_distance.default, aten.roll.default),
    *(aten.rot90.default, aten.sgn.default, aten.sinc.default, aten.take_along_dim.default, aten.trace.default),
    *(aten.tril.default, aten.triu.default, aten.xlogy.Tensor),
)
"""Operators that some converter refuses."""


def _decomposed(node: fx.Node) -> Write | None:
    target: Any = node.target
    bound = arguments(node)
    if target == aten.roll.default and bound["dims"]:
        return None  # every runtime has it along axes
    tensors = [value for value in bound.values() if isinstance(value, fx.Node)]

    def compute(*values: torch.Tensor) -> Any:
        given = iter(values)
        return target(**{name: next(given) if isinstance(one, fx.Node) else one for name, one in bound.items()})

    table = {target: _definition(target)}
    values = [one.meta["val"].clone() for one in tensors]  # nodes of one shape may share their FakeTensor
    traced = make_fx(compute, decomposition_table=table, tracing_mode="fake")(*values)
    if any(is_call(inner, node.target) for inner in traced.graph.nodes):
        return None
    return lambda: _inlined(node, traced, tensors)


def _definition(target: OpOverload) -> Any:
    return decomposition_table.get(target) or target.decompose


def _inlined(node: fx.Node, traced: fx.GraphModule, tensors: list[fx.Node]) -> fx.Node:
    values: dict[fx.Node, fx.Node] = dict(zip(traced.graph.find_nodes(op="placeholder"), tensors, strict=True))
    for inner in traced.graph.nodes:
        if inner.op == "get_attr":
            values[inner] = add_parameter(node, f"{node.name}_constant", getattr(traced, inner.target))
        elif inner.op == "call_function":
            args = fx.map_arg(inner.args, values.__getitem__)
            kwargs = fx.map_arg(inner.kwargs, values.__getitem__)
            values[inner] = emit(node, inner.target, args, kwargs)
    result: Any = traced.graph.output_node().args[0]
    return values[result]


FORMS: dict[object, Form] = dict.fromkeys(_LACKING, _decomposed)
