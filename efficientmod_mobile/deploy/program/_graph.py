"""Reading and editing a program's graph.

Transforms edit a graph through these functions, which keep three invariants: every node has `meta["val"]`, every
parameter is one `get_attr` node with a readable name, and a new node records the module of the network it belongs to.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch._ops import OpOverload
from torch._subclasses import FakeTensor, FakeTensorMode
from torch.fx.node import map_aggregate

from efficientmod_mobile.deploy.program._program import get_tensor

Shape = tuple[int, ...]


def is_call(node: object, *targets: Any) -> bool:
    """Whether the node calls one of these operators (overloads such as `aten.conv2d.default`)."""
    return isinstance(node, fx.Node) and node.op == "call_function" and node.target in targets


def arguments(node: fx.Node) -> dict[str, Any]:
    """Return the operator's arguments by their names in its schema, defaults filled in."""
    target = node.target
    if not isinstance(target, OpOverload):
        raise TypeError(f"{node.name} calls {target}, which has no schema")
    schema = target._schema.arguments
    bound = {a.name: a.default_value for a in schema if a.has_default_value()}
    bound.update(zip((a.name for a in schema), node.args, strict=False))
    bound.update(node.kwargs)
    return bound


def shape(node: fx.Node) -> Shape:
    """Return the shape of the node's tensor."""
    return tuple(int(size) for size in node.meta["val"].shape)


def node_dtype(node: fx.Node) -> torch.dtype:
    """The dtype of a node's tensor."""
    dtype: torch.dtype = node.meta["val"].dtype
    return dtype


def tensor_of(node: object) -> Tensor | None:
    """Return the parameter or constant behind a `get_attr` node; None for anything else."""
    if isinstance(node, fx.Node) and node.op == "get_attr":
        return get_tensor(_owner(node), str(node.target))
    return None


def is_computed(argument: object) -> bool:
    """Whether an optional argument is given and is computed by the graph: neither a parameter nor a constant."""
    return argument is not None and tensor_of(argument) is None


def only_user(node: fx.Node) -> fx.Node | None:
    """Return the single node that reads this one; None when there are more, or when it is the output."""
    users = list(node.users)
    return users[0] if len(users) == 1 and users[0].op != "output" else None


def module_path(node: fx.Node) -> str:
    """Return the dotted path of the innermost module that the node comes from ("" for the network itself).

    PyTorch may record the second call of a module `blocks.0` as `blocks.0@1`; its path is `blocks.0`.
    """
    stack = node.meta.get("nn_module_stack")
    return str(list(stack.values())[-1][0]).partition("@")[0] if stack else ""


def where(node: fx.Node) -> str:
    """Name a node in a message: its module's path and its own name."""
    path = module_path(node)
    return f"{path} ({node.name})" if path else node.name


def add_parameter(near: fx.Node, name: str, value: Tensor) -> fx.Node:
    """Store `value` as `name` (a dotted path; a number is appended if it exists); return its new `get_attr` node."""
    graph, owner = near.graph, _owner(near)
    path, _, leaf = name.rpartition(".")
    parent = _submodule(owner, path)
    unique, count = leaf, 0
    while hasattr(parent, unique):
        count += 1
        unique = f"{leaf}_{count}"
    held = row_major(value.detach())
    if value.is_floating_point():
        parent.register_parameter(unique, nn.Parameter(held, requires_grad=False))
    else:
        parent.register_buffer(unique, held)
    with graph.inserting_before(next(iter(graph.nodes))):
        node = graph.create_node("get_attr", f"{path}.{unique}" if path else unique)
    with _fake_mode(graph):
        node.meta["val"] = torch.empty(value.shape, dtype=value.dtype)
    return node


def row_major(tensor: Tensor) -> Tensor:
    """The values in the order of their axes. An axis of one element gets the stride of that order too: ExecuTorch's
    serialiser guesses a layout from the strides, and XNNPACK refuses what it guesses.
    """
    return tensor.contiguous().reshape(-1).view(tensor.shape) if tensor.layout == torch.strided else tensor


def set_parameter(user: fx.Node, argument: str, name: str, value: Tensor) -> None:
    """Make `user` read `value` as its argument of this name; other users of the previous tensor are not affected.

    The new tensor has the name of the previous one (with a number, if that one is still used); `name` is used when the
    argument was not given before.
    """
    old = arguments(user).get(argument)
    if isinstance(old, fx.Node) and old.op == "get_attr":
        name = str(old.target)
        if len(old.users) == 1 and list(user.all_input_nodes).count(old) == 1:
            _delete(old)
            new = add_parameter(user, name, value)
            old.replace_all_uses_with(new)
            old.graph.erase_node(old)
            return
    set_argument(user, argument, add_parameter(user, name, value))


def set_argument(user: fx.Node, argument: str, value: Any) -> None:
    """Change one argument of an operator, by its name in the schema."""
    target = user.target
    if not isinstance(target, OpOverload):
        raise TypeError(f"{user.name} calls {target}, which has no schema")
    schema = target._schema.arguments
    index = [a.name for a in schema].index(argument)
    if schema[index].kwarg_only:
        user.kwargs = {**user.kwargs, argument: value}
        return
    kwargs = {name: kept for name, kept in user.kwargs.items() if name != argument}
    args = list(user.args)
    for missing in schema[len(args) : index]:
        args.append(kwargs.pop(missing.name, missing.default_value))
    args[index : index + 1] = [value]
    user.args, user.kwargs = tuple(args), kwargs


def emit(
    before: fx.Node,
    target: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    like: fx.Node | None = None,
) -> fx.Node:
    """Insert a call of `target` before a node and compute its `meta["val"]`; other meta is `like`'s or `before`'s."""
    kwargs = dict(kwargs or {})
    with before.graph.inserting_before(before):
        node = before.graph.call_function(target, args, kwargs)
    node.meta = {key: kept for key, kept in (like or before).meta.items() if key != "val"}
    refresh(node)
    return node


def refresh(node: fx.Node) -> None:
    """Recompute the node's `meta["val"]` after its arguments changed."""
    with _fake_mode(node.graph):
        node.meta["val"] = evaluate(node, lambda source: source.meta["val"])


def evaluate(node: fx.Node, value: Callable[[fx.Node], Any]) -> Any:
    """Call the node's operator, with `value(node)` in place of each node among its arguments."""
    if not callable(node.target):
        raise TypeError(f"{node.name} calls no operator")

    def resolve(leaf: Any) -> Any:
        return value(leaf) if isinstance(leaf, fx.Node) else leaf

    with torch.no_grad():
        return node.target(*map_aggregate(node.args, resolve), **map_aggregate(node.kwargs, resolve))


def replace(old: fx.Node, new: fx.Node) -> None:
    """Make every user of `old` use `new` instead, and erase `old`."""
    old.replace_all_uses_with(new)
    old.graph.erase_node(old)


def clean(module: fx.GraphModule) -> None:
    """Remove nodes without users and tensors that no node reads, then recompile the module."""
    graph = module.graph
    for node in reversed(list(graph.nodes)):
        if node.op in ("call_function", "get_attr") and not node.users:
            graph.erase_node(node)
    module.delete_all_unused_submodules()
    read = {str(node.target) for node in graph.find_nodes(op="get_attr")}
    for path, part in list(module.named_modules()):
        for name in [*part._parameters, *part._buffers]:
            if (f"{path}.{name}" if path else name) not in read:
                delattr(part, name)
    graph.lint()
    module.recompile()


def _owner(node: fx.Node) -> fx.GraphModule:
    owner = node.graph.owning_module
    if not isinstance(owner, fx.GraphModule):
        raise TypeError("the graph belongs to no module")
    return owner


def _submodule(owner: nn.Module, path: str) -> nn.Module:
    part = owner
    for name in path.split(".") if path else ():
        if not hasattr(part, name):
            part.add_module(name, nn.Module())
        part = part.get_submodule(name)
    return part


def _delete(node: fx.Node) -> None:
    path, _, name = str(node.target).rpartition(".")
    delattr(_owner(node).get_submodule(path), name)


def _fake_mode(graph: fx.Graph) -> FakeTensorMode:
    value = next(iter(graph.find_nodes(op="placeholder"))).meta["val"]
    if not isinstance(value, FakeTensor):
        raise TypeError("the graph's input has no FakeTensor in its meta")
    return value.fake_mode
