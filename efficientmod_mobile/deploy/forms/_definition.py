"""PyTorch's own definition of an operator in place of a call of it."""

from typing import Any

import torch
from torch import fx
from torch._decomp import decomposition_table
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import make_fx

from efficientmod_mobile.deploy.forms._form import Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call

aten = torch.ops.aten

_CANONICAL: dict[object, OpOverload] = dict.fromkeys(
    (aten.view.default, aten._unsafe_view.default), aten.reshape.default
)


def decomposed(node: fx.Node) -> Write | None:
    """How to write a node in the operators that PyTorch defines it by; None where it defines it by no others."""
    target: Any = node.target
    bound = arguments(node)
    tensors = node.all_input_nodes

    def compute(*values: torch.Tensor) -> Any:
        given = dict(zip(tensors, values, strict=True))
        return target(**fx.map_arg(bound, given.__getitem__))

    table = {target: _definition(target)}
    values = [one.meta["val"].detach().clone() for one in tensors]  # nodes of one shape may share their FakeTensor
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
        elif inner.target == aten.scalar_tensor.default:  # its name in ONNX clashes with those that the exporter makes
            number = torch.tensor(inner.args[0], dtype=inner.meta["val"].dtype)
            values[inner] = add_parameter(node, f"{node.name}_number", number)
        elif inner.op == "call_function":
            args = fx.map_arg(inner.args, values.__getitem__)
            kwargs = fx.map_arg(inner.kwargs, values.__getitem__)
            values[inner] = emit(node, _CANONICAL.get(inner.target, inner.target), args, kwargs)
    result: Any = traced.graph.output_node().args[0]
    return values[result]
