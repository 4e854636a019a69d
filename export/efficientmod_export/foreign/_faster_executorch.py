"""A speed-up for ExecuTorch's lowering. The results are the same.

Each of ExecuTorch's passes ends with a new trace of the graph, also where it changed nothing. Here a graph that has not
changed since its last trace is not traced again. This excludes passes that override a method of the trace, since these
change the graph while it is traced.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import Patch, speedup

if TYPE_CHECKING:
    from torch import fx

PASSES = "executorch.exir.pass_base"


@contextmanager
def executorch_shortcuts() -> Iterator[None]:
    """Make ExecuTorch's passes trace a graph again only where it changed."""
    with speedup(TRACE_CHANGED_GRAPHS):
        yield


def _trace_changed_graphs(trace: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """In place of `_ExportPassBase.call`."""
    from executorch.exir.pass_base import ExportPass, PassResult

    hooks = [
        name
        for name in dir(ExportPass)
        if callable(getattr(ExportPass, name)) and not name.startswith("__") and name not in ("call", "requires")
    ]
    traced: dict[int, tuple[fx.GraphModule, GraphState]] = {}

    def call(self: Any, graph_module: "fx.GraphModule") -> Any:
        if any(getattr(type(self), name) is not getattr(ExportPass, name) for name in hooks):
            return trace(self, graph_module)
        if id(graph_module) in traced and GraphState(graph_module) == traced[id(graph_module)][1]:
            return PassResult(graph_module, True)
        result = trace(self, graph_module)
        # The module is referenced, so that no other one can get its id.
        traced[id(result.graph_module)] = (result.graph_module, GraphState(result.graph_module))
        return result

    return call


TRACE_CHANGED_GRAPHS = Patch(
    ForeignName(PASSES, "_ExportPassBase.call", "(self, graph_module)"),
    _trace_changed_graphs,
    relies_on=(
        ForeignName(PASSES, "ExportPass.call", "(self, graph_module)"),
        ForeignName(PASSES, "ExportPass.requires", "(self, graph_module)"),
        ForeignName(PASSES, "PassResult", "(graph_module, modified)"),
    ),
)


class GraphState:
    """What a trace reads of a graph: its operations, and the identities of its example values."""

    def __init__(self, module: "fx.GraphModule") -> None:
        self._operations = [
            (node.name, node.op, node.target, _names(node.args), _names(node.kwargs)) for node in module.graph.nodes
        ]
        self._values = [node.meta.get("val") for node in module.graph.nodes]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, GraphState)
            and self._operations == other._operations
            and all(mine is theirs for mine, theirs in zip(self._values, other._values, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]


def _names(arguments: Any) -> Any:
    from torch.fx.node import map_arg

    return map_arg(arguments, lambda node: node.name)
