"""What is inside the Vulkan delegate of a `.pte`."""

from collections.abc import Mapping

from efficientmod_export.targets._contents import Graph, HeldTensor, counted, weights_of
from efficientmod_export.targets.executorch_vulkan._graph import Value, read_graph


def delegate_graphs(data: bytes, named: Mapping[str, bytes]) -> tuple[Graph, ...]:
    """The delegate's program. Raises DamagedError for other bytes."""
    graph = read_graph(data, named)
    ends = [[(place, graph.values[place]) for place in places] for places in (graph.inputs, graph.outputs)]
    taken, given = (tuple(_tensor(place, value) for place, value in each) for each in ends)
    weights = ((str(one.dtype).removeprefix("torch."), one.nbytes) for one in graph.constants.values())
    return (Graph("program", taken, given, counted(call.name for call in graph.calls), weights_of(weights)),)


def _tensor(place: int, value: Value) -> HeldTensor:
    return HeldTensor(f"value {place}", value.shape, str(value.dtype).removeprefix("torch."))
