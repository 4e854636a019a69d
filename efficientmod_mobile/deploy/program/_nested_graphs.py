"""Regions that `torch.export` keeps as graphs of their own: what `with torch.autocast(...)` or `no_grad()` encloses.

In a float32 network an autocast that is switched off changes nothing, nor does a choice about gradients in a program
that computes none; such a region is a part of the network like any other.
"""

from typing import Any

import torch
from torch import fx
from torch._ops import HigherOrderOperator

from efficientmod_mobile.errors import ConversionError

_AUTOCAST = torch.ops.higher_order.wrap_with_autocast
_GRADIENTS = torch.ops.higher_order.wrap_with_set_grad_enabled


def inline_regions(module: fx.GraphModule) -> None:
    """Put the nodes of every region in its place, also where one lies in another.

    Raises:
        ConversionError: a region computes in another precision, or only under a condition, or repeatedly.
    """
    while regions := [node for node in module.graph.nodes if isinstance(node.target, HigherOrderOperator)]:
        for node in regions:
            _inline(module, node)
    module.recompile()


def _inline(module: fx.GraphModule, node: Any) -> None:
    if node.target is _AUTOCAST:
        device, dtype, enabled, _cache, holder, *operands = node.args
        if enabled:
            reason = f"a part of the network runs under autocast ({device}, {dtype}); leave that to training"
            raise ConversionError(reason)
    elif node.target is _GRADIENTS:
        _enabled, holder, *operands = node.args
    else:
        raise ConversionError(
            f"a part of the network is a graph of its own ({node.target}), as torch.cond makes it; "
            "make forward compute the same operators for every picture"
        )
    inner: Any = module.get_submodule(holder.target)
    values = dict(zip(inner.graph.find_nodes(op="placeholder"), operands, strict=True))
    with module.graph.inserting_before(node):
        for held in inner.graph.find_nodes(op="get_attr"):  # a region within
            values[held] = module.graph.get_attr(f"{holder.target}.{held.target}")
        results: Any = module.graph.graph_copy(inner.graph, values)
    for user in list(node.users):
        user.replace_all_uses_with(results[user.args[1]])
        module.graph.erase_node(user)
    module.graph.erase_node(node)
    if not holder.users:
        module.graph.erase_node(holder)
