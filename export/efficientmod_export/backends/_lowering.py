"""ExecuTorch's lowering, without the work that it does over and over.

`to_edge_transform_and_lower` runs a network through dozens of passes. Most of its time goes into what surrounds them,
and reaches no file:

- every pass ends by tracing the graph anew, also where it changed nothing: what a trace gave is kept instead;
- every new graph is compiled to Python, though hardly one is called: compiled when it is called;
- every trace copies the history of every node, which grows with each trace: shared, since nobody changes it;
- the garbage collector searches all of this for cycles: later;
- every graph is checked against the dialect's rules: what is proven in the end is the file.

So the file has the same bytes as without (a test holds it to that), and is there in about half the time.
"""

import copy
import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from torch import fx
from torch.fx import traceback

from efficientmod_export.backends._program import export
from efficientmod_mobile.deploy import Program


def lower(program: Program, partitioner: Any) -> Any:
    """ExecuTorch's `EdgeProgramManager` for a float32 program, its parts lowered as `partitioner` cuts them."""
    from executorch.exir import EdgeCompileConfig, to_edge_transform_and_lower

    with _each_thing_once():
        config = EdgeCompileConfig(_check_ir_validity=False)
        return to_edge_transform_and_lower(export(program), partitioner=[partitioner], compile_config=config)


def assemble(edge: Any) -> Any:
    """ExecuTorch's `ExecutorchProgramManager` for what `lower` gave: the file in memory."""
    with _each_thing_once():
        return edge.to_executorch()


@contextmanager
def _each_thing_once() -> Iterator[None]:
    """For the whole process: nothing else may trace in another thread meanwhile."""
    with ExitStack() as stack:
        stack.enter_context(_garbage_later())
        stack.enter_context(_traced_when_changed())
        stack.enter_context(mock.patch.object(fx.GraphModule, "recompile", _compile_when_called))
        shared = SimpleNamespace(copy=copy.copy, deepcopy=lambda history: history)
        stack.enter_context(mock.patch.object(traceback, "copy", shared))
        yield


@contextmanager
def _garbage_later() -> Iterator[None]:
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_compile = fx.GraphModule.recompile


def _compile_when_called(module: fx.GraphModule) -> None:
    """In place of `GraphModule.recompile`. Each module has a class of its own, so that its `forward` can be changed."""
    information = getattr(module._graph._codegen, "pytree_info", None)
    if information is not None:
        module._in_spec, module._out_spec = information.in_spec, information.out_spec
    module._code = ""  # printing a module reads it

    def forward(self: fx.GraphModule, *args: Any, **kwargs: Any) -> Any:
        _compile(self)
        return self.forward(*args, **kwargs)

    type(module).forward = forward


@contextmanager
def _traced_when_changed() -> Iterator[None]:
    """Let ExecuTorch's passes trace a graph anew only if it is not just what a trace gave.

    That holds for passes that leave tracing as it is; the others do their work in it.
    """
    from executorch.exir.pass_base import ExportPass, PassResult, _ExportPassBase

    hooks = [
        name
        for name in dir(ExportPass)
        if callable(getattr(ExportPass, name)) and not name.startswith("__") and name not in ("call", "requires")
    ]
    trace = _ExportPassBase.call
    traced: dict[int, tuple[fx.GraphModule, _State]] = {}

    def call(self: Any, module: fx.GraphModule) -> Any:
        if any(getattr(type(self), name) is not getattr(ExportPass, name) for name in hooks):
            return trace(self, module)
        if id(module) in traced and _State(module) == traced[id(module)][1]:
            return PassResult(module, True)
        result = trace(self, module)
        traced[id(result.graph_module)] = (result.graph_module, _State(result.graph_module))
        return result

    with mock.patch.object(_ExportPassBase, "call", call):
        yield


class _State:
    """What a trace reads of a graph: its operations, and the very values that stand for their results."""

    def __init__(self, module: fx.GraphModule) -> None:
        self._operations = [
            (node.name, node.op, node.target, _names(node.args), _names(node.kwargs)) for node in module.graph.nodes
        ]
        self._values = [node.meta.get("val") for node in module.graph.nodes]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _State)
            and self._operations == other._operations
            and all(mine is theirs for mine, theirs in zip(self._values, other._values, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]


def _names(arguments: Any) -> Any:
    return fx.node.map_arg(arguments, lambda node: node.name)
