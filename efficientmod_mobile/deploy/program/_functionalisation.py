"""Operations that write in place (`relu_`, `add_`) become their functional twins, where nothing else sees the tensor.

    y = op_(x, ...)   ->   y = op(x, ...)

This holds when x is freshly computed (no view of another tensor), no view of x was taken before and nothing reads x
afterwards (`torch.export` writes y for it there). Everything else is left to PyTorch's own functionalisation, which is
slower and spells a reshape out as a copy and a view.
"""

import torch
from torch import fx
from torch._ops import OpOverload

aten = torch.ops.aten

# Composite operators that always compute a new tensor; the other composites may hand their input back.
_FRESH_COMPOSITES = {
    aten.batch_norm.default,
    aten.conv1d.default,
    aten.conv2d.default,
    aten.conv2d.padding,
    aten.conv_transpose2d.input,
    aten.group_norm.default,
    aten.layer_norm.default,
    aten.linear.default,
    aten.matmul.default,
}


def is_functional(node: fx.Node) -> bool:
    """Whether the node writes into no tensor."""
    return not (isinstance(node.target, OpOverload) and node.target._schema.is_mutable)


def make_functional(graph: fx.Graph) -> bool:
    """Replace in-place operations where that is plainly right; False when one is left (and the graph half changed)."""
    position = {node: index for index, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        if is_functional(node):
            continue
        twin = _twin(node.target)
        written = node.args[0]
        if twin is None or not isinstance(written, fx.Node) or not _computes_fresh(written):
            return False
        readers = [user for user in written.users if user is not node]
        if any(position[user] > position[node] or not _computes_fresh(user) for user in readers):
            return False
        if not _same_dtype(node):
            return False
        node.target = twin
    return True


def _twin(target: OpOverload) -> OpOverload | None:
    name = target._schema.name.removeprefix("aten::")
    packet = getattr(aten, name.removesuffix("_"), None) if name.endswith("_") else None
    twin = getattr(packet, target._overloadname, None)
    return twin if isinstance(twin, OpOverload) else None


def _computes_fresh(node: fx.Node) -> bool:
    target = node.target
    if not isinstance(target, OpOverload) or target._schema.is_mutable:
        return False
    if any(returned.alias_info is not None for returned in target._schema.returns):
        return False
    composite = torch._C._dispatch_has_kernel_for_dispatch_key(_qualified_name(target), "CompositeImplicitAutograd")
    return not composite or target in _FRESH_COMPOSITES


def _qualified_name(target: OpOverload) -> str:
    overload = target._schema.overload_name
    return f"{target._schema.name}.{overload}" if overload else str(target._schema.name)


def _same_dtype(node: fx.Node) -> bool:
    """In place, the result keeps the first operand's dtype; the functional twin would promote."""
    return len({operand.meta["val"].dtype for operand in node.all_input_nodes}) == 1
