"""Nested graphs of `torch.export`: the bodies of `with torch.autocast(...)` and `with torch.no_grad()`.

In a float32 network, a disabled autocast changes nothing, nor does a gradient mode in a program that computes no
gradients; such a nested graph is inlined.
"""

from typing import Any

import torch
from torch import fx
from torch._ops import HigherOrderOperator

from efficientmod_mobile.errors import ConversionError

_AUTOCAST = torch.ops.higher_order.wrap_with_autocast
_GRADIENTS = torch.ops.higher_order.wrap_with_set_grad_enabled


def inline_nested_graphs(module: fx.GraphModule) -> None:
    """Replace every nested graph by its nodes, recursively.

    Raises:
        ConversionError: a nested graph runs under an enabled autocast, under a condition, or in a loop.
    """
    while nested := [node for node in module.graph.nodes if isinstance(node.target, HigherOrderOperator)]:
        for node in nested:
            _inline(module, node)
    module.recompile()


def _inline(module: fx.GraphModule, node: Any) -> None:
    if node.target is _AUTOCAST:
        device, dtype, enabled, _cache, body, *operands = node.args
        if enabled:
            reason = f"a part of the network runs under autocast ({device}, {dtype}); enable it in training only"
            raise ConversionError(reason, code="nested_graph")
    elif node.target is _GRADIENTS:
        _enabled, body, *operands = node.args
    else:
        raise ConversionError(
            f"a part of the network is a nested graph ({node.target}), as torch.cond makes it; "
            "make forward() run the same operators for every input",
            code="nested_graph",
        )
    inner: Any = module.get_submodule(body.target)
    values = dict(zip(inner.graph.find_nodes(op="placeholder"), operands, strict=True))
    with module.graph.inserting_before(node):
        for held in inner.graph.find_nodes(op="get_attr"):  # a nested graph inside
            values[held] = module.graph.get_attr(f"{body.target}.{held.target}")
        results: Any = module.graph.graph_copy(inner.graph, values)
    for user in list(node.users):
        user.replace_all_uses_with(results[user.args[1]])
        module.graph.erase_node(user)
    module.graph.erase_node(node)
    if not body.users:
        module.graph.erase_node(body)
