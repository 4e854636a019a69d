"""Capture a module as a program: export it, make every operation functional, merge tied tensors."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils import _pytree as pytree

from efficientmod_mobile.deploy.program._canonical_operators import canonicalise
from efficientmod_mobile.deploy.program._complex_as_pairs import without_complex_numbers
from efficientmod_mobile.deploy.program._deformed_convolutions import without_deformed_convolutions
from efficientmod_mobile.deploy.program._functionalisation import drop_writes_into_input, is_functional, make_functional
from efficientmod_mobile.deploy.program._graph import clean, emit, node_dtype, row_major, shape
from efficientmod_mobile.deploy.program._impossible_operators import dynamic_size, refuse_impossible_operators
from efficientmod_mobile.deploy.program._nested_graphs import inline_nested_graphs
from efficientmod_mobile.deploy.program._output_dtypes import output_dtype
from efficientmod_mobile.deploy.program._program import Program, build, copy_graph, get_tensor
from efficientmod_mobile.deploy.program._quantised import refuse_quantised_modules, refuse_quantised_operators
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import first_line
from efficientmod_mobile.output_names import tensors_with_names

aten = torch.ops.aten

Inputs = tuple[Tensor, ...]

INPUT_DTYPES = (torch.float32, torch.int32, torch.int64)


def capture(module: nn.Module, *examples: Tensor) -> Program:
    """Export `module` (evaluation mode, float32) for inputs of exactly the shapes and dtypes of `examples`.

    The module is not changed and shares no memory with the program. Nested outputs become a flat tuple, an output
    without axes a vector of one element, one of another dtype than float32, int32, int64 and bool gets the one of these
    that has its values; what is no tensor is left out.

    Raises:
        ConversionError: a part of the module is in training mode, there is no example or one is neither float32 nor
            integers, `torch.export` fails, a size depends on the data, or the network writes into its own buffers, is
            quantised, or computes with complex numbers in a way that is not known in real ones.
    """
    training = [name or "the network" for name, part in module.named_modules() if part.training]
    if training:
        raise ConversionError(
            f"{training[0]} is in training mode; call eval() on the network before it is captured", code="training_mode"
        )
    _check_examples(examples)
    refuse_quantised_modules(module)
    with _explained(module, examples):
        unlifted, nested = _export(module, examples)
        refuse_quantised_operators(unlifted.graph)
        return _as_program(unlifted, nested, examples)


def _check_examples(examples: Inputs) -> None:
    fit = all(example.dtype in INPUT_DTYPES and example.ndim and example.numel() for example in examples)
    if not fit or not examples:
        raise ConversionError(
            f"the example inputs are {_described(examples)}; give float32 tensors such as an image (N, C, H, W), or "
            "int32 or int64 ones",
            code="wrong_example_input",
        )


def _described(examples: Inputs) -> str:
    return ", ".join(f"{example.dtype} of shape {tuple(example.shape)}" for example in examples) or "none"


def _as_program(unlifted: fx.GraphModule, nested: pytree.TreeSpec, examples: Inputs) -> Program:
    graph, names = _flatten_outputs(unlifted.graph, nested)
    tensors = _merge_tied(graph, unlifted)
    for node in graph.nodes:
        if any(not isinstance(size, int) for size in getattr(node.meta.get("val"), "shape", ())):
            raise ConversionError(dynamic_size(node), code="dynamic_size")
        if not is_functional(node):
            raise ConversionError(
                f"the network writes into its own buffers ({node.name}); make forward() change no buffer in "
                "evaluation mode",
                code="buffer_mutation",
            )
    program = build(graph, tensors, [example.detach().clone() for example in examples], names)
    canonicalise(program.graph)
    without_complex_numbers(program.graph)
    without_deformed_convolutions(program.graph)
    refuse_impossible_operators(program.graph)
    _give_dtypes_to_outputs(program.graph)
    _give_axes_to_scalars(program.graph)
    clean(program.graph_module)
    return program


def _export(module: nn.Module, examples: Inputs) -> tuple[fx.GraphModule, pytree.TreeSpec]:
    """The exported graph, and how its outputs are nested."""
    exported = torch.export.export(module, examples)
    unlifted = exported.module(check_guards=False)
    inline_nested_graphs(unlifted)
    if not make_functional(unlifted.graph):
        unlifted = exported.run_decompositions({}).module(check_guards=False)
        inline_nested_graphs(unlifted)
        drop_writes_into_input(unlifted.graph)
    if not isinstance(unlifted, fx.GraphModule):
        raise TypeError(f"torch.export gave a {type(unlifted).__name__}")
    return unlifted, exported.call_spec.out_spec


@contextmanager
def _explained(module: nn.Module, examples: Inputs) -> Iterator[None]:
    """Turn whatever PyTorch raises into a ConversionError."""
    try:
        with _silence(), torch.no_grad():
            yield
    except ConversionError:
        raise
    except Exception as error:
        name = type(module).__name__
        scripted = [path or name for path, part in module.named_modules() if isinstance(part, torch.jit.ScriptModule)]
        if scripted:
            raise ConversionError(
                f"{scripted[0]} is TorchScript, which torch.export does not trace ({first_line(error)}); give the "
                "module that it was scripted or traced from",
                code="capture_failed",
            ) from error
        raise ConversionError(
            f"torch.export cannot trace {name} for {_described(examples)} ({first_line(error)}); "
            "check the shapes, and that no branch in forward() depends on the data",
            code="capture_failed",
        ) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Suppress torch.export's deprecation warnings about its own calls, and the tracebacks it logs."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _flatten_outputs(graph: fx.Graph, nested: pytree.TreeSpec) -> tuple[fx.Graph, tuple[str | None, ...]]:
    """The graph with a flat tuple of its nodes as outputs, and their names; none where no output has one."""
    copied = copy_graph(graph)
    output = copied.output_node()
    leaves = pytree.tree_leaves(output.args[0])
    whole = pytree.tree_unflatten(leaves, nested)
    nodes, names = tensors_with_names(whole, fx.Node)
    output.args = (tuple(nodes),)
    return copied, names if any(names) else ()


def _give_axes_to_scalars(graph: fx.Graph) -> None:
    output = graph.output_node()
    given: Any = output.args[0]
    nodes = [node if shape(node) else emit(output, aten.reshape.default, (node, [1]), like=node) for node in given]
    output.args = (tuple(nodes),)


def _give_dtypes_to_outputs(graph: fx.Graph) -> None:
    output = graph.output_node()
    given: Any = output.args[0]
    dtypes = [output_dtype(node_dtype(node)) or node_dtype(node) for node in given]
    output.args = (
        tuple(
            node if dtype == node_dtype(node) else emit(output, aten.to.dtype, (node, dtype), like=node)
            for node, dtype in zip(given, dtypes, strict=True)
        ),
    )


def _merge_tied(graph: fx.Graph, module: nn.Module) -> dict[str, Tensor]:
    """Keep one `get_attr` node per tensor that is read; return copies of those tensors by name."""
    first: dict[int, fx.Node] = {}
    tensors: dict[str, Tensor] = {}
    for node in graph.find_nodes(op="get_attr"):
        tensor = get_tensor(module, str(node.target))
        if node.users and id(tensor) not in first:
            first[id(tensor)] = node
            tensors[str(node.target)] = row_major(tensor.detach().clone())
            continue
        if node.users:
            node.replace_all_uses_with(first[id(tensor)])
        graph.erase_node(node)
    return tensors
