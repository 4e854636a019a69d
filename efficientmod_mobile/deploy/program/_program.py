"""A network as data: an ATen graph, its parameters, and the inputs it was traced with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch._subclasses import FakeTensor
from torch.fx.node import map_aggregate
from torch.utils import _pytree as pytree

from efficientmod_mobile.deploy.program._float64_interpreter import Float64Interpreter

_FLOATS = (torch.float32, torch.float64)


@dataclass(frozen=True)
class Program:
    """An unlifted, functional ATen graph of one network in evaluation mode.

    `graph_module` takes the inputs and returns a flat tuple of tensors. Its parameters and constants are `get_attr`
    nodes, one node per tensor (tied weights are one node with several users). Every node but the output has
    `meta["val"]` (a FakeTensor of its shape and dtype); nodes that come from the network have
    `meta["nn_module_stack"]`. `examples` are the inputs it was traced with; shapes are static.
    `output_names` are those that the network gives its outputs, None for one without a name; empty where none has one.
    """

    graph_module: fx.GraphModule
    examples: tuple[Tensor, ...]
    output_names: tuple[str | None, ...] = ()

    @property
    def graph(self) -> fx.Graph:
        """The graph of `graph_module`."""
        return self.graph_module.graph

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of its arithmetic: float32 or float64."""
        values = (*self.examples, *(node.meta.get("val") for node in self.graph.nodes))
        floats = (value.dtype for value in values if isinstance(value, Tensor) and value.dtype in _FLOATS)
        return next(floats, torch.float32)

    @property
    def node_count(self) -> int:
        """The number of operations: nodes that are not a parameter, an input or an output."""
        return sum(node.op not in ("get_attr", "placeholder", "output") for node in self.graph.nodes)


def run(program: Program, *inputs: Tensor) -> tuple[Tensor, ...]:
    """Compute every output tensor for inputs like the program's examples, in the order in which the network returns
    them.
    """
    with torch.no_grad():
        interpreted = any(x.dtype == torch.float64 for x in inputs)
        outputs: tuple[Tensor, ...] = (
            Float64Interpreter(program.graph_module).run(*inputs) if interpreted else program.graph_module(*inputs)
        )
    return outputs


def build(
    graph: fx.Graph,
    tensors: Mapping[str, Tensor],
    examples: Sequence[Tensor],
    output_names: tuple[str | None, ...] = (),
) -> Program:
    """Make a program of a graph and the tensors its `get_attr` nodes name; floating-point ones become parameters."""
    attributes = {
        name: nn.Parameter(tensor.detach(), requires_grad=False) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    return Program(fx.GraphModule(attributes, graph, class_name="Program"), tuple(examples), output_names)


def to_dtype(program: Program, dtype: torch.dtype) -> Program:
    """Copy the program with all its arithmetic in `dtype` (float32 or float64); integer and boolean tensors are kept.

    Parameters, constants, `dtype` arguments of nodes and the nodes' `meta["val"]` change together.
    """
    if dtype not in _FLOATS:
        raise ValueError(f"a program computes in float32 or float64, not {dtype}")

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, torch.dtype):
            return dtype if leaf in _FLOATS else leaf
        if isinstance(leaf, Tensor) and leaf.dtype in _FLOATS:
            return leaf.to(dtype, copy=True)
        return leaf

    graph = copy_graph(program.graph)
    tensors: dict[str, Tensor] = {}
    fakes: dict[tuple[Any, ...], Tensor] = {}
    for node in graph.nodes:
        node.args = map_aggregate(node.args, convert)
        node.kwargs = map_aggregate(node.kwargs, convert)
        if "val" in node.meta:
            node.meta["val"] = pytree.tree_map(lambda leaf: _to_fake(leaf, dtype, fakes), node.meta["val"])
        if node.op == "get_attr":
            tensors[node.target] = convert(get_tensor(program.graph_module, node.target))
    return build(graph, tensors, [convert(example) for example in program.examples], program.output_names)


def copy_graph(graph: fx.Graph) -> fx.Graph:
    """Copy the nodes with their names and meta; parameters are not part of a graph."""
    copied = fx.Graph()
    copied.output(copied.graph_copy(graph, {}))
    return copied


def get_tensor(module: nn.Module, target: str) -> Tensor:
    """Return the tensor that a `get_attr` node of this target reads."""
    path, _, name = target.rpartition(".")
    tensor = getattr(module.get_submodule(path), name)
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{target} is a {type(tensor).__name__}, not a tensor")
    return tensor


def _to_fake(leaf: Any, dtype: torch.dtype, made: dict[tuple[Any, ...], Tensor]) -> Any:
    """Convert a FakeTensor to the dtype; equal shapes and strides share one result, since making one is slow."""
    if not isinstance(leaf, FakeTensor) or leaf.dtype not in _FLOATS or leaf.dtype == dtype:
        return leaf
    key = (leaf.fake_mode, tuple(leaf.shape), leaf.stride())
    if key not in made:
        with leaf.fake_mode:
            made[key] = leaf.to(dtype)
    return made[key]
