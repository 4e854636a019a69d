"""In-place operations (`relu_`, `add_`) become their functional equivalents, where no alias of the tensor exists.

    y = op_(x, ...)   ->   y = op(x, ...)

This holds when x is a newly computed tensor (no view of another) or the network's input, no view of x was taken before,
and nothing reads x afterwards (later uses of x are uses of y in the exported graph). Everything else is left to
PyTorch's own functionalisation, which is slower and decomposes a reshape into a copy and a view.

That a network writes into its input concerns its caller alone: a program computes outputs and changes no input.
"""

import torch
from torch import fx
from torch._ops import OpOverload

aten = torch.ops.aten

# Composite operators that always compute a new tensor; other composites may return their input.
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
    """Whether the node modifies no tensor."""
    return not (isinstance(node.target, OpOverload) and node.target._schema.is_mutable)


def make_functional(graph: fx.Graph) -> bool:
    """Replace in-place operations where that is exact; False if one remains (the graph may be partly changed)."""
    position = {node: index for index, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        if is_functional(node):
            continue
        functional = _functional_overload(node.target)
        written = node.args[0]
        if functional is None or not isinstance(written, fx.Node) or not _computes_fresh(written):
            return False
        readers = [user for user in written.users if user is not node]
        if any(position[user] > position[node] or not _computes_fresh(user) for user in readers):
            return False
        if not _same_dtype(node):
            return False
        node.target = functional
    return True


def drop_writes_into_input(graph: fx.Graph) -> None:
    """Remove what PyTorch's functionalisation puts at the end for an input that the network writes into."""
    for node in list(graph.find_nodes(op="call_function", target=aten.copy_.default)):
        written, value = node.args[:2]
        if isinstance(written, fx.Node) and written.op == "placeholder":
            node.replace_all_uses_with(value)
            graph.erase_node(node)


def _functional_overload(target: OpOverload) -> OpOverload | None:
    name = target._schema.name.removeprefix("aten::")
    packet = getattr(aten, name.removesuffix("_"), None) if name.endswith("_") else None
    functional = getattr(packet, target._overloadname, None)
    return functional if isinstance(functional, OpOverload) else None


def _computes_fresh(node: fx.Node) -> bool:
    if node.op == "placeholder":
        return True
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
    """An in-place result keeps the first operand's dtype; the functional operator would promote it."""
    return len({operand.meta["val"].dtype for operand in node.all_input_nodes}) == 1
