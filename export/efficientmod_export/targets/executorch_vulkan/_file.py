"""The one Vulkan program of a `.pte` file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from efficientmod_export.foreign import loading, quiet
from efficientmod_export.targets._flatbuffer import DamagedError
from efficientmod_export.targets.executorch._contents import named_data
from efficientmod_export.targets.executorch._lowering import is_whole
from efficientmod_export.targets.executorch_vulkan._graph import Graph, read_graph
from efficientmod_mobile.errors import ConversionError

DELEGATE = "VulkanBackend"


@dataclass(frozen=True)
class VulkanFile:
    """A program, and the places of its inputs and outputs in the order of the `.pte`'s own."""

    graph: Graph
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_file(path: Path) -> VulkanFile:
    """The program of a `.pte` file.

    Raises ConversionError for a file that is damaged or does not consist of one Vulkan delegate, DependencyError
    without executorch.
    """
    with loading(path), quiet():  # executorch's imports print
        from executorch.exir._serialize._program import deserialize_pte_binary

        pte = deserialize_pte_binary(path.read_bytes())
        plan = pte.program.execution_plan[0]
        if not is_whole(plan) or plan.delegates[0].id != DELEGATE:
            raise ConversionError(
                f"{path.name} is no program for Vulkan alone; export it again.", code="unexpected_delegates"
            )
        data = bytes(pte.program.backend_delegate_data[plan.delegates[0].processed.index].data)
        try:
            graph = read_graph(data, named_data(pte))
            return VulkanFile(graph, *_ordered(plan, graph))
        except DamagedError as error:
            raise ConversionError(
                f"The Vulkan program of {path.name} is damaged: {error}; export it again.", code="loading_failed"
            ) from error


def _ordered(plan: Any, graph: Graph) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The delegate is called with the values of its inputs, then of its outputs; both in an order of its own."""
    values = plan.chains[0].instructions[0].instr_args.args
    if len(values) != len(graph.inputs) + len(graph.outputs):
        raise DamagedError("the file calls it with another number of tensors than it takes and gives")
    places = dict(zip(values, (*graph.inputs, *graph.outputs), strict=True))
    return tuple(places[value] for value in plan.inputs), tuple(places[value] for value in plan.outputs)
