"""Regions that `torch.export` keeps as graphs of their own: what `with torch.autocast(...)` encloses.

In a float32 network an autocast that is switched off changes nothing; its region is a part of the network like any
other.
"""

from typing import Any

import torch
from torch import fx

from efficientmod_mobile.errors import ConversionError

_AUTOCAST = torch.ops.higher_order.wrap_with_autocast


def inline_regions(module: fx.GraphModule) -> None:
    """Put the nodes of every region in its place, also where one lies in another.

    Raises:
        ConversionError: a region computes in another precision.
    """
    while regions := [node for node in module.graph.nodes if node.target is _AUTOCAST]:
        for node in regions:
            _inline(module, node)
    module.recompile()


def _inline(module: fx.GraphModule, node: Any) -> None:
    device, dtype, enabled, _cache, holder, *operands = node.args
    if enabled:
        raise ConversionError(f"a part of the network runs under autocast ({device}, {dtype}); leave that to training")
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
