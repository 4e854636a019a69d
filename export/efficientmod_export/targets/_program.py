"""What every target needs of a program: its `ExportedProgram`, its outputs, and its tensors as the app sees them."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import fx

from efficientmod_export._stages import (
    ArtifactDtype,
    ConversionOptions,
    InputSpec,
    Interface,
    Layout,
    NamedInput,
    Shapes,
    TensorSpec,
)
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import build, copy_graph, get_tensor

PROGRAM_NODE = "program_node"
"""Key in a node's `meta["custom"]`, which every lowering keeps: the name of the program's node that it comes from."""

DTYPES: dict[torch.dtype, ArtifactDtype] = {
    torch.float32: "float32",
    torch.int32: "int32",
    torch.int64: "int64",
    torch.bool: "bool",
}
"""Of inputs and outputs."""

INPUT_NAME = "input"
"""The name in files of a network's only input."""


def copy(program: Program) -> Program:
    """A copy of the program that can be edited; it shares the parameters' memory."""
    names = {str(node.target) for node in program.graph.find_nodes(op="get_attr")}
    tensors = {name: get_tensor(program.graph_module, name) for name in sorted(names)}
    return build(copy_graph(program.graph), tensors, program.examples, program.output_names)


def with_numbered_weights(program: Program) -> Program:
    """The program with numbers as the names of its parameters, which converters write into files."""
    graph = copy_graph(program.graph)
    held = graph.find_nodes(op="get_attr")
    numbers = {name: f"weight_{place}" for place, name in enumerate(dict.fromkeys(str(node.target) for node in held))}
    tensors = {number: get_tensor(program.graph_module, name) for name, number in numbers.items()}
    for place, node in enumerate(held):
        node.target, node.name = numbers[str(node.target)], f"held_{place}"
    return build(graph, tensors, program.examples, program.output_names)


def export(program: Program) -> torch.export.ExportedProgram:
    """Export the program with `torch.export`; each node's `meta["custom"]` names the program's node it comes from."""
    marked = copy(program)
    for node, original in zip(marked.graph.nodes, program.graph.nodes, strict=True):
        node.meta["custom"] = {PROGRAM_NODE: original.name}
    # torch.export names inputs after forward's parameters, whose names are not known before the graph is compiled.
    for index, given in enumerate(marked.graph.find_nodes(op="placeholder")):
        given.target = given.name = f"args_{index}"  # also in the ML program inside a `.pte`
    marked.graph_module.recompile()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.export warns of its own deprecated calls
        return torch.export.export(marked.graph_module, program.examples)


def output_nodes(program: Program) -> tuple[fx.Node, ...]:
    """The nodes that the program returns, in order."""
    nodes = program.graph.output_node().args[0]
    if not isinstance(nodes, tuple | list):
        raise TypeError("a program must return a flat tuple of tensors")
    return tuple(node for node in nodes if isinstance(node, fx.Node))


def output_names(program: Program) -> tuple[str, ...]:
    """The names of an artifact's outputs."""
    return file_names(output_shapes(program), program.output_names)


def file_names(shapes: Shapes, own: Sequence[str | None] = ()) -> tuple[str, ...]:
    """The network's `own` names; for an output without one `logits` for a single (N, C) output, `output` for another
    single one, `output_0`, `output_1`, ... for several.
    """
    if len(shapes) == 1:
        names = ["logits" if len(shapes[0]) == 2 else "output"]
    else:
        names = [f"output_{index}" for index in range(len(shapes))]
    return tuple(own or name for own, name in zip(own or [None] * len(names), names, strict=True))


def output_shapes(program: Program) -> Shapes:
    """The shape of each output."""
    return tuple(tuple(int(size) for size in node.meta["val"].shape) for node in output_nodes(program))


def network_interface(program: Program, options: ConversionOptions) -> Interface:
    """The inputs and outputs of the network itself, with the names and normalisations that the options state."""
    dtypes = [DTYPES[node.meta["val"].dtype] for node in output_nodes(program)]
    outputs = network_outputs(output_names(program), output_shapes(program), dtypes)
    shapes = tuple(tuple(example.shape) for example in program.examples)
    return Interface(network_inputs(options.inputs, shapes, [DTYPES[one.dtype] for one in program.examples]), outputs)


def network_inputs(
    inputs: Sequence[NamedInput], shapes: Shapes, dtypes: Sequence[ArtifactDtype]
) -> tuple[InputSpec, ...]:
    """Inputs in PyTorch's layout."""
    return tuple(
        InputSpec(one.name, shape, dtype, _layout(shape), one.normalisation)
        for one, shape, dtype in zip(inputs, shapes, dtypes, strict=True)
    )


def input_names(own: Sequence[str]) -> tuple[str, ...]:
    """The names in files of inputs with these names of their own: INPUT_NAME for a single one."""
    return tuple(own) if len(own) > 1 else (INPUT_NAME,)


def network_outputs(names: Sequence[str], shapes: Shapes, dtypes: Sequence[ArtifactDtype]) -> tuple[TensorSpec, ...]:
    """Outputs in PyTorch's layout."""
    return tuple(map(_output_spec, names, shapes, dtypes))


def _output_spec(name: str, shape: tuple[int, ...], dtype: ArtifactDtype) -> TensorSpec:
    return TensorSpec(name, shape, dtype, _layout(shape))


def _layout(shape: tuple[int, ...]) -> Layout:
    return "NCHW" if len(shape) == 4 else "any"


def program_names(program: Program, lowered: fx.Graph) -> dict[str, str]:
    """Name of a lowered node -> name of the program's node whose value it computes.

    An operation of the program may be lowered to several nodes; its value is that of the one which other operations
    read, if it has the same shape.
    """
    shapes = {node.name: tuple(node.meta["val"].shape) for node in program.graph.nodes if _is_tensor(node)}
    results = {
        _origin(node): node.name
        for node in lowered.nodes
        if _is_tensor(node)
        and shapes.get(_origin(node)) == tuple(node.meta["val"].shape)
        and any(_origin(user) != _origin(node) for user in node.users)
    }
    return {lowered_name: origin for origin, lowered_name in results.items()}


def _origin(node: fx.Node) -> str:
    return str(node.meta.get("custom", {}).get(PROGRAM_NODE, ""))


def _is_tensor(node: fx.Node) -> bool:
    return node.op == "call_function" and isinstance(node.meta.get("val"), torch.Tensor)


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    try:
        path.write_bytes(data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
